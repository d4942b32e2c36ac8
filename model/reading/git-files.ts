import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StoredMode } from './stored-file.ts';

/** Git's list of the files below a folder of a checkout. */
export interface GitFiles {
  /**
   * Files that are tracked, or untracked and not ignored; paths from the folder. The path of a nested
   * repository ends with `/`.
   */
  files: { path: string; mode: StoredMode | 'nested' | undefined }[];
  /** False where the file system has no executable bit: the index alone knows it (`core.fileMode`). */
  executableBits: boolean;
  /** False where links are checked out as files (`core.symlinks`). */
  links: boolean;
  /** Whether Git stores CR LF of this file as LF; evaluated once, and only for files with CR LF. */
  storesLineFeeds(path: string): boolean;
}

/** Undefined outside of a checkout, or if Git is not installed. */
export function gitFiles(root: string): GitFiles | undefined {
  if (!isCheckout(root)) return undefined;
  const listed = git(root, ['ls-files', '-z', '--stage', ...kinds]);
  if (listed === undefined) return undefined;
  const config = configOf(root);
  let lineEnds: Map<string, boolean> | undefined;
  const byPath = new Map(
    entries(listed)
      .map((line) => parseEntry(line))
      .map((file) => [file.path, file]),
  );
  return {
    files: [...byPath.values()],
    executableBits: config.get('core.filemode') !== 'false',
    links: config.get('core.symlinks') !== 'false',
    storesLineFeeds: (path) => {
      lineEnds ??= lineEndsOf(root, config.get('core.autocrlf'));
      return lineEnds.get(path) ?? false;
    },
  };
}

const kinds = ['--cached', '--others', '--exclude-standard'] as const;

function isCheckout(folder: string): boolean {
  if (existsSync(join(folder, '.git'))) return true;
  const above = dirname(folder);
  return above !== folder && isCheckout(above);
}

/** `MODE OBJECT STAGE<tab>PATH` for a tracked file, `PATH` for another one. */
function parseEntry(line: string): GitFiles['files'][number] {
  const [, mode, path = line] = /^(\d{6}) [\da-f]+ [0-3]\t([\s\S]+)$/.exec(line) ?? [];
  switch (mode) {
    case '100644':
    case '100755':
    case '120000':
      return { path, mode };
    case '160000':
      return { path: `${path}/`, mode: 'nested' };
    default:
      return { path, mode: path.endsWith('/') ? 'nested' : undefined };
  }
}

/**
 * The rule of convert.c, per path: attributes, else `core.autocrlf`; automatic detection keeps files that are
 * stored with CR LF.
 */
function lineEndsOf(root: string, autocrlf = 'false'): Map<string, boolean> {
  const guesses = ['true', 'input', 'yes', 'on', '1'].includes(autocrlf);
  const listed = git(root, ['ls-files', '-z', '--eol', ...kinds]) ?? '';
  return new Map(
    entries(listed).flatMap((line) => {
      const found = /^i\/(\S*)\s+w\/(\S*)\s+attr\/(\S*)[^\t]*\t([\s\S]+)$/.exec(line);
      if (found === null) return [];
      const [, index = '', working = '', attribute = '', path = ''] = found;
      const guessed = attribute === 'text=auto' || (attribute === '' && guesses);
      const spared = working === '-text' || index === 'crlf' || index === 'mixed';
      return [[path, attribute === 'text' || (guessed && !spared)] as const];
    }),
  );
}

function configOf(root: string): Map<string, string> {
  const listed = git(root, ['config', '-z', '--get-regexp', '^core\\.(filemode|symlinks|autocrlf)$']) ?? '';
  return new Map(
    entries(listed).map((entry) => {
      const [name = '', value = 'true'] = entry.split('\n');
      return [name, value.toLowerCase()];
    }),
  );
}

function entries(output: string): string[] {
  return output.split('\0').filter((entry) => entry !== '');
}

/**
 * Output of Git; undefined if Git is not installed. The owner of the folder is not checked
 * (`safe.directory`): Git runs nothing from it that the caller would not import.
 */
function git(root: string, args: readonly string[]): string | undefined {
  const settings = ['-c', 'safe.directory=*', '-c', 'core.fsmonitor=false'];
  const { error, status, stdout, stderr } = spawnSync('git', [...settings, ...args], {
    cwd: root,
    // A Git hook sets GIT_DIR and GIT_INDEX_FILE, which refer to another repository or to a partial commit.
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (error !== undefined) {
    if ('code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  // `git config` ends with status 1 if the value is not set.
  if (status === 1 && args[0] === 'config') return '';
  if (status !== 0) throw new Error(`git ${args.join(' ')} in ${root}: ${stderr.trim()}`);
  return stdout;
}
