import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { removeCaches } from './remove-caches.ts';

test('removes all caches, and accepts missing ones', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-caches-'));
  mkdirSync(join(folder, 'registry'));
  writeFileSync(join(folder, 'registry', 'blob'), 'layer');
  await removeCaches(folder);
  expect(existsSync(folder)).toBe(false);
  await removeCaches(folder);
});

test("prints the quoted command that removes another user's files", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ann's caches "));
  // Neither root nor the owner of a folder that may be written: as nobody where this is root.
  mkdirSync(join(folder, 'registry'));
  writeFileSync(join(folder, 'registry', 'blob'), 'layer');
  for (const path of [join(folder, 'registry'), folder]) chmodSync(path, 0o555);
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const module = new URL('remove-caches.ts', import.meta.url).href;
  const script =
    `import { removeCaches } from ${JSON.stringify(module)};` +
    'await removeCaches(process.argv[1]).catch(({ message, next }) => console.log(JSON.stringify({ message, next })));';
  try {
    const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', script, folder], {
      ...nobody,
      cwd: '/',
    });
    expect(JSON.parse(stdout)).toEqual({
      message: `${folder} has files of another user, which this user cannot remove.`,
      next: `sudo rm -rf '${folder.replace("'", "'\\''")}'`,
    });
    expect(existsSync(join(folder, 'registry', 'blob'))).toBe(true);
  } finally {
    for (const path of [folder, join(folder, 'registry')]) chmodSync(path, 0o755);
    rmSync(folder, { recursive: true });
  }
});
