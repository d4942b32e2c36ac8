import { expect, it } from 'vitest';
import { shop } from '../../test/model/fixture.ts';
import { renderAll } from '../render/render.ts';
import { verifyFiles } from './verify.ts';

const { files } = await renderAll(shop, 'dev');
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function definition(group: string, kind: string, spec: object = open) {
  const openAPIV3Schema = { type: 'object', properties: { spec } };
  const versions = ['v1', 'v1beta2'].map((name) => ({ name, schema: { openAPIV3Schema } }));
  return { kind: 'CustomResourceDefinition', spec: { group, names: { kind }, versions } };
}

const flux = [
  definition('kustomize.toolkit.fluxcd.io', 'Kustomization'),
  definition('source.toolkit.fluxcd.io', 'GitRepository'),
  definition('source.toolkit.fluxcd.io', 'OCIRepository'),
];
const identity = [
  ...['Certificate', 'Issuer', 'ClusterIssuer'].map((kind) => definition('cert-manager.io', kind)),
  definition('trust.cert-manager.io', 'Bundle'),
];
const gateway = ['GatewayClass', 'Gateway'].map((kind) => definition('gateway.networking.k8s.io', kind));
const route = (spec?: object) => definition('gateway.networking.k8s.io', 'HTTPRoute', spec);

it('checks every custom resource', () => {
  const { diagnostics, objects, kinds } = verifyFiles(files, 1, [...flux, ...identity, ...gateway, route()]);
  expect(diagnostics).toEqual([]);
  expect(objects).toBeGreaterThan(kinds);
});

it('reports the field, the object, the environment and the description', () => {
  const spec = { type: 'object', properties: { hostnames: {}, parentRefs: {}, rule: {} } };
  expect(verifyFiles(files, 1, [...flux, ...identity, ...gateway, route(spec)]).diagnostics).toMatchObject([
    {
      code: 'custom-resource',
      file: 'apps/shop/app.ts',
      what: 'in dev, HTTPRoute shop/shop (gateway.networking.k8s.io/v1): spec.rules is an unknown field',
      fix: "did you mean 'rule'?",
    },
    { code: 'custom-resource', file: 'operators/traefik/operator.ts' },
    { code: 'custom-resource', file: 'operators/traefik/operator.ts' },
  ]);
});

it('refuses a kind without a definition', () => {
  expect(verifyFiles(files, 1, [...flux, ...identity, ...gateway]).diagnostics).toMatchObject([
    { code: 'no-definition', file: 'apps/shop/app.ts' },
    { code: 'no-definition', file: 'operators/traefik/operator.ts' },
    { code: 'no-definition', file: 'operators/traefik/operator.ts' },
  ]);
});
