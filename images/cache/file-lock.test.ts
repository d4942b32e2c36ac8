import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaNode } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withFileLock } from './file-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plinth-file-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

const quiet = { staleMs: 2_000, onLost: () => {} };

/** A process that takes the lock, says so, and holds it until it is ended. */
async function holder(path: string) {
  const module = join(import.meta.dirname, 'file-lock.ts');
  const script = join(folder, 'holder.ts');
  await writeFile(
    script,
    `import { withFileLock } from ${JSON.stringify(module)};
     const options = { staleMs: 2_000, onLost: () => {}, whileHeld: async () => undefined };
     await withFileLock(${JSON.stringify(path)}, options, () => new Promise(() => {
       process.stdout.write('held');
       setInterval(() => {}, 1_000);
     }));`,
  );
  const child = execaNode(script, { reject: false });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return { child };
}

test('reports the process id of the holder, and returns a result that makes the work unnecessary', async () => {
  const path = join(folder, 'one');
  const { child } = await holder(path);
  try {
    const whileHeld = async (pid: string) => `held by ${pid}`;
    const result = await withFileLock(path, { ...quiet, whileHeld }, async () => 'worked');
    expect(result).toBe(`held by ${child.pid}`);
  } finally {
    child.kill('SIGKILL');
    await child;
  }
});

test('waits for a running process that is too busy to renew its lock', async () => {
  const path = join(folder, 'one');
  const { child } = await holder(path);
  try {
    child.kill('SIGSTOP');
    const old = new Date(Date.now() - 60_000);
    await utimes(`${path}.lock`, old, old);
    const whileHeld = async (pid: string) => `held by ${pid}`;
    expect(await withFileLock(path, { ...quiet, whileHeld }, async () => 'worked')).toBe(
      `held by ${child.pid}`,
    );
    // The id of a process that began after the machine was restarted.
    const older = new Date(Date.now() - 3_600_000);
    await utimes(`${path}.lock`, older, older);
    expect(await withFileLock(path, { ...quiet, whileHeld }, async () => 'worked')).toBe('worked');
  } finally {
    child.kill('SIGKILL');
    await child;
  }
});

test('takes over the lock of a killed process', async () => {
  const path = join(folder, 'one');
  const { child } = await holder(path);
  child.kill('SIGKILL');
  await child;
  const whileHeld = async () => undefined;
  expect(await withFileLock(path, { ...quiet, whileHeld }, async () => 'worked')).toBe('worked');
});

test('gives up with the error that whileHeld throws', async () => {
  const path = join(folder, 'one');
  const whileHeld = async (pid: string) => {
    throw new Error(`process ${pid} works here`);
  };
  await withFileLock(path, { ...quiet, whileHeld }, async () => {
    const second = withFileLock(path, { ...quiet, whileHeld }, async () => {});
    await expect(second).rejects.toThrow(`process ${process.pid} works here`);
  });
  expect(await withFileLock(path, { ...quiet, whileHeld }, async () => 'free again')).toBe('free again');
});
