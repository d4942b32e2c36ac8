import {
  ApiException,
  createConfiguration,
  HttpMethod,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  type RequestContext,
  type ResponseContext,
  ServerConfiguration,
} from '@kubernetes/client-node';
import { listField } from '../../charts/kube/field.ts';
import { isKubeObject, type KubeObject } from '../../charts/kube/kube-object.ts';
import { keepingConnections } from './keep-connections.ts';
import { isNotFound } from './request.ts';

/** Time-out of one response, in milliseconds. */
const timeout = 30_000;

/** A version of the API, and a kind of it. */
export interface ApiKind {
  apiVersion: string;
  kind: string;
}

/** Objects of any kind as the API server writes them: the client's own types would drop and rename fields. */
export class RawObjects extends KubernetesObjectApi {
  /** Connection options of the current cluster and user in `config`. */
  constructor(config: KubeConfig) {
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw new Error('the kubeconfig names no cluster');
    const pre = async (request: RequestContext): Promise<RequestContext> => {
      request.setSignal(AbortSignal.timeout(timeout));
      return request;
    };
    super(
      createConfiguration({
        baseServer: new ServerConfiguration(server, {}),
        authMethods: { default: keepingConnections(config) },
        promiseMiddleware: [{ pre, post: async (response) => response }],
      }),
    );
  }

  /**
   * All objects of a kind with a label, by one request; undefined if the API server does not serve the kind.
   * @param only `metadata`: without spec, status and data.
   */
  async listed(
    { apiVersion, kind }: ApiKind,
    { label, only }: { label: string; only?: 'metadata' },
  ): Promise<KubeObject[] | undefined> {
    const resource = await this.resource(apiVersion, kind).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (resource === undefined) return undefined;
    const path = await this.specUriPath({ apiVersion, kind, metadata: {} }, 'list');
    const request = this.configuration.baseServer.makeRequestContext(path, HttpMethod.GET);
    const json = 'application/json';
    request.setHeaderParam(
      'Accept',
      only === 'metadata' ? `${json};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1` : json,
    );
    request.setQueryParam('labelSelector', label);
    const list = await this.requestPromise(request);
    // Items of a list do not repeat what they are.
    return listField(list, 'items')
      .map((item) => ({ ...Object(item), apiVersion, kind }))
      .filter(isKubeObject);
  }

  /** An object; undefined if it does not exist. */
  async found({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): Promise<unknown> {
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    const path = await this.specUriPath({ apiVersion, kind, metadata }, 'read');
    const request = this.configuration.baseServer.makeRequestContext(path, HttpMethod.GET);
    request.setHeaderParam('Accept', 'application/json');
    return this.requestPromise(request).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  }

  /** The object after a forced apply by that manager; nothing is stored. */
  async dryRunApply(object: KubeObject, manager: string): Promise<unknown> {
    const { apiVersion, kind, metadata } = object;
    const { name, namespace } = metadata;
    const path = await this.specUriPath(
      { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } },
      'patch',
    );
    const request = this.configuration.baseServer.makeRequestContext(path, HttpMethod.PATCH);
    request.setHeaderParam('Accept', 'application/json');
    request.setHeaderParam('Content-Type', PatchStrategy.ServerSideApply);
    request.setQueryParam('dryRun', 'All');
    request.setQueryParam('fieldManager', manager);
    request.setQueryParam('force', 'true');
    // JSON is YAML too.
    request.setBody(JSON.stringify(object));
    return this.requestPromise(request);
  }

  protected override async processResponse<T extends KubernetesObject>(
    response: ResponseContext,
  ): Promise<T> {
    const text = await response.body.text();
    if (response.httpStatusCode >= 200 && response.httpStatusCode <= 299) return JSON.parse(text);
    throw new ApiException(response.httpStatusCode, 'Unsuccessful HTTP Request', text, response.headers);
  }
}
