const block = 512;

/**
 * Passes a tar archive on without its closing blocks, so that more entries may follow, and notes in `paths` what it
 * holds: no leading `./`, no slash at the end.
 */
export async function* openEnded(archive: AsyncIterable<Buffer>, paths: Set<string>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  /** Bytes of the present entry that have not passed yet. */
  let content = 0;
  let longName = '';
  for await (const chunk of archive) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (at < rest.length) {
      if (content > 0) {
        const step = Math.min(content, rest.length - at);
        content -= step;
        at += step;
        continue;
      }
      if (rest.length - at < block) break;
      const header = rest.subarray(at, at + block);
      if (header[0] === 0) {
        yield rest.subarray(0, at);
        return;
      }
      const size = Number.parseInt(text(header, 124, 12), 8);
      const type = String.fromCharCode(header[156] ?? 0);
      if (type === 'L' || type === 'x') {
        // The name of the next entry is its content, whole in one chunk or not at all.
        const end = at + block + size;
        if (rest.length < end) break;
        const body = rest.subarray(at + block, end).toString();
        longName = type === 'L' ? body.replace(/\0.*$/s, '') : (/\d+ path=(.*)\n/.exec(body)?.[1] ?? '');
      } else {
        const prefix = text(header, 345, 155);
        const name = longName || (prefix === '' ? '' : `${prefix}/`) + text(header, 0, 100);
        paths.add(plain(name));
        longName = '';
      }
      at += block;
      content = Math.ceil(size / block) * block;
    }
    yield rest.subarray(0, at);
    rest = rest.subarray(at);
  }
}

/** One entry of an archive, read whole. */
export interface RawEntry {
  /** No leading `./`, no slash at the end. */
  path: string;
  /** Mode, owner, group, size, time and type, as its header has them. */
  attributes: Buffer;
  /** Where a link leads to; a hard link to a path of the archive, as `path` has it. */
  target: string;
  content: Buffer;
  /** All its blocks, with those before it that hold a long name. */
  raw: Buffer;
}

/** Reads an archive entry by entry, each as a whole in memory. Reads extended headers (POSIX pax, GNU long names). */
export async function* rawEntries(archive: AsyncIterable<Buffer>): AsyncGenerator<RawEntry> {
  let before: Buffer[] = [];
  let longName = '';
  let longTarget = '';
  // Put together once an entry is whole: a large one comes in thousands of chunks.
  let pending: Buffer[] = [];
  let length = 0;
  let wanted = block;
  for await (const chunk of archive) {
    pending.push(chunk);
    length += chunk.length;
    if (length < wanted) continue;
    let rest = Buffer.concat(pending);
    wanted = block;
    while (rest.length >= block) {
      if (rest[0] === 0) return;
      const size = Number.parseInt(text(rest, 124, 12) || '0', 8);
      wanted = block + Math.ceil(size / block) * block;
      if (rest.length < wanted) break;
      const header = rest.subarray(0, block);
      const content = rest.subarray(block, block + size);
      const raw = rest.subarray(0, wanted);
      rest = rest.subarray(wanted);
      wanted = block;
      const type = String.fromCharCode(header[156] ?? 0);
      if (type === 'x' || type === 'L' || type === 'K') {
        const body = content.toString();
        if (type === 'x') {
          longName = /\d+ path=(.*)\n/.exec(body)?.[1] ?? longName;
          longTarget = /\d+ linkpath=(.*)\n/.exec(body)?.[1] ?? longTarget;
        } else if (type === 'L') longName = body.replace(/\0.*$/s, '');
        else longTarget = body.replace(/\0.*$/s, '');
        before.push(raw);
        continue;
      }
      const prefix = text(header, 345, 155);
      const name = longName || (prefix === '' ? '' : `${prefix}/`) + text(header, 0, 100);
      const target = longTarget || text(header, 157, 100);
      yield {
        path: plain(name),
        attributes: Buffer.concat([header.subarray(100, 148), header.subarray(156, 157)]),
        target: type === '1' ? plain(target) : target,
        content,
        raw: Buffer.concat([...before, raw]),
      };
      before = [];
      longName = '';
      longTarget = '';
    }
    pending = [rest];
    length = rest.length;
  }
}

function plain(name: string): string {
  return name.replace(/^\.\//, '').replace(/\/$/, '');
}

function text(header: Buffer, offset: number, length: number): string {
  return header
    .subarray(offset, offset + length)
    .toString()
    .replace(/\0.*$/s, '')
    .trim();
}
