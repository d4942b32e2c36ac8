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
import { reason } from '../cluster/request.ts';
import { refusalOf, type ServerRefusal } from './refusal.ts';

/** Names the fields that it writes, in `managedFields`. */
const manager = 'plinth-verify';

/** How long one answer may take, in milliseconds. */
const timeout = 30_000;

/**
 * Shows objects to an API server, by server-side apply with every field validated, one after the other: who wants to show several at
 * once has several of these.
 */
export class DryRun {
  readonly #objects: KubernetesObjectApi;
  /** Of the object that is shown next. */
  #body = '';

  /** Of the cluster and the user that `config` names at present. */
  constructor(config: KubeConfig) {
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw new Error('the kubeconfig names no cluster: export KUBECONFIG=FILE');
    const pre = async (request: RequestContext): Promise<RequestContext> => {
      request.setSignal(AbortSignal.timeout(timeout));
      if (request.getHttpMethod() !== 'PATCH') return request;
      request.setQueryParam('fieldValidation', 'Strict');
      // As it is rendered: the client would leave out what its types do not know.
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

  /** Why the API server would not take an object; undefined where it would. */
  refusal(object: KubeObject): Promise<ServerRefusal | undefined> {
    return this.#apply(object, 'All');
  }

  /** The same, and the object stays there. */
  keep(object: KubeObject): Promise<ServerRefusal | undefined> {
    return this.#apply(object, undefined);
  }

  /** Removes an object that was kept. */
  async remove(object: KubeObject): Promise<void> {
    await this.#objects.delete(object);
  }

  async #apply(object: KubeObject, dryRun: 'All' | undefined): Promise<ServerRefusal | undefined> {
    this.#body = toYaml(object);
    try {
      await this.#objects.patch(object, undefined, dryRun, manager, true, PatchStrategy.ServerSideApply);
      return undefined;
    } catch (error) {
      if (error instanceof ApiException)
        return refusalOf(reason(error).replace(/^HTTP \d+: /, ''), error.body);
      // What the client throws where the API server serves no such kind.
      if (error instanceof Error && error.message.startsWith('Unrecognized API version and kind'))
        return { message: error.message, causes: [] };
      throw error;
    }
  }
}

/** A kubeconfig gives every request connections of its own: here all have those of the first. */
function keepingConnections(config: KubeConfig) {
  let connections: ReturnType<RequestContext['getDispatcher']>;
  return {
    getName: () => config.getName(),
    applySecurityAuthentication: async (request: RequestContext): Promise<void> => {
      await config.applySecurityAuthentication(request);
      connections ??= request.getDispatcher();
      if (connections !== undefined) request.setDispatcher(connections);
    },
  };
}
