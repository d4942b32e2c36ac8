import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { loadLock } from '../../images/lock/index.ts';
import { type ApiServer, startApiServer } from '../../scripts/verify/api-server.ts';
import { readDefinitions, serveDefinitions } from '../../scripts/verify/definitions.ts';
import { DryRun } from '../../scripts/verify/dry-run.ts';
import { verify } from '../../scripts/verify/verify.ts';
import { appFile, platformCluster, withPlatform } from '../model/fixture.ts';
import { showAccepted } from './dry-run.ts';

// etcd and kube-apiserver on this machine, and nothing else of a cluster.

const report = (line: string) => console.log(line);
const lock = loadLock();
let api: ApiServer;

beforeAll(async () => {
  api = await startApiServer(lock.kubernetes, { lock, report });
  await serveDefinitions(api.config, await readDefinitions(Object.keys(lock.artifacts), report));
}, 600_000);

afterAll(() => api?.stop());

const deployment = (port: object): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'wrong', namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: 'wrong' } },
    template: {
      metadata: { labels: { app: 'wrong' } },
      spec: { containers: [{ name: 'wrong', image: 'example.org/wrong:1', ports: [port] }] },
    },
  },
});

it('the API server refuses a wrong port name and an unknown field, so it validates', async () => {
  const server = new DryRun(api.config);
  const fields = async (port: object) =>
    (await server.refusal(deployment(port)))?.causes.map(({ field }) => field);
  expect(await fields({ name: '8080', containerPort: 8080 })).toEqual([
    'spec.template.spec.containers[0].ports[0].name',
  ]);
  expect(await fields({ containerPort: 8080, colour: 'red' })).toEqual([
    '.spec.template.spec.containers[name="wrong"].ports[containerPort=8080,protocol="TCP"].colour',
  ]);
  expect(await fields({ name: 'http', containerPort: 8080 })).toBeUndefined();
});

it('the API server accepts every object of the accepted edge cases', async () => {
  const { objects, refused } = await showAccepted(api.config);
  console.log(`${objects} objects were shown to the API server`);
  expect(refused).toEqual([]);
});

it('verify reports the source line of a refused object, and the policy that refused it', async () => {
  const quota = (hard: string) =>
    `apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: shop, namespace: shop }\nspec:\n  hard: ${hard}\n`;
  const route = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: other, namespace: shop }
spec:
  parentRefs: [{ name: gateway, namespace: gateway }]
  hostnames: [other.dev.localhost]
  rules: [{ backendRefs: [{ name: shop, port: 8080 }] }]
`;
  const app = appFile(
    'shop',
    "exposes: { port: 'http', host: 'shop' }, extra: ['quota.yaml', 'route.yaml'],",
  );
  await withPlatform(
    [
      ['apps/shop/app.ts', app],
      ['apps/shop/quota.yaml', quota('{ pods: "-1" }')],
      ['apps/shop/route.yaml', route],
      ['clusters/dev/cluster.yaml', platformCluster('apps: { shop: }')],
    ],
    async (root) => {
      const { diagnostics, server } = await verify(root, { offline: false, report });
      expect(server?.versions).toEqual([lock.kubernetes]);
      expect(diagnostics).toMatchObject([
        { file: 'apps/shop/quota.yaml', line: 5, what: expect.stringContaining('spec.hard[pods]') },
        {
          file: 'apps/shop/route.yaml',
          what: expect.stringContaining("ValidatingAdmissionPolicy 'hosts-of-the-graph'"),
        },
      ]);
    },
  );
});
