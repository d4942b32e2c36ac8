import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { listField, textField } from '../../charts/kube/field.ts';
import { isKubeObject, type KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { artifactFiles, type Report } from '../../images/index.ts';
import { Failure } from '../cli/failure.ts';
import { DryRun } from './dry-run.ts';

/** Time-out in seconds until the kinds of definitions are served. */
const establishSeconds = 30;

/** The objects of the lock file's artifacts, which have CustomResourceDefinitions; fetched if the cache does not have them. */
export async function readDefinitions(artifacts: Iterable<string>, report: Report): Promise<unknown[]> {
  const definitions: unknown[] = [];
  for (const name of new Set(artifacts)) {
    for (const file of await artifactFiles(name, report)) {
      const documents = parseAllDocuments(readFileSync(file, 'utf8'));
      definitions.push(...documents.map((document): unknown => document.toJS()));
    }
  }
  return definitions;
}

/** Installs CustomResourceDefinitions in an API server and waits until it serves their kinds. */
export async function serveDefinitions(config: KubeConfig, definitions: readonly unknown[]): Promise<void> {
  const wanted = definitions.filter(isKubeObject).filter(({ kind }) => kind === 'CustomResourceDefinition');
  const server = new DryRun(config);
  for (const next of wanted) {
    const refusal = await server.keep(next);
    if (refusal === undefined) continue;
    throw new Failure(
      `the API server refuses ${objectId(next)} of images/lock.yaml or a chart: ${refusal.message}`,
      'Use a version for that version of Kubernetes.',
    );
  }
  const objects = KubernetesObjectApi.makeApiClient(config);
  for (const definition of wanted) await established(objects, definition);
}

async function established(
  objects: KubernetesObjectApi,
  { apiVersion, kind, metadata }: KubeObject,
): Promise<void> {
  const deadline = Date.now() + establishSeconds * 1000;
  for (;;) {
    const found: unknown = await objects.read({ apiVersion, kind, metadata: { name: metadata.name } });
    const conditions = listField(found, 'status', 'conditions');
    const is = (type: string) =>
      conditions.find((one) => textField(one, 'type') === type && textField(one, 'status') === 'True');
    if (is('Established') !== undefined) return;
    if (Date.now() > deadline) {
      const words = conditions.map((one) => textField(one, 'message')).join('; ');
      throw new Failure(
        `the API server does not serve the kind of ${metadata.name} after ${establishSeconds} s: ${words}`,
        'Correct the definition, or its version in images/lock.yaml.',
      );
    }
    await sleep(100);
  }
}
