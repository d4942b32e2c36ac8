import { expect, test } from 'vitest';
import { parseReference, withoutDigest } from './reference.ts';

const digest = `sha256:${'0a'.repeat(32)}`;

test('a full reference has a host, a path and a tag', () => {
  expect(parseReference('docker.io/library/debian:bookworm-slim')).toEqual({
    host: 'docker.io',
    path: 'library/debian',
    tag: 'bookworm-slim',
  });
  expect(parseReference('localhost:5000/a/b:1').host).toBe('localhost:5000');
});

test('a full reference can end with a digest', () => {
  expect(parseReference(`localhost:5000/a/b:1@${digest}`)).toEqual({
    host: 'localhost:5000',
    path: 'a/b',
    tag: '1',
    digest,
  });
});

test.each([
  'debian',
  'debian:12',
  'docker.io/library/debian',
  `docker.io/library/debian@${digest}`,
  'docker.io/library/debian:12@sha256:0a',
  `docker.io/library/debian:12@${digest}0`,
])('%s is refused with an example', (ref) => {
  expect(() => parseReference(ref)).toThrow(/HOST\/PATH:TAG/);
});

test('withoutDigest removes the digest and nothing else', () => {
  expect(withoutDigest(`localhost:5000/a/b:1@${digest}`)).toBe('localhost:5000/a/b:1');
  expect(withoutDigest('localhost:5000/a/b:1')).toBe('localhost:5000/a/b:1');
});
