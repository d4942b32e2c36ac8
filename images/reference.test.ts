import { expect, test } from 'vitest';
import { fullReference } from './mirror.ts';
import { parseReference } from './reference.ts';

test('a full reference has a host, a path and a tag', () => {
  expect(parseReference('docker.io/library/debian:bookworm-slim')).toEqual({
    host: 'docker.io',
    path: 'library/debian',
    tag: 'bookworm-slim',
  });
  expect(parseReference('localhost:5000/a/b:1').host).toBe('localhost:5000');
});

test.each(['debian', 'debian:12', 'docker.io/library/debian'])('%s is refused with an example', (ref) => {
  expect(() => parseReference(ref)).toThrow(/HOST\/PATH:TAG/);
});

test.each([
  ['node:24', 'docker.io/library/node:24'],
  ['rancher/x:1', 'docker.io/rancher/x:1'],
  ['ghcr.io/a/b:1', 'ghcr.io/a/b:1'],
  ['localhost/a:1', 'localhost/a:1'],
])('%s means %s', (short, full) => {
  expect(fullReference(short)).toBe(full);
});
