import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf } from './examples.ts';

/** The tutorial, as a program can follow it. */
export interface Tutorial {
  /** Files that the reader writes: from the path to the text. */
  files: Map<string, string>;
  /** Commands that the reader types, in their order. */
  commands: string[];
}

/** Reads the files and commands of a tutorial. */
export function readTutorial(root: string, path = 'docs/tutorial.md'): Tutorial {
  const blocks = blocksOf(path, readFileSync(join(root, path), 'utf8'));
  return {
    files: new Map(blocks.flatMap(({ file, text }) => (file === undefined ? [] : [[file, `${text}\n`]]))),
    commands: blocks.filter(({ file }) => file === undefined).flatMap(({ text }) => text.split('\n')),
  };
}
