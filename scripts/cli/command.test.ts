import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

/** Runs work as a command; of a pipe only what comes first is read. */
async function run(work: string, stdout: 'pipe' | { file: string }) {
  const script = `
    const { runCommand } = await import(${JSON.stringify(join(import.meta.dirname, 'command.ts'))});
    const { Failure } = await import(${JSON.stringify(join(import.meta.dirname, 'failure.ts'))});
    await runCommand(async () => { ${work} }, { failed: 3 });`;
  const file = stdout !== 'pipe' ? openSync(stdout.file, 'w') : undefined;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', file ?? 'pipe', 'pipe'],
  });
  if (file !== undefined) closeSync(file);
  child.stdout?.once('data', () => child.stdout?.destroy());
  const stderr = child.stderr === null ? '' : await text(child.stderr);
  const [code]: (number | null)[] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  return { stderr, code };
}

it('prints the failure and the next command, without a stack', async () => {
  const failed = await run("throw new Failure('no', 'Type yes.');", { file: '/dev/null' });
  expect(failed).toEqual({ stderr: 'error: no\n  Type yes.\n', code: 3 });
});

it.runIf(existsSync('/dev/full'))('tells of a full disk without a stack', async () => {
  const full =
    "const { writeFile } = await import('node:fs/promises'); await writeFile('/dev/full', 'x'); return 0;";
  const { stderr, code } = await run(full, { file: '/dev/null' });
  expect(stderr).toMatch(/^error: the disk is full: ENOSPC.*\n {2}Free space on the disk, then type .*\n$/);
  expect(code).toBe(3);
});

it('ends silently when the reader closes the pipe', async () => {
  const endless = "for (;;) { process.stdout.write('x'.repeat(1e5)); await new Promise(setImmediate); }";
  expect(await run(endless, 'pipe')).toEqual({ stderr: '', code: 3 });
});

it.runIf(existsSync('/dev/full'))('reports that its output cannot be written', async () => {
  const { stderr, code } = await run("process.stdout.write('x'); return 0;", { file: '/dev/full' });
  expect(stderr).toMatch(/^error: the output cannot be written: ENOSPC.*\n$/);
  expect(code).toBe(3);
});
