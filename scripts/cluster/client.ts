import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  CustomObjectsApi,
  createConfiguration,
  KubeConfig,
  ServerConfiguration,
} from '@kubernetes/client-node';
import { stateDir } from '../../images/cache/paths.ts';
import { Failure } from '../cli/failure.ts';

/** Typed access to one cluster, with a timeout for every request. */
export interface ClusterClient {
  /** `name` of cluster.yaml. */
  name: string;
  /** Path of its kubeconfig. */
  kubeconfig: string;
  /** Its content. */
  config: KubeConfig;
  /** Address of the API server. */
  server: string;
  core: CoreV1Api;
  apps: AppsV1Api;
  batch: BatchV1Api;
  custom: CustomObjectsApi;
}

/** Path of the kubeconfig that init-cluster writes for a cluster. */
export function kubeconfigPath(name: string): string {
  return join(stateDir(), name, 'kubeconfig');
}

/** Whether this machine has the kubeconfig of a cluster. */
export function hasKubeconfig(name: string): boolean {
  return existsSync(kubeconfigPath(name));
}

/** A client of a cluster, with the kubeconfig in the state folder. */
export function clusterClient(name: string, timeoutMs = 5_000): ClusterClient {
  const path = kubeconfigPath(name);
  if (!existsSync(path)) {
    throw new Failure(
      `there is no cluster '${name}' on this machine: ${path} does not exist.`,
      'Create it: npm run init-cluster',
    );
  }
  return clientFrom(path, name, timeoutMs);
}

/** The kubeconfig in a file. @throws Failure if it is none. */
export function readKubeconfig(path: string): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromFile(path);
  } catch (cause) {
    throw new Failure(`${path} is not a valid kubeconfig.`, 'Write it again: npm run init-cluster', {
      cause,
    });
  }
  return config;
}

/** A client with the kubeconfig in a file. `name`: name of the cluster, for messages. @throws Failure if the file is no kubeconfig. */
export function clientFrom(kubeconfig: string, name: string, timeoutMs = 5_000): ClusterClient {
  const config = readKubeconfig(kubeconfig);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) {
    throw new Failure(`${kubeconfig} has no current cluster.`, 'Write it again: npm run init-cluster');
  }
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    authMethods: { default: config },
    promiseMiddleware: [
      {
        pre: async (request) => {
          request.setSignal(AbortSignal.timeout(timeoutMs));
          return request;
        },
        post: async (response) => response,
      },
    ],
  });
  return {
    name,
    kubeconfig,
    config,
    server,
    core: new CoreV1Api(configuration),
    apps: new AppsV1Api(configuration),
    batch: new BatchV1Api(configuration),
    custom: new CustomObjectsApi(configuration),
  };
}
