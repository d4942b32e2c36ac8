import { expect, test } from 'vitest';
import { changeStates } from '../src/changes.ts';
import { gitRepository, toldRepository } from './objects.ts';

function told(annotation: string) {
  const repository = gitRepository();
  repository.metadata.annotations = { 'plinth.io/changes': annotation };
  return changeStates(repository);
}

const commit = {
  commit: 'a'.repeat(40),
  subject: 'Two replicas',
  author: 'Ada',
  at: '2026-03-01T09:00:00+01:00',
  parts: ['home'],
};

test('reads what the Git server wrote', () => {
  expect(told(JSON.stringify([commit]))).toEqual([{ ...commit, coming: false }]);
});

test('those above the commit that Flux has fetched are coming', () => {
  const repository = toldRepository();
  const text = repository.metadata.annotations?.['plinth.io/changes'] ?? '';
  const newer = JSON.stringify([commit, ...(JSON.parse(text) as object[])]);
  repository.metadata.annotations = { 'plinth.io/changes': newer };
  expect(changeStates(repository).map(({ coming }) => coming)).toEqual([true, false, false, false]);
});

test('none where nobody tells', () => {
  expect(changeStates(gitRepository())).toEqual([]);
});

test.each([
  'no JSON',
  'null',
  '{}',
  '[1, null]',
  JSON.stringify([{ ...commit, commit: 'a/../b' }]),
  JSON.stringify([{ ...commit, at: 'soon' }]),
  JSON.stringify([{ ...commit, author: 7 }]),
  JSON.stringify([{ ...commit, parts: 'home' }]),
])('leaves out what is no commit: %s', (text) => {
  expect(told(text)).toEqual([]);
});
