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

test('reads the commits in the annotation of the Git server', () => {
  expect(told(JSON.stringify([commit]))).toEqual([{ ...commit, coming: false }]);
});

test('marks commits after the one that Flux has fetched as not applied yet', () => {
  const repository = toldRepository();
  const text = repository.metadata.annotations?.['plinth.io/changes'] ?? '';
  const newer = JSON.stringify([commit, ...(JSON.parse(text) as object[])]);
  repository.metadata.annotations = { 'plinth.io/changes': newer };
  expect(changeStates(repository).map(({ coming }) => coming)).toEqual([true, false, false, false]);
});

test('lists no commits if the annotation is missing', () => {
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
])('ignores an entry that is no commit: %s', (text) => {
  expect(told(text)).toEqual([]);
});
