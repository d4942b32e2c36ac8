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
        paths.add(name.replace(/^\.\//, '').replace(/\/$/, ''));
        longName = '';
      }
      at += block;
      content = Math.ceil(size / block) * block;
    }
    yield rest.subarray(0, at);
    rest = rest.subarray(at);
  }
}

function text(header: Buffer, offset: number, length: number): string {
  return header
    .subarray(offset, offset + length)
    .toString()
    .replace(/\0.*$/s, '')
    .trim();
}
