import { expect, it } from 'vitest';
import { earlyOperators } from './early-operators.ts';

const sync = (name: string, ...dependsOn: string[]): [string, string] => [
  `manifests/dev/flux-sync/kustomization-${name}.yaml`,
  JSON.stringify({
    metadata: { name },
    spec: dependsOn.length === 0 ? {} : { dependsOn: dependsOn.map((other) => ({ name: other })) },
  }),
];

it('starts early what needs only definitions and the requirements of Flux', () => {
  const manifests = new Map([
    sync('platform'),
    sync('crds'),
    sync('flux', 'platform', 'crds'),
    sync('local-path', 'platform'),
    sync('cert-manager', 'platform', 'crds'),
    sync('registry', 'platform', 'local-path'),
    sync('identity', 'platform', 'crds', 'cert-manager'),
    ['manifests/dev/cert-manager/deployment-cert-manager.yaml', 'kind: Deployment'] as [string, string],
    ['manifests/prod/flux-sync/kustomization-traefik.yaml', 'metadata: { name: traefik }'] as [
      string,
      string,
    ],
  ]);
  expect(earlyOperators({ name: 'dev' }, manifests)).toEqual(['cert-manager', 'registry']);
});
