import { stringify } from 'yaml';
import type { Environment } from '../../model/graph.ts';
import { component } from '../kube/component.ts';
import { configMap } from '../kube/config-map.ts';
import { deployment } from '../kube/deployment.ts';
import { goMemoryLimit } from '../kube/go-memory-limit.ts';
import { imageRef } from '../kube/image.ts';
import type { Component } from '../kube/kube-object.ts';
import { annotations } from '../kube/names.ts';
import { namespace } from '../kube/namespace.ts';
import { allow, denyAll, pods, toDns } from '../kube/network-policy.ts';
import { nonRoot, type Resources } from '../kube/pod.ts';
import { tcpProbe } from '../kube/probe.ts';
import { service } from '../kube/service.ts';
import { serviceAccount } from '../kube/service-account.ts';
import { volumeClaim } from '../kube/volume-claim.ts';
import { signalBucket, toBucket } from './bucket.ts';
import { mutualIdentity } from './mutual-identity.ts';
import { allowScrapes } from './observed.ts';

/** Loki or Tempo: one program with one file of configuration, in one pod. */
export interface SignalStoreInput {
  /** Name of the operator, its namespace, image and workload. */
  name: string;
  purpose: 'logs' | 'traces';
  config: object;
  dataFolder: string;
  /** By name; the kubelet looks at `queries`. */
  ports: { queries: number } & Record<string, number>;
  /** From an operator to the port at which it calls. */
  callers: readonly (readonly [operator: string, port: number])[];
  resources: Resources;
}

/** The objects of a store that has its data in a bucket of the stacks, or on its own volume where there is none. */
export function signalStore(env: Environment, input: SignalStoreInput): Component {
  const { name, purpose, config, dataFolder, ports, callers, resources } = input;
  const file = `${name}.yaml`;
  const folder = `/etc/${name}`;
  const bucket = signalBucket(env, name, purpose);
  return component(name, (chart) => {
    namespace(chart, name, 'restricted');
    serviceAccount(chart, name, name);
    volumeClaim(chart, name, name, env.cluster.storage[purpose]);
    const identity = mutualIdentity(chart, env, name);
    const podAnnotations = configMap(chart, name, name, { [file]: stringify(config) });
    deployment(chart, {
      name,
      namespace: name,
      update: 'recreate',
      annotations: { [annotations.reload]: 'files' },
      podAnnotations,
      pod: {
        serviceAccountName: name,
        user: nonRoot,
        ownsVolumes: true,
        // It writes what it holds in memory to the disk first.
        terminationGracePeriodSeconds: 120,
        container: {
          name,
          image: imageRef(env, name),
          args: [`-config.file=${folder}/${file}`],
          ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort })),
          env: [goMemoryLimit(name), ...(bucket?.env ?? [])],
          // The kubelet has no certificate of a caller.
          readinessProbe: tcpProbe('queries', { period: 5 }),
          livenessProbe: tcpProbe('queries', { period: 30 }),
          resources,
          volumeMounts: [
            { name: 'config', mountPath: folder, readOnly: true },
            { name: 'data', mountPath: dataFolder },
            ...(bucket === undefined ? [] : [bucket.volumeMount]),
            ...identity.volumeMounts,
          ],
        },
        volumes: [
          { name: 'config', configMap: { name } },
          { name: 'data', persistentVolumeClaim: { claimName: name } },
          ...(bucket === undefined ? [] : [bucket.volume]),
          ...identity.volumes,
        ],
      },
    });
    service(
      chart,
      name,
      name,
      Object.entries(ports).map(([port, number]) => ({ name: port, port: number })),
    );
    denyAll(chart, name, ['Ingress', 'Egress']);
    allow(chart, name, name, {
      ingress: callers.map(([caller, port]) => ({ peers: [pods(caller, caller)], ports: [{ port }] })),
      ...(bucket === undefined ? {} : { egress: [toDns, toBucket] }),
    });
    allowScrapes(chart, env, name);
  });
}
