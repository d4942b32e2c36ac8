import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { type Diagnostic, diagnosticOfFile, type Words } from '../diagnostics/diagnostic.ts';
import { invisible, placesOf } from './place.ts';

/** Maximum bytes of a description: far more than people write and review. */
const largest = 256 * 1024;

/** The text of a file, or the diagnostic of a failed read. */
export type Read = { text: string; diagnostic?: never } | { text?: never; diagnostic: Diagnostic };

/**
 * Reads a description: a regular file inside the repository, UTF-8 with or without a byte order mark, at most
 * 256 KiB, without invisible characters. Anything else is a diagnostic; it never blocks and never throws.
 */
export function readText(root: string, file: string): Read {
  const refuse = (words: Words): Read => ({ diagnostic: diagnosticOfFile(file, words) });
  try {
    const path = realpathSync.native(join(root, file));
    if (!path.startsWith(realpathSync.native(root) + sep)) {
      return refuse({
        code: 'outside-repository',
        what: `the file is a symbolic link to ${path}`,
        why: 'a target outside of the repository is not reviewed, and does not exist on other machines',
        fix: 'replace the link with a copy of the file',
      });
    }
    // Opening a pipe would block until somebody writes into it.
    const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = fstatSync(handle);
      if (!status.isFile()) {
        const kind = status.isDirectory() ? 'a folder' : 'a pipe, a socket or a device';
        return refuse({
          code: 'not-a-file',
          what: `the path leads to ${kind}`,
          why: 'a description is a regular file',
          fix: 'move it away and write the file',
        });
      }
      if (status.size > largest) {
        return refuse({
          code: 'too-large',
          what: `the file has ${Math.ceil(status.size / 1024)} KiB`,
          why: `the maximum of a description is ${largest / 1024} KiB`,
          fix: 'remove the content that does not belong here',
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

/** Decodes the bytes of a file. */
export function decode(bytes: Buffer, file: string): Read {
  if (!isUtf8(bytes)) return { diagnostic: notUtf8(bytes, file) };
  const text = new TextDecoder().decode(bytes);
  const conflict = /^<{7} .*$/m.exec(text);
  if (conflict !== null) {
    const words = {
      code: 'merge-conflict',
      what: 'the file has an unresolved merge conflict',
      why: 'it contains both versions',
      fix: 'write the intended version, and remove the lines <<<<<<<, ======= and >>>>>>>',
    };
    return { diagnostic: { file, ...placesOf(text)(conflict.index, text.length), ...words } };
  }
  const hidden = invisible.exec(text);
  if (hidden === null) return { text };
  const code = (hidden[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const words = {
    code: 'invisible-character',
    what: `the file contains the character U+${code}`,
    why: 'editors do not show it, so a reviewer sees another text than programs read',
    fix: 'remove it; if a text needs it, write an escape',
  };
  return { diagnostic: { file, ...placesOf(text)(hidden.index, hidden.index + 1), ...words } };
}

function notUtf8(bytes: Buffer, file: string): Diagnostic {
  const words = { code: 'not-utf8', fix: 'save the file as UTF-8' };
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff') {
    const why = 'descriptions are UTF-8';
    return diagnosticOfFile(file, { ...words, what: 'the file is UTF-16', why });
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
    what: `the byte 0x${byte.toString(16).toUpperCase()} is not valid UTF-8`,
    why: `in Windows' Latin-1 it would be '${new TextDecoder('windows-1252').decode(Buffer.from([byte]))}', but the encoding is unknown`,
  };
}

function unreadable(file: string, error: unknown): Words {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return {
      code: 'missing-file',
      what: 'the file does not exist',
      why: 'this description is required',
      fix: `write ${file}`,
    };
  }
  if (code === 'ELOOP') {
    return {
      code: 'unreadable',
      what: 'the file is a symbolic link to itself',
      why: 'it has no target',
      fix: 'remove the link and write the file',
    };
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return {
      code: 'unreadable',
      what: 'the file is not readable',
      why: 'its permissions or those of a parent folder forbid it',
      fix: `type chmod a+r '${file}'`,
    };
  }
  if (code === undefined) throw error;
  return {
    code: 'unreadable',
    what: 'the file cannot be read',
    why: error instanceof Error ? error.message : String(error),
    fix: 'check the disk',
  };
}
