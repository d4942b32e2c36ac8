import { hash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { parseAllDocuments } from 'yaml';
import type { Release } from '../../charts/helm/release.ts';
import { field, listField, textField } from '../../charts/kube/field.ts';
import { isKubeObject, type KubeObject } from '../../charts/kube/kube-object.ts';
import { kindOf } from '../../charts/kube/object-id.ts';
import { cacheDir } from '../../images/cache/paths.ts';
import { ensureChart } from '../../images/charts/index.ts';
import { ensureProgram, type Report } from '../../images/index.ts';
import { loadLock } from '../../images/lock/index.ts';
import { clusterKinds } from '../../model/schema/cluster-kinds.ts';
import { Failure } from '../cli/failure.ts';
import { faultsIn, type ValueFault } from './value-faults.ts';

/** The objects of a chart, or the faults of its values. */
export type Templated = { objects: KubeObject[] } | { faults: ValueFault[] };

/** Increased when the same release gives other objects. */
const generation = 1;

/**
 * The objects of a release, from `helm template` with Kubernetes' own kinds and without settings of this
 * machine. They are cached by all their inputs.
 * @throws ChartFailure if the chart cannot be fetched.
 */
export async function template(release: Release, kubernetes: string, report: Report): Promise<Templated> {
  const helm = loadLock().binaries.helm?.version ?? '';
  const key = hash(
    'sha256',
    JSON.stringify([
      generation,
      helm,
      kubernetes,
      release.name,
      release.namespace,
      release.chart.digest,
      release.values,
    ]),
  );
  const path = join(cacheDir(), 'charts', 'templates', `${key.slice(0, 32)}.yaml`);
  if (!existsSync(path)) {
    const archive = await ensureChart(release.chart, { report });
    const result = await run(release, archive, kubernetes, report);
    if (typeof result !== 'string') return { faults: result };
    keep(path, result);
  }
  return { objects: objectsIn(readFileSync(path, 'utf8'), release.namespace) };
}

async function run(
  { name, namespace, values }: Release,
  archive: string,
  kubernetes: string,
  report: Report,
): Promise<string | ValueFault[]> {
  const helm = await ensureProgram('helm', report);
  const home = mkdtempSync(join(tmpdir(), 'plinth-helm-'));
  try {
    const { exitCode, stdout, stderr, shortMessage } = await execa(
      helm,
      [
        ...['template', name, archive, '--namespace', namespace, '--values', '-'],
        ...['--include-crds', '--skip-tests', '--kube-version', kubernetes],
      ],
      {
        input: JSON.stringify(values),
        reject: false,
        timeout: 120_000,
        // No plugins or settings of the user.
        extendEnv: false,
        env: {
          PATH: process.env.PATH,
          HOME: home,
          HELM_CACHE_HOME: home,
          HELM_CONFIG_HOME: home,
          HELM_DATA_HOME: home,
          KUBECONFIG: '/dev/null',
        },
      },
    );
    if (exitCode === 0) return stdout;
    // Helm itself did not run.
    if (exitCode === undefined) {
      throw new Failure(
        `the chart of ${name} could not be rendered: ${shortMessage ?? 'helm did not end'}`,
        'Type the same command again when the machine is less busy.',
      );
    }
    return faultsIn(stderr);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Writes a file atomically. */
function keep(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
}

/** The objects in Helm's output, each with the namespace in which Helm creates it. */
function objectsIn(text: string, namespace: string): KubeObject[] {
  const documents = parseAllDocuments(text, { logLevel: 'silent', merge: true, uniqueKeys: false });
  const objects = documents
    .map((document): unknown => document.toJS({ maxAliasCount: 1000 }))
    .flatMap((value) => (textField(value, 'kind') === 'List' ? listField(value, 'items') : [value]))
    .filter(isKubeObject);
  const scopes = new Map(
    objects
      .filter(({ kind }) => kind === 'CustomResourceDefinition')
      .map(({ spec }) => [
        `${String(field(spec, 'names', 'kind'))}.${String(field(spec, 'group'))}`,
        textField(spec, 'scope'),
      ]),
  );
  return objects.map((object) => {
    const isOfCluster =
      clusterKinds.has(object.kind) ||
      (scopes.get(kindOf(object)) ?? (object.kind.startsWith('Cluster') ? 'Cluster' : '')) === 'Cluster';
    if (object.metadata.namespace !== undefined || isOfCluster) return object;
    return { ...object, metadata: { ...object.metadata, namespace } };
  });
}
