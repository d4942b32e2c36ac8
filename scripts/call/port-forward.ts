import { type AddressInfo, createServer } from 'node:net';
import { KubeConfig, PortForward } from '@kubernetes/client-node';
import { Failure } from '../cli/failure.ts';
import { clusterClient, kubeconfigPath } from '../cluster/client.ts';

/** A port of this machine's loopback that leads to a port of a pod of the app, through the API server. */
export async function forwardToPod(
  cluster: string,
  app: string,
  port: number,
): Promise<{ port: number; close(): void }> {
  const { core } = clusterClient(cluster);
  const { items } = await core.listNamespacedPod({
    namespace: app,
    labelSelector: `app.kubernetes.io/name=${app}`,
  });
  const ready = items.find(
    ({ status, metadata }) =>
      metadata?.deletionTimestamp === undefined &&
      status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True'),
  );
  const pod = ready?.metadata?.name;
  if (pod === undefined) {
    throw new Failure(`no pod of ${app} is ready in ${cluster}.`, 'See why: npm run status');
  }
  return forwardTo(cluster, { namespace: app, pod, port });
}

/** The same to one pod. */
export async function forwardTo(
  cluster: string,
  { namespace, pod, port }: { namespace: string; pod: string; port: number },
): Promise<{ port: number; close(): void }> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath(cluster));
  const forward = new PortForward(config);
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    const closed = () => socket.destroy(); // what the caller sees where the other side hung up, or there is none
    forward
      .portForward(namespace, pod, [port], socket, null, socket)
      .then((tunnel) => {
        if (typeof tunnel !== 'function') tunnel.onclose = closed;
      })
      .catch(closed);
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', done);
  });
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
