/**
 * Whether Git's `text=auto` treats a content as text (convert.c): no NUL, no CR without LF, few control
 * characters.
 */
export function isText(content: Buffer): boolean {
  let [printable, others] = [0, 0];
  for (let i = 0; i < content.length; i++) {
    const byte = content[i] ?? 0;
    if (byte === 0) return false;
    if (byte === 0x0d) {
      if (content[i + 1] !== 0x0a) return false;
    } else if (byte === 0x0a) continue;
    else if (byte === 0x7f || (byte < 0x20 && !printableControls.has(byte))) others++;
    else printable++;
  }
  // A DOS file can end with Ctrl-Z.
  if (content.at(-1) === 0x1a) others--;
  return printable >> 7 >= others;
}

/** Backspace, tab, form feed, escape. */
const printableControls = new Set([0x08, 0x09, 0x0c, 0x1b]);

/** The content with LF in place of each CR LF. */
export function withLineFeeds(content: Buffer): Buffer {
  return Buffer.from(content.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}
