import type { ImageFile, ImagePackage } from './image-package.ts';

const elf = Buffer.from('\x7fELF');

/** Start of the build information in a program of Go. */
const goMagic = Buffer.from('\xff Go buildinf:', 'latin1');

/** Size of that information's header, which is aligned to 16 bytes. */
const goHeader = 32;

/**
 * Modules that a program of Go is made of, with the standard library; undefined for another file, and for programs of Go before 1.18.
 *
 * @see https://pkg.go.dev/debug/buildinfo, https://go.dev/src/debug/buildinfo/buildinfo.go
 */
export function goModules({ content }: ImageFile): ImagePackage[] | undefined {
  if (!content.subarray(0, 4).equals(elf)) return undefined;
  for (let at = content.indexOf(goMagic); at >= 0; at = content.indexOf(goMagic, at + 1)) {
    // Other programs can have the text too; then what follows is no version.
    if (at % 16 !== 0 || ((content[at + 15] ?? 0) & 2) === 0) continue;
    const version = inline(content, at + goHeader);
    const number = /^go(\d[\w.]*)/.exec(version?.text ?? '')?.[1];
    if (version === undefined || number === undefined) continue;
    const modules = inline(content, version.end)?.text ?? '';
    return [{ type: 'golang', name: 'stdlib', version: number }, ...modulesOf(modules)];
  }
  return undefined;
}

/** Node, by the version that it has in itself; undefined for another file. */
export function nodeProgram({ path, content }: ImageFile): ImagePackage[] | undefined {
  if (!/(^|\/)node$/.test(path) || !content.subarray(0, 4).equals(elf)) return undefined;
  const start = content.indexOf('node.js/v');
  const [, version] = /^node\.js\/v(\d+\.\d+\.\d+)/.exec(content.toString('latin1', start, start + 32)) ?? [];
  return version === undefined ? undefined : [{ type: 'generic', name: 'node', version }];
}

/** A string with its length before it (a varint of Go's encoding/binary), and the place behind it. */
function inline(content: Buffer, start: number): { text: string; end: number } | undefined {
  let length = 0;
  let at = start;
  for (let shift = 0; ; shift += 7) {
    const byte = content[at++];
    if (byte === undefined || shift > 28) return undefined;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  const end = at + length;
  return end > content.length ? undefined : { text: content.toString('utf8', at, end), end };
}

/** Lines `mod`, `dep` and `=>`, where the last replaces the line before it. A module that is a folder has no version. */
function modulesOf(text: string): ImagePackage[] {
  const modules: { name: string; version: string }[] = [];
  for (const line of text.split('\n')) {
    const [kind = '', name = '', version = ''] = line.split('\t');
    if (kind.endsWith('=>')) modules.pop();
    if (kind.endsWith('mod') || kind.endsWith('dep') || kind.endsWith('=>')) modules.push({ name, version });
  }
  return modules
    .filter(({ version }) => /^v\d/.test(version))
    .map((each) => ({ type: 'golang' as const, ...each }));
}
