import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { type TarEntry, tar, withParents } from './tar.ts';
import { difference } from './tar-difference.ts';
import { rawEntries } from './tar-reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'plinth-difference-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function* inChunks(bytes: Buffer, step: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += step) yield Buffer.from(bytes.subarray(at, at + step));
}

async function collect(archive: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The files after these layers are unpacked over each other, by path. */
async function unpack(...layers: Buffer[]): Promise<Map<string, string>> {
  const disk = new Map<string, string>();
  for (const layer of layers) {
    for await (const { path, attributes, target, content } of rawEntries(inChunks(layer, 1000))) {
      const name = basename(path);
      const gone = name.startsWith('.wh.') ? join(dirname(path), name.slice(4)) : undefined;
      if (gone === undefined) disk.set(path, `${attributes} ${target} ${content}`);
      else for (const each of [...disk.keys()]) if (`${each}/`.startsWith(`${gone}/`)) disk.delete(each);
    }
  }
  return disk;
}

const entry = fc.record({
  path: fc.constantFrom('a', 'b/c', 'b/d', 'b/e/f', 'g/h', `${'long/'.repeat(25)}name`),
  content: fc.constantFrom('', 'one', 'two', 'x'.repeat(1500)),
  mode: fc.constantFrom(0o644, 0o755),
  link: fc.boolean(),
});
const tree = fc
  .uniqueArray(entry, { selector: ({ path }) => path })
  .map((entries) =>
    withParents(
      entries.map(
        ({ path, content, mode, link }): TarEntry =>
          link
            ? { path, mode, kind: 'link', target: content.slice(0, 3) }
            : { path, mode, kind: 'file', content },
      ),
    ),
  );

test('the difference, unpacked over the base, gives the full root filesystem', async () => {
  await fc.assert(
    fc.asyncProperty(tree, tree, fc.integer({ min: 100, max: 5000 }), async (one, other, step) => {
      const [base, whole] = [await collect(tar(one)), await collect(tar(other))];
      const upper = await collect(difference(inChunks(base, step), inChunks(whole, step)));
      expect(await unpack(base, upper)).toEqual(await unpack(whole));
    }),
    { numRuns: 200 },
  );
});

test('the difference of archives of GNU tar has changed entries, hard links to them and whiteouts, and nothing else', async () => {
  const long = 'é'.repeat(60);
  const archive = async (name: string, changed: string, more: string): Promise<Buffer> => {
    const root = join(folder, name);
    mkdirSync(join(root, 'same'), { recursive: true });
    const file = (path: string, text: string) => {
      writeFileSync(join(root, path), text);
      utimesSync(join(root, path), 1, 1);
    };
    file(`same/${long}`, 'same');
    file('changed', changed);
    file(more, 'more');
    linkSync(join(root, 'changed'), join(root, 'hard'));
    linkSync(join(root, 'same', long), join(root, 'zhard'));
    symlinkSync(long, join(root, 'same/link'));
    const { stdout } = await execa(
      'tar',
      [
        ...[
          '--create',
          '--format=pax',
          '--sort=name',
          '--mtime=@1',
          '--pax-option=delete=atime,delete=ctime',
        ],
        ...['--owner=0', '--group=0', '--numeric-owner', '--directory', root, '.'],
      ],
      { encoding: 'buffer' },
    );
    return Buffer.from(stdout);
  };
  const base = await archive('base', 'before', 'old');
  const whole = await archive('whole', 'after!', 'new');
  const upper = await collect(difference(inChunks(base, 700), inChunks(whole, 700)));
  const { stdout } = await execa('tar', ['--list'], { input: upper });
  expect(stdout.split('\n')).toEqual(['./changed', './hard', './new', '.wh.old']);
});
