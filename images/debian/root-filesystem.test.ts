import { expect, test } from 'vitest';
import { debootstrapArguments, rootKey } from './root-filesystem.ts';

test('the key depends on the packages and not on their order', () => {
  const key = rootKey({ suite: 'bookworm', packages: ['b', 'a'] });
  expect(rootKey({ suite: 'bookworm', packages: ['a', 'b'] })).toBe(key);
  expect(rootKey({ suite: 'bookworm', packages: ['a'] })).not.toBe(key);
  expect(rootKey({ suite: 'trixie', packages: ['a', 'b'] })).not.toBe(key);
  expect(rootKey({ suite: 'bookworm', packages: ['a', 'b'], finish: ['true'] })).not.toBe(key);
  expect(rootKey({ suite: 'bookworm', packages: ['a', 'b'], without: ['/usr/share/i18n'] })).not.toBe(key);
});

test('unneeded files are removed in the new system only', () => {
  const args = debootstrapArguments({ suite: 'bookworm', packages: [], without: ['/usr/lib/*/libz3.so.4'] });
  expect(args).toContain('--customize-hook=rm -rf "$1"/usr/lib/*/libz3.so.4');
});

test('the archive goes to standard output, without traces of this machine', () => {
  const args = debootstrapArguments({ suite: 'bookworm', packages: ['git', 'curl'] });
  expect(args).toContain('--include=curl,git');
  expect(args.slice(args.indexOf('bookworm'))[1]).toBe('-');
  expect(args.join('\n')).toMatch(/rm -f "\$1\/etc\/resolv.conf" "\$1\/etc\/hostname"/);
});
