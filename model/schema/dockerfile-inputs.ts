import { matchesGlob, posix } from 'node:path';
import { type Instruction, instructionsOf, type Word, wordsOf } from './dockerfile.ts';

/** A file, a folder or a pattern of the build context that a Dockerfile copies or mounts; offsets are into its text. */
export interface CopiedPath {
  /** From the context, without a slash at its ends; `.` is the whole context. Absent if it is unknown before the build. */
  path?: string;
  /** The text in the file. */
  written: string;
  start: number;
  end: number;
}

/**
 * What COPY, ADD and `RUN --mount=type=bind` of a Dockerfile take from the build context ('Dockerfile reference'); not what comes
 * from stages, other images, texts between `<<EOF` and `EOF`, and addresses.
 */
export function copiedPaths(dockerfile: string): CopiedPath[] {
  return instructionsOf(dockerfile).flatMap((instruction) => {
    const [command, ...words] = wordsOf(instruction);
    switch (command?.text.toUpperCase()) {
      case 'COPY':
      case 'ADD':
        return sourcesOf(instruction, words);
      case 'RUN':
        return words.flatMap(boundBy);
      default:
        return [];
    }
  });
}

/** Whether a file of the context is one of those that are copied, or below one of them. */
export function isCopied(file: string, copies: readonly CopiedPath[]): boolean {
  const parts = file.split('/');
  const above = parts.map((_, i) => parts.slice(0, i + 1).join('/'));
  return copies.some(
    ({ path }) => path === '.' || (path !== undefined && above.some((each) => matches(each, path))),
  );
}

function matches(path: string, pattern: string): boolean {
  return path === pattern || (/[*?[]/.test(pattern) && matchesGlob(path, pattern));
}

/** The words of COPY and ADD without flags and the last one, which is the target in the image. */
function sourcesOf({ text, offsets }: Instruction, words: readonly Word[]): CopiedPath[] {
  if (words.some((word) => word.text.startsWith('--from='))) return [];
  const plain = words.filter((word) => !word.text.startsWith('--'));
  const all = plain[0]?.text.startsWith('[') === true ? quotedWords({ text, offsets }) : plain;
  return all
    .slice(0, -1)
    .filter((word) => !/^(?:<<|[a-z]+:\/\/|git@)/.test(word.text))
    .map((word) => copied(word.text, word));
}

/** The words of the form `["source", "place"]`. */
function quotedWords({ text, offsets }: Instruction): Word[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(({ 0: whole, 1: word = '', index }) => {
    const start = (offsets[index] ?? 0) + 1;
    return { text: word, start, end: start + whole.length - 2 };
  });
}

/** The source of `--mount=type=bind`; without `source` it is the whole context. */
function boundBy(word: Word): CopiedPath[] {
  const mount = mountOf(word);
  if (mount === undefined || (mount('type') ?? 'bind') !== 'bind' || mount('from') !== undefined) return [];
  return [copied(mount('source', 'src') ?? '.', word)];
}

/** The secrets that `RUN --mount=type=secret` asks the build for: ids, with their place in the file. */
export function secretMounts(dockerfile: string): { id: string; start: number; end: number }[] {
  return instructionsOf(dockerfile)
    .flatMap(wordsOf)
    .flatMap((word) => {
      const mount = mountOf(word);
      if (mount?.('type') !== 'secret') return [];
      const id = mount('id') ?? posix.basename(mount('target', 'dst', 'destination') ?? '');
      return [{ id, start: word.start, end: word.end }];
    });
}

/** Reads the options of `--mount=…`, by any of their names. */
function mountOf({ text }: Word): ((...names: string[]) => string | undefined) | undefined {
  const options = /^--mount=(.+)$/
    .exec(text)?.[1]
    ?.split(',')
    .map((option) => option.split('='));
  if (options === undefined) return undefined;
  return (...names) => options.find(([name = '']) => names.includes(name))?.[1];
}

function copied(written: string, { start, end }: Word): CopiedPath {
  const place = { written, start, end };
  if (written.includes('$')) return place;
  // As builders do: nothing is above the context, and a leading slash means the context.
  const path = posix.normalize(`/${written}`).replace(/^\/|\/$/g, '');
  return { ...place, path: path === '' ? '.' : path };
}
