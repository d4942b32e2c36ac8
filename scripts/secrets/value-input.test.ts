import { PassThrough, Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { readValue } from './value-input.ts';

it.each([
  ['one line', 'secret\n', 'secret'],
  ['one line of Windows', 'secret\r\n', 'secret'],
  ['no line feed', 'secret', 'secret'],
  ['several lines', '-----BEGIN\nx\n-----END\n', '-----BEGIN\nx\n-----END\n'],
  ['blanks', ' secret ', ' secret '],
  ['nothing', '', ''],
])('reads %s from standard input', async (_, given, value) => {
  const output = new PassThrough();
  expect((await readValue('? ', { input: Readable.from([Buffer.from(given)]), output })).toString()).toBe(
    value,
  );
});

it('prompts at a terminal and does not show the input', async () => {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = new PassThrough();
  const answer = readValue('KEY for dev: ', { input, output });
  input.write('hunter2\n');
  expect((await answer).toString()).toBe('hunter2');
  output.end();
  expect(Buffer.concat(await output.toArray()).toString()).toBe('KEY for dev: \n');
});

it('reports that no value was entered if the terminal closes', async () => {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const answer = readValue('? ', { input, output: new PassThrough() });
  input.end();
  await expect(answer).rejects.toThrow('no value was entered.');
});
