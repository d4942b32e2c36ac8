import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDir } from '../cache/paths.ts';

/** Maximum length of go's output in an error. */
const TAIL_LINES = 30;

/** Maximum time for go to exit after SIGINT. */
const GRACE_MS = 5000;

/** Folders of go's modules and compiled packages: in Plinth's cache, not in the user's. */
export function goCaches(): { root: string; modules: string; build: string; scratch: string } {
  const root = join(cacheDir(), 'go');
  return { root, modules: join(root, 'mod'), build: join(root, 'build'), scratch: join(root, 'tmp') };
}

/** Minimum memory limit of a compiler: about what Go's largest packages need. */
const MEMORY_LIMIT_FLOOR = 2 * 2 ** 30;

/**
 * Settings of the Go runtime for compilers: no garbage collection until a process reaches its share of the available memory. One
 * compiler runs per core, beside go itself.
 *
 * @see https://go.dev/doc/gc-guide#Memory_limit
 */
export function compilerMemory(
  available = process.availableMemory(),
  cores = availableParallelism(),
): { GOGC?: string; GOMEMLIMIT?: string } {
  const share = Math.floor((available * 0.7) / (cores + 1));
  return share < MEMORY_LIMIT_FLOOR ? {} : { GOGC: 'off', GOMEMLIMIT: String(share) };
}

/** Thrown when the caller's signal ended a build. */
export class BuildAborted extends Error {
  override readonly name = 'BuildAborted';
}

/**
 * Runs `go` in its own process group, so that an abort also ends its compilers and linkers.
 * Module proxy, checksum database and CAs are those of the environment.
 */
export async function runGo(
  args: readonly string[],
  options: { cwd: string; platform: string; signal?: AbortSignal | undefined },
): Promise<string> {
  const { cwd, platform, signal } = options;
  if (signal?.aborted) throw new BuildAborted('aborted before go was started');
  const [goos = 'linux', goarch = 'amd64'] = platform.split('/');
  const caches = goCaches();
  mkdirSync(caches.scratch, { recursive: true });
  const child = execa('go', [...args], {
    cwd,
    env: {
      GOOS: goos,
      GOARCH: goarch,
      CGO_ENABLED: '0',
      GOMODCACHE: caches.modules,
      GOCACHE: caches.build,
      GOTMPDIR: caches.scratch,
      GOFLAGS: '-modcacherw',
      GOWORK: 'off',
      GOENV: 'off',
      ...compilerMemory(),
    },
    detached: true,
    reject: false,
    stdin: 'ignore',
  });
  const signalGroup = (name: NodeJS.Signals): void => {
    if (child.pid === undefined || child.exitCode !== null) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      // It exited meanwhile.
    }
  };
  // On SIGINT go removes its temporary files; a compiler that hangs is killed later.
  let kill: NodeJS.Timeout | undefined;
  const endGroup = (): void => {
    signalGroup('SIGINT');
    kill = setTimeout(() => signalGroup('SIGKILL'), GRACE_MS);
  };
  signal?.addEventListener('abort', endGroup, { once: true });
  process.once('exit', endGroup);
  try {
    const result = await child;
    if (signal?.aborted) throw new BuildAborted('aborted; the next run continues with the compiled packages');
    if (result.failed) throw new Error(explain(result));
    return result.stdout;
  } finally {
    clearTimeout(kill);
    signal?.removeEventListener('abort', endGroup);
    process.removeListener('exit', endGroup);
  }
}

function explain(result: {
  code?: string | undefined;
  command: string;
  shortMessage?: string | undefined;
  stderr: string;
}): string {
  if (result.code === 'ENOENT') {
    return 'go is not installed, and this binary has to be built.\nInstall Go 1.26 or later (https://go.dev/dl) and put its bin folder into PATH.';
  }
  const lines = result.stderr.split('\n').filter((line) => !line.startsWith('go: downloading '));
  const tail = lines.slice(-TAIL_LINES).join('\n').trim();
  return `${result.command.slice(0, 200)} failed:\n${tail || (result.shortMessage ?? 'without a word')}`;
}
