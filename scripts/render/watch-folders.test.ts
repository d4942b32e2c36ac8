import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { FolderWatch } from './watch-folders.ts';

it('reports files in new folders, and survives folders that disappear at once', async () => {
  const root = mkdtempSync(join(tmpdir(), 'plinth-watch-'));
  const seen = new Set<string>();
  const watch = new FolderWatch(root, join(root, 'manifests'), (path) => void seen.add(path));
  try {
    for (let i = 0; i < 500; i++) {
      mkdirSync(join(root, `a${i}/b/c`), { recursive: true });
      rmSync(join(root, `a${i}`), { recursive: true });
      if (i % 50 === 0) await sleep(1);
    }
    mkdirSync(join(root, 'new'));
    await vi.waitFor(() => expect(seen).toContain('new'));
    writeFileSync(join(root, 'new/file'), '');
    await vi.waitFor(() => expect(seen).toContain('new/file'));
  } finally {
    watch.close();
    rmSync(root, { recursive: true });
  }
}, 60_000);
