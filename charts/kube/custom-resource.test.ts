import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Testing } from 'cdk8s';
import { expect, it } from 'vitest';
import { customResource } from './custom-resource.ts';

const root = join(import.meta.dirname, '../..');
/** Groups of the CRDs whose kinds are written here. */
const groups =
  /apiVersion(?::| =) '(?:cert-manager\.io|trust\.cert-manager\.io|postgresql\.cnpg\.io|[a-z]+\.toolkit\.fluxcd\.io|gateway\.networking\.k8s\.io)\//;

it('refuses a wrong field of a custom resource when types are checked', () => {
  const chart = Testing.chart();
  customResource(chart, 'certificate', {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: 'a' },
    // @ts-expect-error a Certificate has `secretName`
    spec: { secret: 'a', issuerRef: { name: 'b' } },
  });
  expect(Testing.synth(chart)).toHaveLength(1);
});

it('is the type of every custom resource that charts and operators write', () => {
  const files = globSync('{charts,operators}/**/*.ts', { cwd: root }).filter(
    (file) => !file.endsWith('.test.ts'),
  );
  const custom = files.filter((file) => groups.test(readFileSync(join(root, file), 'utf8')));
  expect(custom.length).toBeGreaterThan(10);
  const untyped = custom.filter(
    (file) => !/customResource\(|satisfies CustomResource/.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(untyped).toEqual([]);
});
