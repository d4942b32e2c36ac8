import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import {
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  PatchStrategy,
  setHeaderOptions,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { loadLock } from '../../images/lock/index.ts';
import { clusterClient } from '../../scripts/cluster/client.ts';
import { RawObjects } from '../../scripts/cluster/raw-objects.ts';
import type { Placed } from '../../scripts/diff/placed.ts';
import { driftOf, type ObjectDrift } from '../../scripts/drift/drift.ts';
import { appliedBy, fluxManager } from '../../scripts/drift/owned-fields.ts';
import { printDrift } from '../../scripts/drift/print-drift.ts';
import { collectStatus } from '../../scripts/status/collect.ts';
import { printStatus } from '../../scripts/status/print-status.ts';
import { type ApiServer, startApiServer } from '../../scripts/verify/api-server.ts';
import { readDefinitions, serveDefinitions } from '../../scripts/verify/definitions.ts';

// etcd and kube-apiserver on this machine: the API server itself notes who writes which field.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 600_000 });

const lock = loadLock();
const report = () => {};
let state = '';
let api: ApiServer;
let raw: RawObjects;

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'plinth-drift-'));
  vi.stubEnv('PLINTH_STATE', state);
  api = await startApiServer(lock.kubernetes, { lock, report });
  const { config } = api;
  await serveDefinitions(config, await readDefinitions(['kustomize-controller-crds'], report));
  mkdirSync(join(state, 'here'));
  writeFileSync(join(state, 'here/kubeconfig'), config.exportConfig());
  raw = new RawObjects(config);
  for (const { object } of manifests()) await applyAsFlux(object);
  await core().createNamespacedConfigMap({
    namespace: 'shop',
    body: { metadata: { name: 'old', labels: { [appliedBy]: 'shop' } } },
  });
});

afterAll(async () => {
  vi.unstubAllEnvs();
  vi.resetConfig();
  await api?.stop();
  rmSync(state, { recursive: true, force: true });
});

const core = () => api.config.makeApiClient(CoreV1Api);
const custom = () => api.config.makeApiClient(CustomObjectsApi);
const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
const strategic = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);
const where = { namespace: 'shop', name: 'shop' };

const deployment = (image = 'example.org/shop:1'): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: where,
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'shop' } },
    template: {
      metadata: { labels: { app: 'shop' } },
      spec: {
        containers: [
          {
            name: 'shop',
            image,
            // Written as a person would: the API server writes 1500m.
            resources: { requests: { cpu: '1.5', memory: '64Mi' } },
            env: [
              { name: 'GREETING', value: 'hello' },
              { name: 'COLOUR', value: 'red' },
            ],
            ports: [{ name: 'http', containerPort: 8080 }],
          },
        ],
      },
    },
  },
});

const plain = (kind: string, name: string, content: object): KubeObject => ({
  ...{ apiVersion: 'v1', kind, metadata: { namespace: 'shop', name } },
  ...content,
});

/** A Kustomization of the folder `shop`, with the artifact of that content. */
const kustomization = (content = 'a'): KubeObject => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { namespace: 'flux-system', name: 'shop' },
  spec: {
    interval: '10m',
    path: './manifests/test/shop',
    prune: true,
    sourceRef: { kind: 'ExternalArtifact', name: `shop-${content.repeat(16)}` },
  },
});

const namespace = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

const manifests = (given: { image?: string; content?: string; more?: KubeObject[] } = {}): Placed[] => [
  { object: namespace('flux-system'), file: 'manifests/test/flux/namespace-flux-system.yaml' },
  { object: kustomization(given.content), file: 'manifests/test/flux-sync/kustomization-shop.yaml' },
  ...[
    namespace('shop'),
    deployment(given.image),
    plain('ConfigMap', 'shop', { data: { settings: 'one' } }),
    plain('ConfigMap', 'gone', { data: { settings: 'two' } }),
    plain('Secret', 'shop', { type: 'Opaque', stringData: { token: 'from-git' } }),
    ...(given.more ?? []),
  ].map((object) => ({
    object,
    file: `manifests/test/shop/${object.kind.toLowerCase()}-${object.metadata.name}.yaml`,
  })),
];

/** Stores an object as kustomize-controller does. */
async function applyAsFlux(object: KubeObject): Promise<void> {
  const labels = { [appliedBy]: 'shop', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' };
  const body = { ...object, metadata: { ...object.metadata, labels } };
  await raw.patch(body, undefined, undefined, fluxManager, true, PatchStrategy.ServerSideApply);
}

/** Creates everything in the namespace again, as if only Flux had written it. */
async function takeBack(): Promise<void> {
  for (const { object } of manifests()) {
    if (object.metadata.namespace !== 'shop') continue;
    if ((await raw.found(object)) !== undefined) await raw.delete(object);
    await applyAsFlux(object);
  }
}

const drift = (given?: Parameters<typeof manifests>[0]) => driftOf(raw, manifests(given));
const of = (found: readonly ObjectDrift[], object: string) => found.find((each) => each.object === object);

describe('what differs in a cluster from its manifests', () => {
  it('is nothing but what no manifest has any more, as long as Flux alone has written', async () => {
    expect(await drift()).toEqual([
      { object: 'ConfigMap shop/old', kustomization: 'shop', state: 'left', fields: [] },
    ]);
  });

  it('is told field by field with who wrote it: changed, added and removed ones', async () => {
    const by = (fieldManager: string) => ({ ...where, fieldManager });
    const apps = api.config.makeApiClient(AppsV1Api);
    await apps.patchNamespacedDeployment({ ...by('kubectl-scale'), body: { spec: { replicas: 3 } } }, merge);
    const container = {
      name: 'shop',
      env: [
        { name: 'DEBUG', value: 'yes' },
        { name: 'COLOUR', $patch: 'delete' },
      ],
    };
    const body = {
      metadata: { annotations: { 'example.org/note': 'by hand' } },
      spec: { template: { spec: { containers: [container] } } },
    };
    await apps.patchNamespacedDeployment({ ...by('kubectl-edit'), body }, strategic);
    await core().patchNamespacedConfigMap({ ...by('k9s'), body: { data: { settings: 'two' } } }, merge);
    const found = await drift();
    const fields = of(found, 'Deployment shop/shop')?.fields ?? [];
    const time = expect.stringMatching(/^20\d\d-.*Z$/);
    const edited = { manager: 'kubectl-edit', time };
    const env = 'spec.template.spec.containers[shop].env';
    expect(of(found, 'Deployment shop/shop')).toMatchObject({ state: 'drifted', kustomization: 'shop' });
    expect(fields).toContainEqual({
      ...{ path: 'spec.replicas', is: 3, wanted: 1 },
      by: { manager: 'kubectl-scale', time },
    });
    expect(fields).toContainEqual({ path: `${env}[COLOUR]`, wanted: { name: 'COLOUR', value: 'red' } });
    expect(fields).toContainEqual({
      ...{ path: `${env}[DEBUG]`, is: { name: 'DEBUG', value: 'yes' } },
      by: edited,
    });
    expect(fields).toContainEqual({
      ...{ path: 'metadata.annotations.example.org/note', is: 'by hand' },
      by: edited,
    });
    expect(of(found, 'ConfigMap shop/shop')?.fields).toEqual([
      { path: 'data.settings', is: 'two', wanted: 'one', by: { manager: 'k9s', time } },
    ]);
    const text = stripVTControlCharacters(printDrift('here', found, ['shop']));
    expect(text).toMatch(/spec\.replicas: 3, not 1 \(kubectl-scale, 20/);
    expect(text).toContain('removed; the cluster does not note by whom');
    expect(text).toContain('stays so: the Kustomization shop is suspended');
    await takeBack();
    expect((await drift()).map(({ state }) => state)).toEqual(['left']);
  });

  it('tells of a Secret that a value differs, and never the value', async () => {
    const body = { stringData: { token: 'by-hand' } };
    await core().patchNamespacedSecret({ ...where, fieldManager: 'kubectl-edit', body }, merge);
    const found = await drift();
    expect(of(found, 'Secret shop/shop')).toMatchObject({
      state: 'drifted',
      fields: [{ path: 'data.token', by: { manager: 'kubectl-edit' } }],
    });
    const said = JSON.stringify(found) + printDrift('here', found, []);
    for (const value of ['by-hand', 'from-git'])
      for (const form of [value, Buffer.from(value).toString('base64')]) expect(said).not.toContain(form);
    await takeBack();
  });

  it('tells a deleted object from one that was never applied, by the hash of the folder', async () => {
    await core().deleteNamespacedConfigMap({ namespace: 'shop', name: 'gone' });
    expect(of(await drift(), 'ConfigMap shop/gone')).toMatchObject({ state: 'missing' });
    const more = [plain('ConfigMap', 'new', { data: {} })];
    const found = await drift({ content: 'b', image: 'example.org/shop:2', more });
    expect(of(found, 'ConfigMap shop/new')).toMatchObject({ state: 'pending' });
    expect(of(found, 'Deployment shop/shop')).toMatchObject({
      state: 'pending',
      fields: [{ is: 'example.org/shop:1', wanted: 'example.org/shop:2', by: { manager: fluxManager } }],
    });
    await takeBack();
  });

  it('names an object that somebody else made, and one that the API server refuses', async () => {
    const made = plain('ConfigMap', 'theirs', { data: {} });
    await core().createNamespacedConfigMap({ namespace: 'shop', body: made });
    const more = [
      made,
      { ...deployment(), spec: { selector: { matchLabels: { app: 'another' } } } },
      { ...made, apiVersion: 'example.org/v1', kind: 'Unknown' },
    ];
    const found = await driftOf(raw, [
      ...manifests().filter(({ object }) => object.kind !== 'Deployment'),
      ...more.map((object) => ({ object, file: 'manifests/test/shop/x.yaml' })),
    ]);
    expect(of(found, 'ConfigMap shop/theirs')).toMatchObject({ state: 'foreign' });
    expect(of(found, 'Deployment shop/shop')).toMatchObject({
      state: 'refused',
      message: expect.stringContaining('selector'),
    });
    expect(of(found, 'Unknown shop/theirs')).toMatchObject({ state: 'refused' });
    await core().deleteNamespacedConfigMap({ namespace: 'shop', name: 'theirs' });
  });

  it('stores nothing', async () => {
    const version = async () => (await core().readNamespacedConfigMap(where)).metadata?.resourceVersion;
    const before = await version();
    await drift({ content: 'b', image: 'example.org/shop:2' });
    expect(await version()).toBe(before);
  });
});

describe('npm run status', () => {
  const status = async () => {
    const collected = await collectStatus(clusterClient('here'), []);
    return { ...collected, text: stripVTControlCharacters(printStatus(collected)) };
  };
  const flux = {
    ...{ group: 'kustomize.toolkit.fluxcd.io', version: 'v1', namespace: 'flux-system' },
    ...{ plural: 'kustomizations', name: 'shop' },
  };

  beforeAll(async () => {
    const entries = manifests()
      .filter(({ file }) => file.startsWith('manifests/test/shop/'))
      .map(({ object: { apiVersion, kind, metadata } }) => {
        const [version = '', group = ''] = apiVersion.split('/').reverse();
        return { id: `${metadata.namespace ?? ''}_${metadata.name}_${group}_${kind}`, v: version };
      });
    const ready = {
      ...{ type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded', message: 'Applied' },
      lastTransitionTime: new Date().toISOString(),
    };
    const body = { status: { conditions: [ready], inventory: { entries }, observedGeneration: 1 } };
    await custom().patchNamespacedCustomObjectStatus({ ...flux, fieldManager: fluxManager, body }, merge);
  });

  it('shows no drift as long as Flux alone has written', async () => {
    expect((await status()).drifts).toEqual([]);
  });

  it('shows what was changed or deleted beside Git, and by whom', async () => {
    const body = { data: { settings: 'two' } };
    await core().patchNamespacedConfigMap({ ...where, fieldManager: 'kubectl-edit', body }, merge);
    await core().deleteNamespacedConfigMap({ namespace: 'shop', name: 'gone' });
    const { drifts, text } = await status();
    expect(drifts.map(({ kustomization, object }) => [kustomization, object])).toEqual([
      ['shop', 'ConfigMap shop/shop'],
      ['shop', 'ConfigMap shop/gone'],
    ]);
    expect(text).toMatch(
      /shop +drifted +.*ConfigMap shop\/shop: data\.settings by kubectl-edit; 1 more objects/,
    );
    await takeBack();
  });

  it('shows who has suspended a Kustomization', async () => {
    const body = { spec: { suspend: true } };
    await custom().patchNamespacedCustomObject({ ...flux, fieldManager: 'flux', body }, merge);
    const { text } = await status();
    expect(text).toMatch(/shop +suspended +- +suspended by flux since 20/);
  });
});
