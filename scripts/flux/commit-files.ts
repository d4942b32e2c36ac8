import { createHash } from 'node:crypto';
import type { Git } from '../delivery/git.ts';

/** A commit that is made without a work tree and without an index. */
export interface FileCommit {
  /** Absent: the commit has no parent, and no other files. */
  parent: string | undefined;
  /** Text of each changed file by its path; undefined removes it. */
  files: ReadonlyMap<string, string | undefined>;
  message: string;
  author: { name: string; email: string };
}

/** Commits changed files on top of a commit with one process, `git fast-import`; returns the commit. No branch moves. */
export async function commitFiles(git: Git, { parent, files, message, author }: FileCommit): Promise<string> {
  const changes = [...files].map(([path, text]) =>
    text === undefined ? `D ${path}\n` : `M 100644 inline ${path}\n${data(text)}`,
  );
  const stream = [
    'commit refs/plinth/made\n',
    'mark :1\n',
    `committer ${identity(author)} ${Math.floor(Date.now() / 1000)} +0000\n`,
    data(message),
    parent === undefined ? '' : `from ${parent}\n`,
    ...changes,
    'get-mark :1\n',
    'done\n',
  ];
  // --force: the new commit need not follow the one of an earlier run.
  const output = await git(['fast-import', '--quiet', '--done', '--force'], { input: stream.join('') });
  return output.trim();
}

/** The hash under which Git keeps a file's text (gitformat-pack, SHA-1 repositories). */
export function blobId(text: string): string {
  const content = Buffer.from(text);
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

/** git-fast-import(1), 'data'. */
function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

/** Name and address without the characters that separate them in a commit. */
function identity({ name, email }: FileCommit['author']): string {
  const [clean, address] = [name, email].map((text) => text.replace(/[<>\n\0]/g, '').trim());
  return `${clean} <${address}>`;
}
