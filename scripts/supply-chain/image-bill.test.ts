import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ImageContent } from '../../images/content/index.ts';
import { imageBill } from './image-bill.ts';

const billSchema = z.object({
  components: z.array(
    z.object({
      name: z.string(),
      purl: z.string().optional(),
      evidence: z.object({ occurrences: z.array(z.object({ location: z.string() })) }).optional(),
    }),
  ),
});

function componentsOf(content: Partial<ImageContent>, bundle?: string[]) {
  const whole = { packages: [], distribution: undefined, bundled: [], ...content };
  const image = { reference: 'registry.example.org/shop', digest: `sha256:${'a'.repeat(64)}` };
  return billSchema.parse(imageBill({ ...image, content: whole, bundle })).components;
}

const purls = (...given: Parameters<typeof componentsOf>) => componentsOf(...given).map(({ purl }) => purl);

describe('packages of a bundle', () => {
  const locked = [
    'node_modules/@s/a 1.0.0 sha512-a',
    'node_modules/b 2.0.0 sha512-b',
    'node_modules/b/node_modules/@s/a 3.0.0 sha512-c',
    'node_modules/esbuild 4.0.0 sha512-d',
  ];

  it('are those that its source map names, with the versions of the lock file', () => {
    const bundled = ['node_modules/b', 'node_modules/b/node_modules/@s/a', 'node_modules/unknown'];
    expect(purls({ bundled }, locked)).toEqual(['pkg:npm/%40s/a@3.0.0', 'pkg:npm/b@2.0.0']);
  });

  it('are all that it can have where there is no source map, without the bundler', () => {
    expect(purls({}, locked)).toEqual(['pkg:npm/%40s/a@1.0.0', 'pkg:npm/%40s/a@3.0.0', 'pkg:npm/b@2.0.0']);
  });

  it('are none in an image without a bundle, whatever source maps of others name', () => {
    expect(purls({ bundled: ['node_modules/b'] })).toEqual([]);
  });
});

it('has a package URL for each kind of package', () => {
  const packages: ImageContent['packages'] = [
    { type: 'deb', name: 'g++', version: '4:14.2.0-1', architecture: 'amd64', file: 'a' },
    { type: 'golang', name: 'example.org/x/y', version: 'v1.0.0+incompatible', file: 'b' },
    { type: 'pypi', name: 'Ruamel.YAML', version: '0.19.1', file: 'c' },
    { type: 'generic', name: 'node', version: '24.21.0', file: 'd' },
  ];
  expect(purls({ packages, distribution: { id: 'debian', version: '13' } })).toEqual([
    undefined,
    'pkg:deb/debian/g%2B%2B@4%3A14.2.0-1?arch=amd64&distro=debian-13',
    'pkg:generic/node@24.21.0',
    'pkg:golang/example.org/x/y@v1.0.0%2Bincompatible',
    'pkg:pypi/ruamel-yaml@0.19.1',
  ]);
  expect(purls({ packages: [{ type: 'apk', name: 'musl', version: '1.2.5-r9', file: 'e' }] })).toEqual([
    'pkg:apk/alpine/musl@1.2.5-r9',
  ]);
});

it('has a package that several files name once, with all of them', () => {
  const left = { type: 'npm', name: 'left', version: '1.0.0' } as const;
  const found = componentsOf({ packages: ['a', 'b'].map((file) => ({ ...left, file })) });
  expect(found).toHaveLength(1);
  expect(found[0]?.evidence?.occurrences).toEqual([{ location: '/a' }, { location: '/b' }]);
});
