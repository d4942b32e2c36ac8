import { expect, test } from 'vitest';
import { fullReference } from './image-reference.ts';

test.each([
  ['node:24', 'docker.io/library/node:24'],
  ['rancher/x:1', 'docker.io/rancher/x:1'],
  ['ghcr.io/a/b:1', 'ghcr.io/a/b:1'],
  ['localhost/a:1', 'localhost/a:1'],
])('%s means %s', (short, full) => {
  expect(fullReference(short)).toBe(full);
});
