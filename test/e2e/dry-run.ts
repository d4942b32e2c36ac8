import {
  ApiException,
  CoreV1Api,
  createConfiguration,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  ServerConfiguration,
} from '@kubernetes/client-node';
import { parse } from 'yaml';
import { field, listField } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { toYaml } from '../../charts/kube/yaml.ts';
import { isNotFound, reason } from '../../scripts/cluster/request.ts';
import { renderAll } from '../../scripts/render/render.ts';
import { accepted } from '../model/accepted.ts';
import { withPlatform } from '../model/fixture.ts';

/** What an API server said of objects that it was shown, and did not keep. */
export interface DryRunResult {
  objects: number;
  /** One line each: which object, of which repository, and why not. */
  refused: string[];
}

/** Of the namespace in which objects are shown, since their own do not exist: it is made, and removed again. */
const scratch = 'plinth-dry-run-';

/** Policies of the graph know what runs: they are asked after the object was validated (rest.BeforeCreate). */
const byPolicy = /ValidatingAdmissionPolicy '[^']+' with binding '[^']+' denied request/;

/**
 * Shows an API server everything that comes of `accepted`, in a dry run and with every field validated. The cluster of the
 * kubeconfig (by default that of KUBECONFIG) has the CustomResourceDefinitions, and the webhooks that are to be asked.
 */
export async function showAccepted(kubeconfig?: string): Promise<DryRunResult> {
  const server = new DryRun(kubeconfig);
  return server.inScratch(async () => {
    const known = new Set<string>();
    const refused: string[] = [];
    for (const [name, edits] of accepted) {
      const { files } = await withPlatform(edits, (root) => renderAll(root));
      for (const text of new Set(files.values())) {
        // What the platform has anyway is shown once.
        if (known.has(text)) continue;
        known.add(text);
        const object: KubeObject = parse(text);
        const why = await server.refusalOf(object);
        if (why !== undefined) refused.push(`${name}: ${objectId(object)}: ${why}`);
      }
    }
    return { objects: known.size, refused };
  });
}

/** Shows one object; why it was refused, or undefined. */
export async function refusalOf(object: KubeObject, kubeconfig?: string): Promise<string | undefined> {
  const server = new DryRun(kubeconfig);
  return server.inScratch(() => server.refusalOf(object));
}

class DryRun {
  readonly #objects: KubernetesObjectApi;
  readonly #core: CoreV1Api;
  /** Of the object that is shown next. */
  #yaml = '';
  #namespace = '';

  constructor(kubeconfig: string | undefined) {
    const config = new KubeConfig();
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw new Error('KUBECONFIG names no cluster: export KUBECONFIG=FILE');
    const configuration = createConfiguration({
      baseServer: new ServerConfiguration(server, {}),
      authMethods: { default: config },
      promiseMiddleware: [
        {
          pre: async (request) => {
            request.setSignal(AbortSignal.timeout(30_000));
            if (request.getHttpMethod() !== 'PATCH') return request;
            request.setQueryParam('fieldValidation', 'Strict');
            // As it is rendered: the client would leave out what its types do not know.
            request.setBody(this.#yaml);
            return request;
          },
          post: async (response) => response,
        },
      ],
    });
    this.#objects = new KubernetesObjectApi(configuration);
    this.#core = new CoreV1Api(configuration);
  }

  async inScratch<T>(work: () => Promise<T>): Promise<T> {
    const made = await this.#core.createNamespace({ body: { metadata: { generateName: scratch } } });
    const name = made.metadata?.name;
    if (name === undefined) throw new Error('the API server made a namespace and did not say its name');
    this.#namespace = name;
    try {
      return await work();
    } finally {
      await this.#core.deleteNamespace({ name });
    }
  }

  async refusalOf(object: KubeObject): Promise<string | undefined> {
    const { metadata } = object;
    // A port of the nodes is taken where the platform runs: there it is this object's own.
    const keeps =
      metadata.namespace !== undefined && hasNodePort(object) && (await this.#exists(metadata.namespace));
    const shown =
      metadata.namespace === undefined || keeps
        ? object
        : { ...object, metadata: { ...metadata, namespace: this.#namespace } };
    this.#yaml = toYaml(shown);
    try {
      await this.#objects.patch(
        shown,
        undefined,
        'All',
        'plinth-dry-run',
        true,
        PatchStrategy.ServerSideApply,
      );
      return undefined;
    } catch (error) {
      const why = reason(error);
      if (!(error instanceof ApiException)) throw error;
      return byPolicy.test(why) ? undefined : why;
    }
  }

  async #exists(name: string): Promise<boolean> {
    try {
      await this.#core.readNamespace({ name });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
}

function hasNodePort(object: KubeObject): boolean {
  return (
    object.kind === 'Service' &&
    listField(object, 'spec', 'ports').some((port) => field(port, 'nodePort') !== undefined)
  );
}
