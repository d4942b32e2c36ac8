import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withEdits } from '../../test/model/fixture.ts';
import { environments, readCluster } from './read-cluster.ts';

const dev = 'clusters/dev/cluster.yaml';

it('reads one environment while an app is unfinished', async () => {
  await withEdits([['apps/shop/app.ts', 'export default {']], async (root) => {
    expect(readCluster('prod', root).name).toBe('shop-prod');
  });
});

it('lists environments that have a cluster.yaml', async () => {
  await withEdits([], async (root) => {
    mkdirSync(join(root, 'clusters/later'));
    writeFileSync(join(root, 'clusters/README'), '');
    expect(environments(root)).toEqual(['dev', 'prod']);
  });
});

it.each([
  ['what stands twice', [dev, 'domain:', 'domain: x\ndomain:'], 'duplicate-key'],
  ['an unknown key', [dev, 'domain:', 'domian:'], 'unknown-key'],
  ['no YAML', [dev, 'domain:', 'domain: ['], 'yaml-syntax'],
  ['bytes', [dev, '\0'], 'invisible-character'],
] as const)('refuses %s like a render: with code, line and column', async (_, edit, code) => {
  await withEdits([edit], async (root) => {
    expect(() => readCluster('dev', root)).toThrow(
      expect.objectContaining({
        diagnostics: expect.arrayContaining([expect.objectContaining({ file: dev, code })]),
      }),
    );
  });
});

it('lists the existing environments in the message', async () => {
  await withEdits([], async (root) => {
    expect(() => readCluster('prd', root)).toThrow("there is no environment 'prd'");
  });
});
