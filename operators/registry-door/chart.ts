import type { Chart } from 'cdk8s';
import { platformRoute } from '../../charts/gateway/platform-route.ts';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { cronJob } from '../../charts/kube/cron-job.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { gateway, podLabels, trustName } from '../../charts/kube/names.ts';
import { allow, everyPodOf } from '../../charts/kube/network-policy.ts';
import { type ContainerInput, nonRoot } from '../../charts/kube/pod.ts';
import { role } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import type { Environment } from '../../model/graph.ts';
import { registryHost, registryName } from '../../model/registry.ts';
import { inSeconds } from '../../model/schema/duration.ts';
import { signatureTags } from '../../model/signature-tags.ts';
import { folders } from '../registry/configuration.ts';
import { doorGatewayPort } from '../registry/door.ts';

const space = registryName;
const cleanup = 'registry-cleanup';
const behindGateway = 'registry-gateway';
const keepFolder = '/etc/registry-keep';

/** How the registry is reached from outside and verified by nodes, and its clean-up; undefined where its overlay is `http`. */
export function chart(env: Environment): Component | undefined {
  const host = registryHost(env.cluster);
  if (host === undefined) return undefined;
  return component('registry-door', (chart) => {
    const port = { name: 'gateway', port: doorGatewayPort };
    service(chart, registryName, space, [port], behindGateway);
    allow(
      chart,
      registryName,
      space,
      {
        ingress: [{ peers: [everyPodOf(gateway.namespace)], ports: [{ port: doorGatewayPort }] }],
      },
      behindGateway,
    );
    platformRoute(chart, env, { name: registryName, host, port: doorGatewayPort, service: behindGateway });
    rootsForNodes(chart);
    cleanUp(chart, env);
  });
}

/** Each node fetches the registry's roots as itself: nothing in the cluster writes to a node. */
function rootsForNodes(chart: Chart): void {
  const name = trustName(registryName);
  role(chart, name, space, { group: 'system:nodes' }, [
    { apiGroups: [''], resources: ['configmaps'], resourceNames: [name], verbs: ['get'] },
  ]);
}

/** Half an hour to find a pause, and an hour to clean up. */
const deadlineSeconds = 5400;

/** Longer than the job can run, and than its end takes: a push during the collection loses its layers. */
const closedSeconds = deadlineSeconds + 600;

/**
 * Each night: no push is taken, what nothing keeps is dropped, its blobs are collected, pushes are taken again. Pulls go on.
 * The pod shares the registry's volume, and so its node.
 */
function cleanUp(chart: Chart, env: Environment): void {
  serviceAccount(chart, cleanup, space);
  configMap(chart, cleanup, space, {
    keep: kept(env)
      .map((line) => `${line}\n`)
      .join(''),
  });
  const data = { name: 'data', mountPath: folders.data };
  const step = (name: string, args: string[]): ContainerInput => ({
    name,
    image: imageRef(env, 'registry-door'),
    args: [...args, `--data=${folders.data}`],
    resources: { cpu: '10m', memory: '32Mi', memoryLimit: '128Mi' },
    volumeMounts: [data],
  });
  const age = `${inSeconds(env.cluster.registry.keep) / 3600}h`;
  const close = step('close', [
    'close',
    `--keep=${keepFolder}/keep`,
    `--age=${age}`,
    `--closed=${closedSeconds}s`,
  ]);
  cronJob(chart, {
    name: cleanup,
    namespace: space,
    annotations: {},
    podAnnotations: {},
    cron: '17 3 * * *',
    timeZone: 'Etc/UTC',
    overlap: 'Forbid',
    deadlineSeconds,
    lateSeconds: 3600,
    retries: 0,
    history: { succeeded: 1, failed: 3 },
    pod: {
      serviceAccountName: cleanup,
      user: nonRoot,
      ownsVolumes: true,
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              topologyKey: 'kubernetes.io/hostname',
              labelSelector: { matchLabels: podLabels(registryName) },
            },
          ],
        },
      },
      init: [
        {
          ...close,
          volumeMounts: [data, { name: 'keep', mountPath: keepFolder, readOnly: true }],
        },
        {
          name: 'collect',
          image: imageRef(env, 'registry'),
          args: ['garbage-collect', `${folders.config}/config.yml`],
          env: [{ name: 'OTEL_TRACES_EXPORTER', value: 'none' }],
          resources: { cpu: '20m', memory: '64Mi', memoryLimit: '512Mi' },
          volumeMounts: [data, { name: 'config', mountPath: folders.config, readOnly: true }],
        },
      ],
      container: step('open', ['open']),
      volumes: [
        { name: 'data', persistentVolumeClaim: { claimName: registryName } },
        { name: 'config', configMap: { name: registryName } },
        { name: 'keep', configMap: { name: cleanup } },
      ],
    },
  });
}

/** Images that the clean-up keeps independent of their age: those in manifests, and those to which `rollback` can return, with their signatures. */
function kept({ apps, cluster }: Environment): string[] {
  const prefix = `${registryHost(cluster)}/`;
  const named = apps
    .flatMap(({ imageRef, migrationsRef }) => [imageRef, migrationsRef ?? ''])
    .filter((ref) => ref.startsWith(prefix))
    .map((ref) => ref.slice(prefix.length).replace(/:[^@:]+@/, '@'));
  const published = apps.flatMap(({ publishedImages }) => publishedImages);
  return [...new Set([...named, ...published, ...published.flatMap(proofsOf)])].sort();
}

/** The tags beside an image, `NAME@DIGEST`, with its signatures and attestations. */
function proofsOf(image: string): string[] {
  const [name = '', digest = ''] = image.split('@');
  return Object.values(signatureTags(digest)).map((tag) => `${name}:${tag}`);
}
