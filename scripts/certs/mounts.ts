import type { V1Pod } from '@kubernetes/client-node';
import { gateway } from '../../charts/kube/names.ts';

/** A pod with a certificate: in a volume, or as an instance of Postgres. */
export interface Holder {
  namespace: string;
  pod: string;
  /** Its app, by its label. */
  app: string;
  ready: boolean;
  /** Folder of the certificate in its container. */
  folder: string;
  /** Port on which it serves probes and metrics in plain text, if it has one. */
  plainPort?: number;
}

/** The pods of a cluster that mount the Secret; ended or terminating pods are left out. */
export function mountsOf(pods: readonly V1Pod[], namespace: string, secret: string): Holder[] {
  return living(pods, namespace).flatMap((pod) => {
    const names = (pod.spec?.volumes ?? [])
      .filter(
        ({ secret: whole, projected }) =>
          whole?.secretName === secret ||
          projected?.sources?.some(({ secret: part }) => part?.name === secret),
      )
      .map(({ name }) => name);
    const mounts = (pod.spec?.containers ?? []).flatMap(({ volumeMounts = [] }) => volumeMounts);
    const folder = mounts.find(({ name }) => names.includes(name))?.mountPath;
    return folder === undefined ? [] : [holder(pod, folder)];
  });
}

/** The instances of a Postgres cluster, which read their Secrets through the API server and mount none. */
export function instancesOf(pods: readonly V1Pod[], namespace: string, cluster: string): Holder[] {
  return living(pods, namespace)
    .filter(
      ({ metadata }) =>
        metadata?.labels?.['cnpg.io/cluster'] === cluster &&
        metadata.labels['cnpg.io/podRole'] === 'instance',
    )
    .map((pod) => holder(pod, '/controller/certificates'));
}

/** The pods of the gateway: Traefik reads its Secret through the API server. */
export function gatewaysOf(pods: readonly V1Pod[]): Holder[] {
  return living(pods, gateway.namespace)
    .filter(({ metadata }) => metadata?.labels?.['app.kubernetes.io/name'] === gateway.className)
    .map((pod) => holder(pod, ''));
}

function living(pods: readonly V1Pod[], namespace: string): V1Pod[] {
  return pods.filter(
    ({ metadata, status }) =>
      metadata?.namespace === namespace &&
      metadata.deletionTimestamp === undefined &&
      status?.phase !== 'Succeeded' &&
      status?.phase !== 'Failed',
  );
}

function holder({ metadata, spec, status }: V1Pod, folder: string): Holder {
  const plainPort = (spec?.containers ?? [])
    .map(({ readinessProbe, ports }) => {
      const port = readinessProbe?.httpGet?.port;
      return typeof port === 'string' ? ports?.find(({ name }) => name === port)?.containerPort : port;
    })
    .find((port) => typeof port === 'number');
  return {
    namespace: metadata?.namespace ?? '',
    pod: metadata?.name ?? '',
    app: metadata?.labels?.['app.kubernetes.io/name'] ?? metadata?.namespace ?? '',
    ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    folder,
    ...(plainPort === undefined ? {} : { plainPort }),
  };
}
