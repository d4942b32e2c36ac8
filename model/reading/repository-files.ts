import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { join, relative } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { type GitFiles, gitFiles } from './git-files.ts';
import { isJunk } from './junk.ts';
import { isText, withLineFeeds } from './line-ends.ts';
import type { StoredFile } from './stored-file.ts';

/**
 * The files of a repository as Git stores them. In a checkout: tracked files, and untracked files that are
 * not ignored. Outside of one, such as after the download of an archive: files that no `.gitignore` excludes,
 * with the line ends of `* text=auto`. The list is read once, contents on demand.
 */
export class RepositoryFiles {
  readonly #root: string;
  #readers: Map<string, Reader> | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Files below a folder, which can be a link, by their path from it, in bytewise order; `wanted` filters by
   * that path.
   */
  below(folder: string, wanted: (path: string) => boolean = () => true): StoredFile[] {
    this.#readers ??= list(this.#root);
    const place = join(this.#root, folder);
    if (!existsSync(place)) return [];
    const real = relative(realpathSync(this.#root), realpathSync(place));
    const prefix = real === '' ? '' : `${real}/`;
    return [...this.#readers]
      .filter(([path]) => path.startsWith(prefix) && wanted(path.slice(prefix.length)))
      .flatMap(([path, read]) => {
        const file = read(join(this.#root, path));
        return file === undefined ? [] : [{ path: path.slice(prefix.length), ...file }];
      })
      .sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  }
}

type Content = Omit<StoredFile, 'path'>;

/** Reads the file at a path; undefined if Git would not store it. */
type Reader = (place: string) => Content | undefined;

function list(root: string): Map<string, Reader> {
  const git = gitFiles(root);
  const readers = git === undefined ? listWithoutGit(root) : listByGit(root, git);
  return new Map([...readers].filter(([path]) => !isJunk(path)));
}

function* listByGit(root: string, git: GitFiles): Generator<[string, Reader]> {
  for (const { path, mode } of git.files) {
    if (mode === 'nested') {
      // A submodule that was never fetched has no files: its folder is empty, and Git in it would list this repository.
      if (!existsSync(join(root, path, '.git'))) continue;
      for (const [inner, read] of list(join(root, path))) yield [path + inner, read];
    } else yield [path, (place) => readAsGit(place, path, mode, git)];
  }
}

function readAsGit(
  place: string,
  path: string,
  mode: StoredFile['mode'] | undefined,
  git: GitFiles,
): Content | undefined {
  const status = statusOf(place);
  // A tracked file that was removed.
  if (status === undefined) return undefined;
  if (!git.links && mode === '120000' && status.isFile()) return { mode, content: readFileSync(place) };
  const found = read(place, status, () => git.storesLineFeeds(path));
  if (found === undefined || found.mode === '120000' || git.executableBits) return found;
  return { ...found, mode: mode === '100755' ? mode : '100644' };
}

function* listWithoutGit(root: string): Generator<[string, Reader]> {
  yield* walk('', []);

  function* walk(folder: string, above: readonly Rules[]): Generator<[string, Reader]> {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    const own = entries.some((entry) => entry.name === '.gitignore' && entry.isFile());
    const rules = own ? [...above, { folder, matcher: matcherOf(join(root, folder, '.gitignore')) }] : above;
    for (const entry of entries) {
      if (entry.name === '.git') continue;
      const path = folder + entry.name;
      if (entry.isDirectory()) {
        if (!isIgnored(`${path}/`, rules)) yield* walk(`${path}/`, rules);
      } else if (!isIgnored(path, rules)) {
        yield [path, (place) => read(place, statusOf(place), isText)];
      }
    }
  }
}

/** A .gitignore, and the folder that its patterns are relative to. */
interface Rules {
  folder: string;
  matcher: Ignore;
}

function matcherOf(file: string): Ignore {
  return ignore({ ignorecase: false }).add(readFileSync(file, 'utf8'));
}

/** The last matching rule decides; rules of the deepest folder come last. */
function isIgnored(path: string, all: readonly Rules[]): boolean {
  let ignored = false;
  for (const { folder, matcher } of all) {
    const said = matcher.test(path.slice(folder.length));
    if (said.ignored || said.unignored) ignored = said.ignored;
  }
  return ignored;
}

function read(
  place: string,
  status: Stats | undefined,
  storesLineFeeds: (content: Buffer) => boolean,
): Content | undefined {
  if (status?.isSymbolicLink() === true) return { mode: '120000', content: readlinkSync(place, 'buffer') };
  if (status?.isFile() !== true) return undefined;
  const content = readFileSync(place);
  const mode = (status.mode & 0o100) === 0 ? '100644' : '100755';
  if (!content.includes('\r\n') || !storesLineFeeds(content)) return { mode, content };
  return { mode, content: withLineFeeds(content) };
}

/** A file whose name is not UTF-8 cannot be read; it must not be treated as missing. */
function statusOf(place: string): Stats | undefined {
  return lstatSync(place, { throwIfNoEntry: place.includes('\ufffd') });
}
