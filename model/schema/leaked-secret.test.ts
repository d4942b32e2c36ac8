import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leaksIn, looksLikeKey } from './leaked-secret.ts';

/** Keys in parts, so that this file itself holds none. */
const join = (...parts: string[]) => parts.join('');
const letters = 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v2W3x4Y5z6';

describe('keys that are recognised by their form', () => {
  it.each([
    ['a private key', join('-----BEGIN RSA PRIVATE', ` KEY-----\nMIIEpAIBAAKCAQEA${letters}\n`)],
    ['a private key', join('-----BEGIN EC PRIVATE', ` KEY-----\\nMIIEpAIBAAKCAQEA${letters}`)],
    ['a private key of age', join('AGE-SECRET', '-KEY-1QQPQZRFR7ZYVLVPR2Q9XKNS65Q9ZLLZ2QQQ')],
    ['a token of GitHub', join('ghp', '_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8')],
    ['an access key of AWS', join('AKIA', 'IOSFODNN7EXAMPLE')],
    ['a secret key of Stripe', join('sk', '_test_A1b2C3d4E5f6G7h8I9j0')],
    ['a token of Slack', join('xoxb', '-1234567890-1234567890-abcdefABCDEF')],
    ['an API key of Google', join('AIza', 'SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q')],
    ['a JSON Web Token', join('eyJ', 'hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.', letters)],
    ['an address with a password', join('postgres://shop:', 'hunter2@db.internal/shop')],
  ])('finds %s with its place', (title, text) => {
    const [leak] = leaksIn(`before ${text} after`);
    expect(leak).toMatchObject({ title, start: 'before '.length });
  });

  it.each([
    'https://example.org/path:8080@x',
    'http://user:secret@proxy.example.org:3128',
    'postgres://$USER:$PASSWORD@db/shop',
    join('-----BEGIN PRIVATE', ' KEY-----'),
    join('pk', '_live_A1b2C3d4E5f6G7h8I9j0'),
    `docker.io/library/node:24@sha256:${'0123456789abcdef'.repeat(4)}`,
    `age1${'q'.repeat(58)}`,
  ])('%s is no key', (text) => {
    expect(leaksIn(text)).toEqual([]);
  });
});

describe('variables whose values look like keys', () => {
  it.each([
    ['API_TOKEN', 'q8Zr2LxTv5Nn7YbW3kPd'],
    ['DB_PASSWORD', 'Tr0ub4dor_x9Q'],
    ['SETTING', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzK9qLmT2vB'],
  ])('%s=%s is refused', (name, value) => {
    expect(looksLikeKey(name, value)).toBe(true);
  });

  it.each([
    ['NODE_OPTIONS', '--max-old-space-size=96'],
    ['LOG_LEVEL', 'debug'],
    ['TOKEN_FILE', '/var/run/secrets/tokens/q8Zr2LxTv5Nn7YbW3kPd'],
    ['COMMIT', '0123456789abcdef0123456789abcdef01234567'],
    ['HOST', 'a1-b2-c3.service-of-some-team.svc.cluster.local'],
    ['STRIPE_PUBLISHABLE_KEY', 'pk9A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6'],
    ['PASSWORD_MIN_LENGTH', '12'],
    ['TOKEN_LIFETIME', '30m'],
    ['GREETING', 'Good morning, this is the shop of number 42 in the main street'],
  ])('%s=%s is accepted', (name, value) => {
    expect(looksLikeKey(name, value)).toBe(false);
  });

  it('never treats a text without digits as a key', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z/_.-]{1,80}$/), (value) => !looksLikeKey('API_TOKEN', value)),
    );
  });
});
