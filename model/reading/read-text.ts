import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { type Problem, problemOfFile, type Words } from '../diagnostics/problem.ts';
import { invisible, placesOf } from './place.ts';

/** In bytes: far more than any description that people write and review. */
const largest = 256 * 1024;

/** A text, or the problem of reading it. */
export type Read = { text: string; problem?: never } | { text?: never; problem: Problem };

/**
 * Reads a description: a regular file inside the repository, UTF-8 with or without a byte order mark, of at most
 * 256 KiB, without characters that nobody sees. Whatever else stands there is a problem; it never waits and never throws.
 */
export function readText(root: string, file: string): Read {
  const refuse = (words: Words): Read => ({ problem: problemOfFile(file, words) });
  try {
    const path = realpathSync.native(join(root, file));
    if (!path.startsWith(realpathSync.native(root) + sep)) {
      return refuse({
        code: 'outside-repository',
        what: `a symbolic link leads to ${path}`,
        why: 'what lies outside the repository is not reviewed, and on the next machine it is not there',
        fix: 'copy the file to where the link is',
      });
    }
    // A pipe would be waited for until somebody writes into it.
    const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = fstatSync(handle);
      if (!status.isFile()) {
        const kind = status.isDirectory() ? 'a folder' : 'a pipe, a socket or a device';
        return refuse({
          code: 'not-a-file',
          what: `here is ${kind}`,
          why: 'a description is a file of text',
          fix: 'move it away and write the file',
        });
      }
      if (status.size > largest) {
        return refuse({
          code: 'too-large',
          what: `the file has ${Math.ceil(status.size / 1024)} KiB`,
          why: `more than ${largest / 1024} KiB is nothing that people write and review`,
          fix: 'take out what does not belong here',
        });
      }
      return decode(readFileSync(handle), file);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    return refuse(unreadable(file, error));
  }
}

/** The text in the bytes of a file. */
export function decode(bytes: Buffer, file: string): Read {
  if (!isUtf8(bytes)) return { problem: notUtf8(bytes, file) };
  const text = new TextDecoder().decode(bytes);
  const conflict = /^<{7} .*$/m.exec(text);
  if (conflict !== null) {
    const words = {
      code: 'merge-conflict',
      what: 'a merge left both versions here',
      why: 'Git could not know which of the two is meant',
      fix: 'write what is meant, and remove the lines <<<<<<<, ======= and >>>>>>>',
    };
    return { problem: { file, ...placesOf(text)(conflict.index, text.length), ...words } };
  }
  const hidden = invisible.exec(text);
  if (hidden === null) return { text };
  const code = (hidden[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const words = {
    code: 'invisible-character',
    what: `the character U+${code} stands here`,
    why: 'no editor shows it, so that what is read is not what is seen',
    fix: 'remove it; a text that must hold it writes it as an escape',
  };
  return { problem: { file, ...placesOf(text)(hidden.index, hidden.index + 1), ...words } };
}

function notUtf8(bytes: Buffer, file: string): Problem {
  const words = { code: 'not-utf8', fix: 'save the file as UTF-8' };
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff') {
    const why = 'every tool that reads descriptions takes UTF-8';
    return problemOfFile(file, { ...words, what: 'the file is UTF-16', why });
  }
  let start = 0;
  let end = bytes.indexOf(0x0a);
  while (end !== -1 && isUtf8(bytes.subarray(start, end))) {
    start = end + 1;
    end = bytes.indexOf(0x0a, start);
  }
  const before = new TextDecoder().decode(bytes.subarray(0, start));
  const line = new TextDecoder().decode(bytes.subarray(start, end === -1 ? undefined : end));
  const offset = line.indexOf('\ufffd');
  const byte = bytes[start + Buffer.byteLength(line.slice(0, offset))] ?? 0;
  return {
    file,
    ...placesOf(before + line)(before.length + offset, before.length + offset + 1),
    ...words,
    what: `the byte 0x${byte.toString(16).toUpperCase()} stands here, which is not UTF-8`,
    why: `in Windows' Latin-1 it would be '${new TextDecoder('windows-1252').decode(Buffer.from([byte]))}', but nothing says that it is that`,
  };
}

function unreadable(file: string, error: unknown): Words {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return {
      code: 'missing-file',
      what: 'the file does not exist',
      why: 'without it nothing says what is there',
      fix: `write ${file}`,
    };
  }
  if (code === 'ELOOP') {
    return {
      code: 'unreadable',
      what: 'the file is a symbolic link that leads back to itself',
      why: 'there is nothing to read',
      fix: 'remove the link and write the file',
    };
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return {
      code: 'unreadable',
      what: 'the file may not be read',
      why: 'its permissions or those of a folder above forbid it',
      fix: `type chmod a+r '${file}'`,
    };
  }
  if (code === undefined) throw error;
  return {
    code: 'unreadable',
    what: 'the file cannot be read',
    why: error instanceof Error ? error.message : String(error),
    fix: 'look at the disk',
  };
}
