import { expect, it } from 'vitest';
import { placesOf } from '../reading/place.ts';
import { formatDiagnostic } from './format-diagnostic.ts';

const words = { code: 'bad', what: 'it is bad', why: 'so it is', fix: 'do better' };

/** The two lines that show where: of a text, with the part between two marks underlined. */
function shown(marked: string): string[] {
  const start = marked.indexOf('«');
  const end = marked.indexOf('»') - 1;
  const place = placesOf(marked.replace(/[«»]/g, ''))(start, end);
  return formatDiagnostic({ file: 'a.yaml', ...place, ...words })
    .split('\n')
    .slice(1, 3);
}

it.each([
  ['first\nname: «dev»\nlast', ['  2 | name: dev', '    |       ^^^']],
  ['«a:\n  b: 1\n»', ['  1 | a:', '    | ^^']],
  ['name: dev\r\ncpu: «two  »\r\n', ['  2 | cpu: two', '    |      ^^^']],
  ['\tname: «»x', ['  1 |  name: x', '    |        ^']],
  ['名前: «開発»', ['  1 | 名前: 開発', '    |       ^^^^']],
  ['a: «e\u0301»', ['  1 | a: e\u0301', '    |    ^']],
  ['a: «\u001b[31m»', ['  1 | a: \ufffd[31m', '    |    ^^^^^']],
])('underlines %j', (marked, lines) => {
  expect(shown(marked).map((line) => line.trimEnd())).toEqual(lines);
});

it('shows a part of a long line', () => {
  const [text = '', marks = ''] = shown(`${'x'.repeat(500)}«here»${'y'.repeat(500)}`);
  expect(text).toMatch(/^ {2}1 \| …x{40}herey{56}…$/);
  expect(marks.indexOf('^')).toBe(text.indexOf('here'));
  expect(marks.match(/\^+/)?.[0]).toBe('^^^^');
});

it('escapes control sequences in every part of a diagnostic', () => {
  const diagnostic = {
    file: 'a\u001b[2J.yaml',
    line: 1,
    column: 1,
    ...words,
    what: '"\u001b[31m"',
    fix: 'a\nb',
  };
  expect(formatDiagnostic(diagnostic)).toBe(
    'a\ufffd[2J.yaml:1:1 bad\n  "\ufffd[31m": so it is\n  fix: a\ufffdb',
  );
});

it('colours place, mark and fix', () => {
  const diagnostic = { file: 'a', ...placesOf('x: y')(3, 4), ...words };
  const painted = formatDiagnostic(diagnostic, (part, text) => `<${part}>${text}</${part}>`);
  expect(painted).toContain('<place>a:1:4</place> bad');
  expect(painted).toContain('<mark>^</mark>');
  expect(painted).toContain('<fix>fix:</fix> do better');
});
