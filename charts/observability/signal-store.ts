import { stringify } from 'yaml';
import type { Environment } from '../../model/graph.ts';
import { component } from '../kube/component.ts';
import { goMemoryLimit } from '../kube/go-memory-limit.ts';
import type { Component } from '../kube/kube-object.ts';
import { allow, pods, toDns } from '../kube/network-policy.ts';
import type { Resources } from '../kube/pod.ts';
import { tcpProbe } from '../kube/probe.ts';
import { service } from '../kube/service.ts';
import { signalBucket, toBucket } from './bucket.ts';
import { allowScrapes } from './observed.ts';
import { signalReaders } from './signal-use.ts';
import { store } from './store.ts';

/** Loki or Tempo: one program with one configuration file, in one pod. */
export interface SignalStoreInput {
  /** Name of the operator, which is also that of its namespace, image and workload. */
  name: string;
  purpose: 'logs' | 'traces';
  config: object;
  /** Ports by name; the probes use `queries`. */
  ports: { queries: number } & Record<string, number>;
  /** Callers: the name of an operator and the port that it calls. */
  callers: readonly (readonly [operator: string, port: number])[];
  resources: Resources;
}

/** The objects of a store with its data in a bucket of the stacks or, without a bucket, on its own volume. */
export function signalStore(env: Environment, input: SignalStoreInput): Component {
  const { name, purpose, config, ports, callers, resources } = input;
  const file = `${name}.yaml`;
  const folder = `/etc/${name}`;
  const bucket = signalBucket(env, name, purpose);
  const readers = signalReaders(env, name);
  return component(name, (chart) => {
    store(chart, env, {
      name,
      size: env.cluster.storage[purpose],
      configuration: { folder, files: { [file]: stringify(config) } },
      // Time to flush memory to the disk on shutdown.
      terminationGracePeriodSeconds: 120,
      mounted: bucket === undefined ? [] : [{ volume: bucket.volume, mount: bucket.volumeMount }],
      container: {
        args: [`-config.file=${folder}/${file}`],
        ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort })),
        env: [goMemoryLimit(name), ...(bucket?.env ?? [])],
        // The kubelet has no client certificate.
        readinessProbe: tcpProbe('queries', { period: 5 }),
        livenessProbe: tcpProbe('queries', { period: 30 }),
        resources,
      },
    });
    service(
      chart,
      name,
      name,
      Object.entries(ports).map(([port, number]) => ({ name: port, port: number })),
    );
    allow(chart, name, name, {
      ingress: [
        ...callers.map(([caller, port]) => ({ peers: [pods(caller, caller)], ports: [{ port }] })),
        ...(readers.length > 0 ? [{ peers: readers, ports: [{ port: ports.queries }] }] : []),
      ],
      ...(bucket === undefined ? {} : { egress: [toDns, toBucket] }),
    });
    allowScrapes(chart, env, name);
  });
}
