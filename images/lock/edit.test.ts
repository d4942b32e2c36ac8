import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { withValue } from './edit.ts';

const text = `# Every version, once.
images:
  # The first.
  one:
    ref: docker.io/library/one:1 # said by manifests
    digest: sha256:old
    build: { cmd: [one] }

  # The second, without a digest.
  two:
    ref: docker.io/library/two:1 # with a remark
    build:
      cmd: [two]

  short: { ref: docker.io/library/short:1 }

binaries:
  kind:
    download:
      kind:
        url: https://example.org/kind
        sha256:
          linux/amd64: aa

  # Not known yet.
  pulumi:
    download:
      pulumi:
        url: https://example.org/pulumi
        member: pulumi/pulumi

# The end.
`;

it('changes a value in its place', () => {
  expect(withValue(text, ['images', 'one', 'digest'], 'sha256:new')).toBe(
    text.replace('sha256:old', 'sha256:new'),
  );
});

it('adds a digest behind the reference', () => {
  const line = '    ref: docker.io/library/two:1 # with a remark\n';
  expect(withValue(text, ['images', 'two', 'digest'], 'sha256:new')).toBe(
    text.replace(line, `${line}    digest: sha256:new\n`),
  );
});

it('adds a checksum to those of other platforms, and the first one too', () => {
  const more = withValue(text, ['binaries', 'kind', 'download', 'kind', 'sha256', 'linux/arm64'], 'bb');
  expect(more).toBe(text.replace('linux/amd64: aa\n', 'linux/amd64: aa\n          linux/arm64: bb\n'));
  const first = withValue(text, ['binaries', 'pulumi', 'download', 'pulumi', 'sha256', 'linux/arm64'], 'cc');
  expect(first).toBe(
    text.replace('pulumi/pulumi\n', 'pulumi/pulumi\n        sha256:\n          linux/arm64: cc\n'),
  );
});

it('explains what to do about an entry in one line, and about a missing one', () => {
  expect(() => withValue(text, ['images', 'short', 'digest'], 'sha256:new')).toThrow('in lines of their own');
  expect(() => withValue(text, ['artifacts', 'x', 'digest'], 'sha256:new')).toThrow(
    'images/lock.yaml has no artifacts',
  );
});

it('changes the given values and nothing else, in any order', () => {
  const paths = [
    ['images', 'one', 'digest'],
    ['images', 'two', 'digest'],
    ['binaries', 'kind', 'download', 'kind', 'sha256', 'darwin/arm64'],
    ['binaries', 'pulumi', 'download', 'pulumi', 'sha256', 'linux/amd64'],
    ['binaries', 'pulumi', 'download', 'pulumi', 'sha256', 'darwin/arm64'],
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(paths, { minLength: 1 }), (chosen) => {
      let changed = text;
      for (const path of chosen)
        changed = withValue(changed, path, `value-of-${path.join('-').replaceAll('/', '_')}`);
      const expected = parse(text);
      for (const path of chosen) {
        let at = expected;
        for (const key of path.slice(0, -1)) at = at[key] ??= {};
        at[path.at(-1) ?? ''] = `value-of-${path.join('-').replaceAll('/', '_')}`;
      }
      expect(parse(changed)).toEqual(expected);
      const lines = changed.split('\n');
      for (const line of text.split('\n').filter((one) => !one.includes('sha256:old')))
        expect(lines).toContain(line);
    }),
  );
});
