import { execa } from 'execa';
import { expect, it } from 'vitest';
import { filesOfTar, tarOfFiles } from './program/tar.ts';

const files = [5, 90, 99, 100, 101, 300, 984, 988, 990, 1000].map((length): [string, string] => {
  const path = 'é'.repeat(length / 2).padEnd(length - Math.floor(length / 2), 'x');
  return [path, `${length} Grüße`.repeat(length)];
});

it('writes archives that GNU tar reads, with names of any length', async () => {
  const input = tarOfFiles(files);
  const list = await execa('tar', ['--list', '--quoting-style=literal'], { input });
  expect(list.stdout.split('\n')).toEqual(files.map(([path]) => path));
  const { stdout } = await execa('tar', ['--extract', '--to-stdout'], { input });
  expect(stdout).toBe(files.map(([, text]) => text).join(''));
});

it('reads what it writes, and nothing that is no archive', () => {
  expect(filesOfTar(tarOfFiles(files))).toEqual(files);
  expect(filesOfTar(Buffer.alloc(0))).toEqual([]);
  expect(() => filesOfTar(Buffer.from('x'.repeat(1024)))).toThrow('this is no tar archive');
});
