import { describe, expect, it } from 'vitest';
import { pinDigests } from './pin-digests.ts';

const own = `sha256:${'a'.repeat(64)}`;
const locked = `sha256:${'b'.repeat(64)}`;
const digests = new Map([
  ['ghcr.io/fluxcd/source-controller:v1.9.5', own],
  ['github.com/fluxcd/source-controller:v1.9.5', own],
]);

function pinned(text: string): string | undefined {
  return pinDigests(new Map([['a.yaml', text]]), digests).get('a.yaml');
}

describe('pinDigests', () => {
  it('appends the digest to a reference, quoted or not, in a value, a list and an argument', () => {
    const ref = 'ghcr.io/fluxcd/source-controller:v1.9.5';
    expect(pinned(`image: ${ref}\n`)).toBe(`image: ${ref}@${own}\n`);
    expect(pinned(`image: "${ref}"\n`)).toBe(`image: "${ref}@${own}"\n`);
    expect(pinned(`- ${ref}\n`)).toBe(`- ${ref}@${own}\n`);
    expect(pinned(`- --image=${ref}\n`)).toBe(`- --image=${ref}@${own}\n`);
  });

  it('replaces a digest of the lock file with that of the mirror', () => {
    const ref = 'ghcr.io/fluxcd/source-controller:v1.9.5';
    expect(pinned(`image: ${ref}@${locked}\n`)).toBe(`image: ${ref}@${own}\n`);
  });

  it('does not change other tags, longer names and prose', () => {
    for (const text of [
      'image: ghcr.io/fluxcd/source-controller:v1.9.50\n',
      'image: mirror.example/ghcr.io/fluxcd/source-controller:v1.9.5\n',
      'note: ghcr.io/fluxcd/source-controller:v1.9.5 is what runs\n',
    ])
      expect(pinned(text)).toBe(text);
  });

  it('pins an artifact that Flux reads, and is idempotent', () => {
    const text = [
      'kind: OCIRepository',
      'spec:',
      '  insecure: true',
      '  interval: 24h',
      '  ref:',
      '    tag: v1.9.5',
      '  url: oci://plinth-registry:5000/github.com/fluxcd/source-controller',
      '',
    ].join('\n');
    const once = pinned(text) ?? '';
    expect(once).toContain(`  ref:\n    digest: ${own}\n    tag: v1.9.5\n`);
    expect(pinned(once)).toBe(once);
  });
});
