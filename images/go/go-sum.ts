import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const wrappersDir = fileURLToPath(new URL('wrappers', import.meta.url));

/**
 * The checksum of a module's zip from a go.sum file below images/go/wrappers.
 * @throws Error if none has the module in that version.
 */
export function moduleSum(module: string, version: string, wrappers = wrappersDir): string {
  for (const wrapper of readdirSync(wrappers).sort()) {
    for (const line of readLines(join(wrappers, wrapper, 'go.sum'))) {
      const [name, its, sum] = line.split(' ');
      if (name === module && its === version && sum !== undefined) return sum;
    }
  }
  throw new Error(
    `no go.sum below images/go/wrappers has ${module} ${version}, so that nothing says what its files are. ` +
      'Require it in a go.mod there and run go mod tidy.',
  );
}

/**
 * The checksum of a module's files in go.sum's form: that of the lines of sha256sum, sorted by name.
 *
 * @see https://pkg.go.dev/golang.org/x/mod/sumdb/dirhash#Hash1
 */
export function hash1(files: ReadonlyMap<string, Uint8Array>): string {
  const lines = [...files.keys()]
    .map((name) => Buffer.from(name))
    .sort(Buffer.compare)
    .map((name) => {
      const content = files.get(name.toString()) ?? new Uint8Array();
      return `${createHash('sha256').update(content).digest('hex')}  ${name}\n`;
    });
  return `h1:${createHash('sha256').update(lines.join('')).digest('base64')}`;
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    // A wrapper without requirements has no go.sum.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
