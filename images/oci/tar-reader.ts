const block = 512;

/**
 * Passes on a tar archive without its closing blocks, so that more entries can follow. Adds the paths of its entries to `paths`, without
 * a leading `./` and without a slash at the end.
 */
export async function* openEnded(archive: AsyncIterable<Buffer>, paths: Set<string>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  /** Remaining bytes of the current entry. */
  let content = 0;
  const names = new Names();
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
      const size = sizeOf(header);
      if (isExtended(header)) {
        // Its content describes the next entry: it is needed as a whole.
        const end = at + block + size;
        if (rest.length < end) break;
        names.note(header, rest.subarray(at + block, end));
      } else {
        paths.add(names.take(header).path);
      }
      at += block;
      content = Math.ceil(size / block) * block;
    }
    yield rest.subarray(0, at);
    rest = rest.subarray(at);
  }
}

/** One entry of an archive with its content. */
export interface RawEntry {
  /** Path without a leading `./` and without a slash at the end. */
  path: string;
  /** The header's bytes of mode, owner, group, size, time and type. */
  attributes: Buffer;
  /** Target of a link; of a hard link, a path of the archive in the form of `path`. */
  target: string;
  content: Buffer;
  /** All its blocks, with its extended headers. */
  raw: Buffer;
}

/** Reads an archive entry by entry, each in memory. Reads extended headers (POSIX pax, GNU long names). */
export async function* rawEntries(archive: AsyncIterable<Buffer>): AsyncGenerator<RawEntry> {
  let before: Buffer[] = [];
  const names = new Names();
  // Concatenated once an entry is complete: a large one has thousands of chunks.
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
      const size = sizeOf(rest);
      wanted = block + Math.ceil(size / block) * block;
      if (rest.length < wanted) break;
      const header = rest.subarray(0, block);
      const content = rest.subarray(block, block + size);
      const raw = rest.subarray(0, wanted);
      rest = rest.subarray(wanted);
      wanted = block;
      if (isExtended(header)) {
        names.note(header, content);
        before.push(raw);
        continue;
      }
      yield {
        ...names.take(header),
        attributes: Buffer.concat([header.subarray(100, 148), header.subarray(156, 157)]),
        content,
        raw: Buffer.concat([...before, raw]),
      };
      before = [];
    }
    pending = [rest];
    length = rest.length;
  }
}

/** The name and target of an entry, from its header and the extended headers before it. */
class Names {
  #path = '';
  #target = '';

  /** Notes an extended header (POSIX pax, GNU long name or link), which describes the next entry. */
  note(header: Buffer, content: Buffer): void {
    const body = content.toString();
    const type = typeOf(header);
    if (type === 'L') this.#path = body.replace(/\0.*$/s, '');
    else if (type === 'K') this.#target = body.replace(/\0.*$/s, '');
    else {
      this.#path = /\d+ path=(.*)\n/.exec(body)?.[1] ?? this.#path;
      this.#target = /\d+ linkpath=(.*)\n/.exec(body)?.[1] ?? this.#target;
    }
  }

  take(header: Buffer): { path: string; target: string } {
    const prefix = text(header, 345, 155);
    const path = this.#path || (prefix === '' ? '' : `${prefix}/`) + text(header, 0, 100);
    const target = this.#target || text(header, 157, 100);
    this.#path = '';
    this.#target = '';
    return { path: plain(path), target: typeOf(header) === '1' ? plain(target) : target };
  }
}

function isExtended(header: Buffer): boolean {
  return 'xLK'.includes(typeOf(header));
}

function typeOf(header: Buffer): string {
  return String.fromCharCode(header[156] ?? 0);
}

function sizeOf(header: Buffer): number {
  const size = text(header, 124, 12);
  if (!/^[0-7]*$/.test(size))
    throw new Error('this is no tar archive, or one with a file of more than 8 GiB');
  return Number.parseInt(size || '0', 8);
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
