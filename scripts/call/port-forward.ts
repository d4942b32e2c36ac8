import { type AddressInfo, createServer, type Socket } from 'node:net';
import { PortForward, type V1Pod } from '@kubernetes/client-node';
import { Failure } from '../cli/failure.ts';
import { type ClusterClient, clusterClient, kubeconfigPath, readKubeconfig } from '../cluster/client.ts';
import { reason } from '../cluster/request.ts';

/** A loopback port that is forwarded to a port of one of the app's pods, through the API server. */
export async function forwardToPod(
  cluster: string,
  app: string,
  port: number,
): Promise<{ port: number; close(): void }> {
  return forwardTo(cluster, { namespace: app, pod: await readyPod(clusterClient(cluster), app), port });
}

/** The name of a ready pod of an app or component. @throws Failure if none is ready. */
export async function readyPod({ core, name: cluster }: ClusterClient, app: string): Promise<string> {
  const labelSelector = `app.kubernetes.io/name=${app}`;
  const { items } = await core
    .listNamespacedPod({ namespace: app, labelSelector })
    .catch((error: unknown) => {
      throw unreachable(cluster, error);
    });
  const pod = items.find(isReady)?.metadata?.name;
  if (pod === undefined) {
    throw new Failure(`no pod of ${app} is ready in ${cluster}.`, 'For the reason: npm run status');
  }
  return pod;
}

/** A pod and one of its ports. */
export interface PodPort {
  namespace: string;
  pod: string;
  port: number;
}

/** The same for one pod. */
export async function forwardTo(cluster: string, to: PodPort): Promise<{ port: number; close(): void }> {
  return forward(cluster, async () => to);
}

/**
 * The same for a port of a Service: each connection goes to a pod that is ready at that time.
 * @param onFailure Called with the reason if a connection fails.
 */
export async function forwardToService(
  client: ClusterClient,
  to: { namespace: string; service: string; port: number },
  onFailure: (failure: Failure) => void,
): Promise<{ port: number; close(): void }> {
  return forward(client.name, () => podOfService(client, to), onFailure);
}

async function podOfService(
  { core, name: cluster }: ClusterClient,
  { namespace, service, port }: { namespace: string; service: string; port: number },
): Promise<PodPort> {
  const { spec } = await core.readNamespacedService({ namespace, name: service });
  const targetPort = spec?.ports?.find((one) => one.port === port)?.targetPort ?? port;
  const labels = Object.entries(spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  const { items } = await core.listNamespacedPod({ namespace, labelSelector: labels.join(',') });
  const ready = labels.length === 0 ? undefined : items.find(isReady);
  const pod = ready?.metadata?.name;
  if (pod === undefined) {
    throw new Failure(
      `no pod of the Service ${namespace}/${service} is ready in ${cluster}.`,
      'For the reason: npm run status',
    );
  }
  const named = ready?.spec?.containers
    .flatMap(({ ports = [] }) => ports)
    .find((one) => one.name === targetPort);
  return { namespace, pod, port: named?.containerPort ?? Number(targetPort) };
}

function isReady({ status, metadata }: V1Pod): boolean {
  const ready = status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True');
  return metadata?.deletionTimestamp === undefined && ready === true;
}

async function forward(
  cluster: string,
  find: () => Promise<PodPort>,
  onFailure: (failure: Failure) => void = () => {},
): Promise<{ port: number; close(): void }> {
  const tunnels = new PortForward(readKubeconfig(kubeconfigPath(cluster)));
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)));
    socket.on('error', () => socket.destroy());
    const closed = () => socket.destroy(); // the caller's error if the other side closed the connection, or if there is none
    find()
      .then(({ namespace, pod, port }) => tunnels.portForward(namespace, pod, [port], socket, null, socket))
      .then((tunnel) => {
        if (typeof tunnel === 'function') return;
        tunnel.onclose = closed;
        // The library closes the tunnel when the stream ends, but not when it is destroyed; an open tunnel
        // would keep the process running.
        const end = () => tunnel.close();
        if (socket.destroyed) end();
        else socket.once('close', end);
      })
      .catch((error: unknown) => {
        closed();
        onFailure(error instanceof Failure ? error : unreachable(cluster, error));
      });
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', done);
  });
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

function unreachable(cluster: string, cause: unknown): Failure {
  return new Failure(
    `the cluster '${cluster}' cannot be reached: ${reason(cause)}`,
    'For the reason: npm run status',
    {
      cause,
    },
  );
}
