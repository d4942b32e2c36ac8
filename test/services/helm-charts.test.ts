import { rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { allObjects, type KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { cacheDir } from '../../images/cache/paths.ts';
import { loadLock } from '../../images/lock/index.ts';
import { diff } from '../../scripts/diff/diff.ts';
import { explainCommand } from '../../scripts/explain/explain-command.ts';
import { newChartOperator } from '../../scripts/new/new-chart-operator.ts';
import { DiagnosticsFailure } from '../../scripts/render/diagnostics-failure.ts';
import { render, renderAll } from '../../scripts/render/render.ts';
import { verify } from '../../scripts/verify/verify.ts';
import { type Edit, withPlatform } from '../model/fixture.ts';
import { ChartServer, type ModuleChart } from './chart-server.ts';

const versions = loadLock().binaries;
const moduleVersion = (component: string) => versions[component]?.version ?? '';

/** Upstream charts, which are in modules of the lock file. */
const charts: readonly ModuleChart[] = [
  {
    name: 'metrics-server',
    module: 'sigs.k8s.io/metrics-server',
    moduleVersion: moduleVersion('metrics-server'),
    folder: 'charts/metrics-server',
    version: '3.13.0',
  },
  {
    name: 'trust-manager',
    module: 'github.com/cert-manager/trust-manager',
    moduleVersion: moduleVersion('trust-manager'),
    folder: 'deploy/charts/trust-manager',
    version: moduleVersion('trust-manager'),
  },
  {
    name: 'cert-manager',
    module: 'github.com/cert-manager/cert-manager',
    moduleVersion: 'v1.21.2',
    folder: 'deploy/charts/cert-manager',
    version: 'v1.21.2',
  },
];

// Each renders the whole platform several times.
vi.setConfig({ testTimeout: 300_000 });

let server: ChartServer;
beforeAll(async () => {
  server = await ChartServer.start(charts);
  // Helm is built where it cannot be downloaded.
}, 20 * 60_000);
afterAll(async () => {
  await server.stop();
  const kept = charts.flatMap(({ name }) => Object.values(server.digests(name)));
  for (const digest of kept) {
    const path = join(cacheDir(), 'charts', `${digest.replace(':', '-')}.tgz`);
    for (const file of [path, `${path}.sha256`]) rmSync(file, { force: true });
  }
});
beforeEach(() => void vi.stubEnv('PLINTH_REGISTRY_MIRROR', `quay.io=${server.url}`));
afterEach(() => void vi.unstubAllEnvs());

/** The platform without its own operator of that name, so that the chart takes its place. */
const without = (name: string): Edit[] =>
  ['operator.ts', 'chart.ts'].map((file) => [`operators/${name}/${file}`, null]);

/** What `npm run new -- operator NAME --chart oci://…` writes. */
async function write(
  root: string,
  name: string,
  change: (text: string) => string = (text) => text,
): Promise<string> {
  rmSync(join(root, 'operators', name), { recursive: true, force: true });
  const { files } = await newChartOperator(root, name, `oci://quay.io/charts/${name}`, undefined);
  const file = `operators/${name}/operator.ts`;
  const text = change(files[file] ?? '');
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text);
  return text;
}

async function diagnosticsOf(root: string) {
  try {
    await renderAll(root);
    return [];
  } catch (error) {
    if (!(error instanceof DiagnosticsFailure)) throw error;
    return error.diagnostics;
  }
}

const objectsIn = (files: ReadonlyMap<string, string>, component: string): KubeObject[] =>
  [...files]
    .filter(([path]) => path.startsWith(`manifests/dev/${component}/`))
    .map(([, text]) => parse(text));

describe('metrics-server as its upstream chart', () => {
  it('renders as the command writes it, wrapped in policies, without templates in the repository', async () => {
    await withPlatform(without('metrics-server'), async (root) => {
      const text = await write(root, 'metrics-server');
      expect(text).toContain(server.digests('metrics-server').manifest);
      const asIs = await execa('biome', ['check', '--stdin-file-path=operators/metrics-server/operator.ts'], {
        input: text,
        preferLocal: true,
        reject: false,
      });
      expect(asIs.stdout).toBe(text.trimEnd());
      expect(text).toContain("answers: [{ to: 'kubernetes-api', port: 10250 }]");
      const { files, charts: templated } = await renderAll(root);
      const written = objectsIn(files, 'metrics-server').map(objectId);
      expect(written).toEqual(
        expect.arrayContaining([
          'HelmRelease flux-system/metrics-server',
          'OCIRepository flux-system/metrics-server',
          'NetworkPolicy metrics-server/default-deny',
          'Namespace metrics-server',
          'ServiceAccount flux-system/helm-metrics-server',
        ]),
      );
      expect(written).not.toContain('Deployment metrics-server/metrics-server');
      const made = allObjects({
        name: 'x',
        objects: [],
        templated: templated.get('dev')?.get('metrics-server') ?? [],
      });
      expect(made.map(objectId)).toEqual(
        expect.arrayContaining([
          'Deployment metrics-server/metrics-server',
          'APIService v1beta1.metrics.k8s.io',
        ]),
      );
      // helm-controller runs where a chart does, and nowhere else.
      expect([...files.keys()]).toContain('manifests/dev/helm-controller/deployment-helm-controller.yaml');
      expect((await verify(root, { offline: true, report: () => {} })).diagnostics).toEqual([]);
      expect(await explainCommand(root, { app: 'metrics-server' })).toContain(
        '+ Deployment metrics-server/metrics-server',
      );
    });
    const { files } = await withPlatform([], (root) => renderAll(root));
    expect([...files.keys()].filter((path) => path.includes('helm'))).toEqual([]);
  });

  it('from a chart repository gives the same objects', async () => {
    await withPlatform(without('metrics-server'), async (root) => {
      await write(root, 'metrics-server');
      const fromRegistry = (await renderAll(root)).charts.get('dev')?.get('metrics-server');
      await write(root, 'metrics-server', (text) =>
        text
          .replace(/oci: .*/, "repository: 'https://charts.example.org',\n    name: 'metrics-server',")
          .replace(/digest: '.*'/, `digest: '${server.digests('metrics-server').archive}'`),
      );
      // The archive is in the cache: no server is requested.
      const place = { repository: `${server.url}/charts`, name: 'metrics-server' };
      const { ensureChart } = await import('../../images/charts/index.ts');
      await ensureChart({ ...place, version: '3.13.0', digest: server.digests('metrics-server').archive });
      const { charts: templated, files } = await renderAll(root);
      expect(templated.get('dev')?.get('metrics-server')).toEqual(fromRegistry);
      expect(objectsIn(files, 'metrics-server').map(objectId)).toContain(
        'HelmRepository flux-system/metrics-server',
      );
    });
  });

  it('shows in diff which objects of the chart a value changes', async () => {
    await withPlatform(without('metrics-server'), async (root) => {
      await write(root, 'metrics-server');
      await render(root);
      const git = (...args: string[]) =>
        execa('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.org', ...args], { cwd: root });
      await git('init', '--quiet');
      await git('add', 'manifests', 'clusters');
      await git('commit', '--quiet', '--message', 'all');
      const file = join(root, 'operators/metrics-server/operator.ts');
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace('values: {}', "values: { podLabels: { team: 'platform' } }"));
      const [dev] = (await diff(root, 'HEAD')).environments;
      expect(dev?.effects).toContainEqual(
        expect.objectContaining({
          gravity: 'restarts',
          object: 'Deployment metrics-server/metrics-server',
          file: 'manifests/dev/metrics-server/helmrelease-metrics-server.yaml',
        }),
      );
    });
  });

  it('is refused at the line of its digest if that differs', async () => {
    await withPlatform(without('metrics-server'), async (root) => {
      const text = await write(root, 'metrics-server', (written) =>
        written.replace(/digest: '.*'/, `digest: 'sha256:${'0'.repeat(64)}'`),
      );
      const line = text.split('\n').findIndex((each) => each.includes('digest:')) + 1;
      expect(await diagnosticsOf(root)).toMatchObject([
        { code: 'no-chart', file: 'operators/metrics-server/operator.ts', line },
      ]);
    });
  });
});

const bundleWith = (source: string) => `apiVersion: trust.cert-manager.io/v1alpha1
kind: Bundle
metadata: { name: team-roots }
spec: { sources: [{ ${source} }], target: { configMap: { key: roots.pem } } }
`;

describe('trust-manager as its upstream chart', () => {
  it('is applied after its dependencies and before the objects of its kinds', async () => {
    await withPlatform(without('trust-manager'), async (root) => {
      await write(root, 'trust-manager', (text) =>
        text.replace('  chart: {', "  extra: ['extra/bundle.yaml'],\n  chart: {"),
      );
      await mkdir(join(root, 'operators/trust-manager/extra'));
      const bundle = join(root, 'operators/trust-manager/extra/bundle.yaml');
      await writeFile(bundle, bundleWith('useDefaultCAs: true'));
      const { files } = await renderAll(root);
      const waitsFor = (component: string): unknown[] =>
        parse(files.get(`manifests/dev/flux-sync/kustomization-${component}.yaml`) ?? '').spec.dependsOn.map(
          ({ name }: { name: string }) => name,
        );
      expect(waitsFor('trust-manager')).toEqual(expect.arrayContaining(['cert-manager', 'helm-controller']));
      expect(waitsFor('trust-manager-extra')).toEqual(['trust-manager']);
      expect((await verify(root, { offline: true, report: () => {} })).diagnostics).toEqual([]);
      await writeFile(bundle, bundleWith('useDefaultCA: true'));
      const { diagnostics } = await verify(root, { offline: true, report: () => {} });
      expect(diagnostics).toMatchObject([
        { what: expect.stringContaining('useDefaultCA is an unknown field') },
      ]);
    });
  });

  it('is refused at the line of a value that its schema refuses', async () => {
    await withPlatform(without('trust-manager'), async (root) => {
      const text = await write(root, 'trust-manager', (written) =>
        written.replace(
          'values: {}',
          'values: {\n      resources: 3,\n      crds: { enabeld: true },\n    }',
        ),
      );
      const line = (word: string) => text.split('\n').findIndex((each) => each.includes(word)) + 1;
      const diagnostics = await diagnosticsOf(root);
      expect(diagnostics.map(({ code, line }) => [code, line])).toEqual([
        ['chart-values', line('resources: 3')],
        ['chart-values', line('enabeld')],
      ]);
      expect(diagnostics[0]?.what).toContain('values.resources: got number, want object');
    });
  });
});

describe('cert-manager as its upstream chart', () => {
  it('brings its kinds by a value; without it each object of those kinds is reported', async () => {
    await withPlatform(without('cert-manager'), async (root) => {
      await write(root, 'cert-manager');
      const missing = await diagnosticsOf(root);
      expect(missing.map(({ what }) => what)).toContainEqual(expect.stringContaining('needs kind'));
      await write(root, 'cert-manager', (text) =>
        text.replace('values: {}', 'values: { crds: { enabled: true } }'),
      );
      expect(await diagnosticsOf(root)).toEqual([]);
    });
  });
});
