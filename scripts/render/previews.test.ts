import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { field } from '../../charts/kube/field.ts';
import { isKubeObject, type KubeObject } from '../../charts/kube/kube-object.ts';
import { formatDiagnostic } from '../../model/diagnostics/format-diagnostic.ts';
import { loadGraph } from '../../model/load-graph.ts';
import { readRepository } from '../../model/reading/read-repository.ts';
import { copyOfDev } from '../../test/model/copy-of-dev.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';
import { checkData } from './check-data.ts';
import { dataOf } from './data.ts';
import { DiagnosticsFailure } from './diagnostics-failure.ts';
import { renderAll } from './render.ts';

// Each renders a whole environment.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const file = 'clusters/dev/previews.yaml';
const cluster = 'clusters/dev/cluster.yaml';
let root = '';
/** What app.ts of this repository says, by app. */
const descriptions = new Map<string, object>();

beforeAll(async () => {
  root = copyOfDev();
  const { repository } = await readRepository(root);
  for (const { name, source } of repository?.apps ?? [])
    descriptions.set(name, z.looseObject({}).parse(source.value));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

const image = (tag: string) => ({
  tag,
  digest: `sha256:${tag.repeat(64).slice(0, 64)}`,
  source: 'c'.repeat(40),
});

function preview(request: number, apps: readonly string[], changes: object = {}): object {
  return {
    request,
    source: 'd'.repeat(40),
    expires: '2026-01-08T12:00:00Z',
    by: 'Ann <ann@example.org>',
    apps: Object.fromEntries(
      apps.map((app) => [
        app,
        {
          description: { ...descriptions.get(app), ...changes },
          image: image('a1'),
          ...(app === 'home' ? {} : { migrations: image('b2') }),
        },
      ]),
    ),
  };
}

/** The files of dev with these previews and limits. */
async function rendered(previews: readonly object[], limits = '{ max: 2 }'): Promise<Map<string, string>> {
  writeFileSync(join(root, file), stringify({ previews }));
  const text = readFileSync(join(repositoryRoot, cluster), 'utf8').replace(
    'cpu: "2", memory: 4Gi',
    'cpu: "8", memory: 16Gi',
  );
  writeFileSync(join(root, cluster), `${text}previews: ${limits}\n`);
  return (await renderAll(root, 'dev')).files;
}

/** The diagnostics for which these previews are refused. */
async function refused(previews: readonly object[], limits?: string): Promise<string[]> {
  try {
    await rendered(previews, limits);
  } catch (error) {
    if (error instanceof DiagnosticsFailure)
      return error.diagnostics.map((diagnostic) => formatDiagnostic(diagnostic));
    throw error;
  }
  throw new Error('it was rendered');
}

function objectsIn(files: ReadonlyMap<string, string>): KubeObject[] {
  return [...files.values()].map((text): unknown => parse(text)).filter(isKubeObject);
}

it("two concurrent previews have separate namespaces, databases, certificates and order, and the environment's objects are unchanged", async () => {
  const before = await rendered([]);
  const files = await rendered([preview(7, ['orders']), preview(12, ['orders', 'jobs', 'home'])]);
  const folders = new Set(
    [...files.keys()].map((path) => path.split('/')[2] ?? '').filter((name) => /^pr-/.test(name)),
  );
  expect([...folders].sort()).toEqual([
    'pr-12-home',
    'pr-12-jobs',
    'pr-12-jobs-db',
    'pr-12-jobs-migrations',
    'pr-12-orders',
    'pr-12-orders-db',
    'pr-12-orders-migrations',
    'pr-7-orders',
    'pr-7-orders-db',
    'pr-7-orders-migrations',
  ]);
  // Of the environment's own apps nothing changes but that jobs lets in the preview without one of its own.
  const own = /^manifests\/dev\/(orders|jobs|home)[^/]*\//;
  const changed = [...files]
    .filter(([path, text]) => own.test(path) && before.get(path) !== text)
    .map(([path]) => path);
  expect(changed).toEqual([
    'manifests/dev/jobs/deployment-jobs.yaml',
    'manifests/dev/jobs/networkpolicy-jobs.yaml',
  ]);
  const text = [...files]
    .filter(([path]) => /^manifests\/dev\/(pr-7-|flux-sync\/kustomization-pr-7-)/.test(path))
    .map(([path, content]) => `# ${path}\n${content}`)
    .join('---\n');
  await expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'golden/previews/pr-7.yaml'));
});

it('a closed preview is removed with its namespaces and data, without a refusal of the data-loss checks', async () => {
  const files = await rendered([preview(7, ['orders'])]);
  const spaces = objectsIn(files).filter(({ kind }) => kind === 'Namespace');
  const kept = (name: string) =>
    spaces.find(({ metadata }) => metadata.name === name)?.metadata.annotations?.[
      'kustomize.toolkit.fluxcd.io/prune'
    ];
  expect(kept('orders')).toBe('disabled');
  expect(spaces.map(({ metadata }) => metadata.name)).toContain('pr-7-orders');
  expect(kept('pr-7-orders')).toBeUndefined();
  const policy = (name: string) =>
    field(
      parse(files.get(`manifests/dev/flux-sync/kustomization-${name}.yaml`) ?? ''),
      'spec',
      'deletionPolicy',
    );
  expect(policy('orders-db')).toBe('Orphan');
  expect(policy('pr-7-orders-db')).toBeUndefined();
  const after = await rendered([]);
  const { environments } = await loadGraph(root);
  expect(checkData(root, environments, dataOf(files), after)).toEqual([]);
  const withoutOrders = new Map([...after].filter(([path]) => !path.includes('/orders-db/')));
  expect(checkData(root, environments, dataOf(files), withoutOrders).map(({ code }) => code)).toEqual([
    'database-not-retired',
  ]);
});

it('the process of a preview reaches the apps of its preview under their usual names, and accepts callers of its preview', async () => {
  const files = await rendered([preview(12, ['orders', 'jobs'])]);
  const variables = (path: string) =>
    Object.fromEntries(
      z
        .object({
          spec: z.object({
            template: z.object({
              spec: z.object({
                containers: z.array(
                  z.object({ env: z.array(z.object({ name: z.string(), value: z.string() })) }),
                ),
              }),
            }),
          }),
        })
        .parse(parse(files.get(path) ?? ''))
        .spec.template.spec.containers.flatMap(({ env }) => env.map(({ name, value }) => [name, value])),
    );
  expect(variables('manifests/dev/pr-12-orders/deployment-pr-12-orders.yaml')).toMatchObject({
    JOBS_ADDRESS: 'pr-12-jobs.pr-12-jobs.svc.cluster.local:8443',
    JOBS_IDENTITY_DIR: '/identity/apps/jobs',
    PGHOST: 'pr-12-orders-db-rw.pr-12-orders.svc.cluster.local',
    PGUSER: 'pr_12_orders_rw',
    PREVIEW: 'pr-12',
  });
  const job = [...files].find(([path]) => /\/pr-12-orders-migrations\/job-/.test(path))?.[0] ?? '';
  expect(variables(job)).toMatchObject({ PGUSER: 'pr_12_orders_owner', PREVIEW: 'pr-12' });
  expect(variables('manifests/dev/pr-12-jobs/deployment-pr-12-jobs.yaml').CALLERS).toBe('pr-12-orders');
});

it.each([
  ['cpu', '100m', 'the preview pr-7-orders needs cpu 170m, and an app of a preview has 100m'],
  ['memory', '256Mi', 'the preview pr-7-orders needs memory 704Mi, and an app of a preview has 256Mi'],
  ['storage', '1Gi', 'the preview pr-7-orders needs storage 2048Mi, and an app of a preview has 1024Mi'],
])(
  'a preview that needs more %s than its quota is refused at that line of cluster.yaml',
  async (limit, allowed, says) => {
    const [diagnostic] = await refused([preview(7, ['orders'])], `{ ${limit}: ${allowed} }`);
    expect(diagnostic).toContain(says);
    expect(diagnostic).toMatch(/^clusters\/dev\/cluster\.yaml:\d+:\d+ preview-over-quota/);
    expect(diagnostic).toContain(`previews: { ${limit}: ${allowed} }`);
  },
);

it('a rule that a preview violates is reported at its line of previews.yaml', async () => {
  const diagnostics = (await refused([preview(7, ['orders'], { user: 0 })])).join('\n');
  expect(diagnostics).toMatch(/clusters\/dev\/previews\.yaml:\d+:\d+ /);
  expect(diagnostics).toContain('change app.ts in the pull request and open its preview again');
});
