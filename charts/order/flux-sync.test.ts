import { describe, expect, it } from 'vitest';
import gitServer from '../../operators/git-server/operator.ts';
import { environment } from '../../test/charts/fixture.ts';
import { field } from '../kube/field.ts';
import { definitionsSync, fluxSync } from './flux-sync.ts';
import { isApplied } from './is-applied.ts';
import type { Kustomization } from './kustomization.ts';
import { ignoreAllBut } from './source-ignore.ts';

const crds: Kustomization = {
  name: 'thing-crds',
  kind: 'crds',
  objects: [],
  dependsOn: [],
  reasons: new Map(),
};
const things: Kustomization = {
  name: 'things',
  kind: 'component',
  objects: [],
  dependsOn: ['thing-crds'],
  reasons: new Map(),
};

function sync(
  cluster: Record<string, unknown> = {},
  ref = 'github.com/example/things:v1.2.3',
  digest?: string,
) {
  const env = environment({ cluster, operators: [gitServer] });
  const build = { module: 'example.org/things', version: 'v1.2.3', paths: ['config/crd/bases'] };
  env.lock.artifacts['thing-crds'] = { ref, build, ...(digest === undefined ? {} : { digest }) };
  const kustomizations = [crds, things];
  const objects = [...definitionsSync(env, kustomizations), ...fluxSync(env, kustomizations)];
  return (kind: string, name: string) => {
    const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
    return found?.spec;
  };
}

it('applies each Kustomization after its dependencies, waits for it, and retries soon', () => {
  expect(sync()('Kustomization', 'things')).toEqual({
    interval: '10m',
    retryInterval: '5s',
    timeout: '5m',
    path: './manifests/test/things',
    sourceRef: { kind: 'ExternalArtifact', name: 'things' },
    prune: true,
    wait: true,
    dependsOn: [{ name: 'crds', readyExpr: isApplied }],
  });
});

it('leaves the name of an artifact to the pod that makes it', () => {
  expect(sync()('Kustomization', 'platform')).toMatchObject({
    sourceRef: { kind: 'GitRepository', name: 'platform' },
    ignore: [{ paths: ['/spec/sourceRef/name'], target: { kind: 'Kustomization' } }],
  });
});

it('reads Flux itself from Git, after the root and the definitions of the same commit', () => {
  const env = environment({ operators: [gitServer] });
  const objects = fluxSync(env, [crds, { ...things, name: 'flux' }]);
  const flux = objects.find(({ metadata }) => metadata.name === 'flux');
  expect(flux?.spec).toMatchObject({
    sourceRef: { kind: 'GitRepository', name: 'platform' },
    dependsOn: [{ name: 'platform' }, { name: 'crds' }],
  });
});

it('waits for a gradual roll-out of all pods, five minutes longer than they are watched', () => {
  const rollingOut = (spec: object, ...others: Kustomization['objects']) => {
    const metadata = { name: 'shop', namespace: 'shop' };
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
    const shop: Kustomization = { ...things, name: 'shop', objects: [deployment, ...others], dependsOn: [] };
    const objects = fluxSync(environment({ operators: [gitServer] }), [shop]);
    const found = objects.find(({ kind, metadata }) => kind === 'Kustomization' && metadata.name === 'shop');
    return field(found?.spec, 'timeout');
  };
  expect(rollingOut({ replicas: 3, minReadySeconds: 120 })).toBe('660s');
  expect(rollingOut({ replicas: 3, minReadySeconds: 10 })).toBe('5m');
  const scaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'shop' },
  };
  expect(rollingOut({ minReadySeconds: 60 }, { ...scaler, spec: { maxReplicas: 4 } })).toBe('540s');
});

it('never prunes definitions, because that would delete all objects of their kinds', () => {
  expect(sync()('Kustomization', 'thing-crds')).toMatchObject({ prune: false, wait: true, path: './' });
});

it('reads the repository in the cluster, or that of the environment', () => {
  const url = 'https://git.example.org/platform.git';
  const elsewhere = { source: { kind: 'git', url, branch: 'release', secret: 'deploy-key' } };
  expect(field(sync()('GitRepository', 'platform'), 'url')).toMatch(/^http:\/\/git-server\.git-server\./);
  expect(sync(elsewhere)('GitRepository', 'platform')).toMatchObject({
    url,
    ref: { branch: 'release' },
    secretRef: { name: 'deploy-key' },
  });
});

describe('definitions of others', () => {
  it('come from the mirror under their upstream name', () => {
    const url = 'oci://plinth-registry:5000/github.com/example/things';
    expect(sync({ artifacts: 'mirror' })('OCIRepository', 'thing-crds')).toMatchObject({
      url,
      ref: { tag: 'v1.2.3' },
      insecure: true,
    });
  });

  it('are pinned by digest in the mirror, and by tag elsewhere', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const github = 'github.com/example/things:v1.2.3';
    const mirrored = sync({ artifacts: 'mirror' }, github, digest)('OCIRepository', 'thing-crds');
    expect(field(mirrored, 'ref')).toEqual({ tag: 'v1.2.3', digest });
    const git = sync({}, github, digest)('GitRepository', 'thing-crds');
    expect(field(git, 'ref')).toEqual({ tag: 'v1.2.3' });
    const registry = sync({}, 'ghcr.io/example/things:v1.2.3', digest)('OCIRepository', 'thing-crds');
    expect(field(registry, 'ref')).toEqual({ tag: 'v1.2.3' });
  });

  it('come from Git if upstream has them there', () => {
    expect(sync()('GitRepository', 'thing-crds')).toMatchObject({
      url: 'https://github.com/example/things',
      ref: { tag: 'v1.2.3' },
      ignore: ignoreAllBut(['config/crd/bases']),
    });
  });

  it('come from a registry otherwise', () => {
    const spec = sync({}, 'ghcr.io/example/things:v1.2.3')('OCIRepository', 'thing-crds');
    expect(spec).toMatchObject({ url: 'oci://ghcr.io/example/things', ref: { tag: 'v1.2.3' } });
    expect(spec).not.toHaveProperty('insecure');
  });
});

it('ignores all but some folders, in the format of .gitignore', () => {
  expect(ignoreAllBut(['config/crd', './other/', 'config/rbac'])).toBe(
    '/*\n!/config\n/config/*\n!/config/crd\n!/other\n!/config/rbac\n',
  );
});
