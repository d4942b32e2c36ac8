import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** For tests: a file system of its own with a size, which gets full like any disk. Only root may mount one. */
export class SmallDisk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @returns The reason, where this machine lets nobody mount one. */
  static mount(size: string): SmallDisk | string {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-disk-'));
    const { status, stderr, error } = spawnSync(
      'mount',
      ['-t', 'tmpfs', '-o', `size=${size}`, 'plinth-test', folder],
      { encoding: 'utf8' },
    );
    if (status === 0) return new SmallDisk(folder);
    rmdirSync(folder);
    return error?.message ?? stderr.trim();
  }

  /** Makes room. */
  grow(size: string): void {
    run('mount', ['-o', `remount,size=${size}`, this.folder]);
  }

  remove(): void {
    run('umount', ['--lazy', this.folder]);
    rmdirSync(this.folder);
  }
}

function run(program: string, args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
