import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A cache of its own and, first in PATH, a `go` that is a few lines of shell: for tests of everything around it. */
export interface FakeGo {
  readonly dir: string;
  /** Replaces what `go build` does; `$out` is the directory it is asked to write into. */
  build(script: string): void;
  remove(): void;
}

/** Sets it up; `go build` writes one executable `pause` until told otherwise. */
export function fakeGo(): FakeGo {
  const dir = mkdtempSync(join(tmpdir(), 'plinth-fake-go-'));
  const path = process.env.PATH;
  const cache = process.env.PLINTH_CACHE;
  mkdirSync(join(dir, 'bin'));
  const build = (script: string): void => {
    const lines = [
      '#!/bin/sh',
      '[ "$1" = build ] || exit 0',
      'while [ "$1" != -o ]; do shift; done',
      'out=$2',
      script,
    ];
    writeFileSync(join(dir, 'bin', 'go'), `${lines.join('\n')}\n`, { mode: 0o755 });
  };
  build('echo built >"$out/pause"');
  process.env.PATH = `${join(dir, 'bin')}${delimiter}${path ?? ''}`;
  process.env.PLINTH_CACHE = join(dir, 'cache');
  return {
    dir,
    build,
    remove: () => {
      process.env.PATH = path;
      if (cache === undefined) delete process.env.PLINTH_CACHE;
      else process.env.PLINTH_CACHE = cache;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
