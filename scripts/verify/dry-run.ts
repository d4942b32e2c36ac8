import {
  ApiException,
  createConfiguration,
  type KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  type RequestContext,
  ServerConfiguration,
} from '@kubernetes/client-node';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { toYaml } from '../../charts/kube/yaml.ts';
import { keepingConnections } from '../cluster/keep-connections.ts';
import { reason } from '../cluster/request.ts';
import { asDecrypted } from './as-decrypted.ts';
import { refusalOf, type ServerRefusal } from './refusal.ts';

/** Field manager in `managedFields`. */
const manager = 'plinth-verify';

/** Time-out of one response, in milliseconds. */
const timeout = 30_000;

/**
 * Applies objects to an API server as a dry run, by server-side apply with strict field validation, one after the other. For
 * parallel requests, use several instances.
 */
export class DryRun {
  readonly #objects: KubernetesObjectApi;
  /** Body of the next request. */
  #body = '';

  /** Connection options of the current cluster and user in `config`. */
  constructor(config: KubeConfig) {
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw new Error('the kubeconfig names no cluster: export KUBECONFIG=FILE');
    const pre = async (request: RequestContext): Promise<RequestContext> => {
      request.setSignal(AbortSignal.timeout(timeout));
      if (request.getHttpMethod() !== 'PATCH') return request;
      request.setQueryParam('fieldValidation', 'Strict');
      // The rendered object unchanged: the client would drop fields that its types do not have.
      request.setBody(this.#body);
      return request;
    };
    this.#objects = new KubernetesObjectApi(
      createConfiguration({
        baseServer: new ServerConfiguration(server, {}),
        authMethods: { default: keepingConnections(config) },
        promiseMiddleware: [{ pre, post: async (response) => response }],
      }),
    );
  }

  /** Reason why the API server refuses an object; undefined if it accepts it. An encrypted Secret is shown as Flux decrypts it. */
  refusal(object: KubeObject): Promise<ServerRefusal | undefined> {
    return this.#apply(object, 'All');
  }

  /** The same, but without dry run: the object is stored. */
  keep(object: KubeObject): Promise<ServerRefusal | undefined> {
    return this.#apply(object, undefined);
  }

  /** Removes a stored object. */
  async remove(object: KubeObject): Promise<void> {
    await this.#objects.delete(object);
  }

  async #apply(object: KubeObject, dryRun: 'All' | undefined): Promise<ServerRefusal | undefined> {
    this.#body = toYaml(asDecrypted(object));
    try {
      await this.#objects.patch(object, undefined, dryRun, manager, true, PatchStrategy.ServerSideApply);
      return undefined;
    } catch (error) {
      if (error instanceof ApiException)
        return refusalOf(reason(error).replace(/^HTTP \d+: /, ''), error.body);
      // The client's error if the API server does not serve the kind.
      if (error instanceof Error && error.message.startsWith('Unrecognized API version and kind'))
        return { message: error.message, causes: [] };
      throw error;
    }
  }
}
