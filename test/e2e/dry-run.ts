import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { field, listField } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { isNotFound } from '../../scripts/cluster/request.ts';
import { renderAll } from '../../scripts/render/render.ts';
import { DryRun } from '../../scripts/verify/dry-run.ts';
import { accepted } from '../model/accepted.ts';
import { withPlatform } from '../model/fixture.ts';

/** What an API server said of objects that it was shown, and did not keep. */
export interface DryRunResult {
  objects: number;
  /** One line each: which object, of which repository, and why not. */
  refused: string[];
}

/** Policies of the graph know what runs: they are asked after the object was validated (rest.BeforeCreate). */
const byPolicy = /ValidatingAdmissionPolicy '[^']+' with binding '[^']+' denied request/;

/**
 * Shows an API server everything that comes of `accepted`, in a dry run and with every field validated. The cluster that `config`
 * names has the CustomResourceDefinitions, and the webhooks that are to be asked.
 */
export async function showAccepted(config: KubeConfig): Promise<DryRunResult> {
  const server = new DryRun(config);
  return inScratch(config.makeApiClient(CoreV1Api), async (scratch) => {
    const known = new Set<string>();
    const refused: string[] = [];
    for (const [name, edits] of accepted) {
      const { files } = await withPlatform(edits, (root) => renderAll(root));
      for (const text of new Set(files.values())) {
        // Objects of the platform itself are shown once.
        if (known.has(text)) continue;
        known.add(text);
        const object: KubeObject = parse(text);
        const refusal = await server.refusal(await scratch(object));
        if (refusal !== undefined && !byPolicy.test(refusal.message))
          refused.push(`${name}: ${objectId(object)}: ${refusal.message}`);
      }
    }
    return { objects: known.size, refused };
  });
}

/** Makes a namespace for objects whose own does not exist, gives what moves an object there, and removes it again. */
async function inScratch<T>(
  core: CoreV1Api,
  work: (scratch: (object: KubeObject) => Promise<KubeObject>) => Promise<T>,
): Promise<T> {
  const made = await core.createNamespace({ body: { metadata: { generateName: 'plinth-dry-run-' } } });
  const name = made.metadata?.name;
  if (name === undefined) throw new Error('the API server made a namespace and did not say its name');
  try {
    return await work(async (object) => {
      const { metadata } = object;
      if (metadata.namespace === undefined) return object;
      // A port of the nodes is taken where the platform runs: there it is this object's own.
      if (hasNodePort(object) && (await exists(core, metadata.namespace))) return object;
      return { ...object, metadata: { ...metadata, namespace: name } };
    });
  } finally {
    await core.deleteNamespace({ name });
  }
}

async function exists(core: CoreV1Api, name: string): Promise<boolean> {
  try {
    await core.readNamespace({ name });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function hasNodePort(object: KubeObject): boolean {
  return (
    object.kind === 'Service' &&
    listField(object, 'spec', 'ports').some((port) => field(port, 'nodePort') !== undefined)
  );
}
