import { stringify } from 'yaml';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { daemonSet } from '../../charts/kube/daemon-set.ts';
import { goMemoryLimit } from '../../charts/kube/go-memory-limit.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { annotations } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, pods, toDns } from '../../charts/kube/network-policy.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { mutualIdentity } from '../../charts/observability/mutual-identity.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import { signalStores } from '../../charts/observability/stores.ts';
import type { Environment } from '../../model/graph.ts';
import { agentConfig, logsFolder, name, stateFolder } from './config.ts';

/** The collector on each node: sends the standard output of containers to the log store. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    namespace(chart, name, 'privileged');
    serviceAccount(chart, name, name);
    const { logs: store } = signalStores(env);
    const identity = mutualIdentity(chart, env, name);
    const podAnnotations = configMap(chart, name, name, { 'collector.yaml': stringify(agentConfig(env)) });
    daemonSet(chart, {
      name,
      namespace: name,
      user: 'root',
      annotations: { [annotations.reload]: 'files' },
      podAnnotations,
      pod: {
        serviceAccountName: name,
        container: {
          name,
          image: imageRef(env, 'opentelemetry-collector'),
          args: ['--config=file:/etc/collector/collector.yaml'],
          ports: [
            { name: 'health', containerPort: ports.health },
            { name: 'metrics', containerPort: ports.ownMetrics },
          ],
          env: [goMemoryLimit(name)],
          readinessProbe: httpProbe('health', '/'),
          livenessProbe: httpProbe('health', '/', { period: 20 }),
          resources: { cpu: '20m', memory: '96Mi', memoryLimit: '160Mi' },
          volumeMounts: [
            { name: 'config', mountPath: '/etc/collector', readOnly: true },
            { name: 'logs', mountPath: logsFolder, readOnly: true },
            { name: 'state', mountPath: stateFolder },
            ...identity.volumeMounts,
          ],
        },
        volumes: [
          { name: 'config', configMap: { name } },
          { name: 'logs', hostPath: { path: logsFolder, type: 'Directory' } },
          { name: 'state', hostPath: { path: stateFolder, type: 'DirectoryOrCreate' } },
          ...identity.volumes,
        ],
      },
    });
    denyAll(chart, name, ['Ingress', 'Egress']);
    allow(chart, name, name, {
      egress: [toDns, { peers: [pods(store.operator, store.operator)], ports: [{ port: store.port }] }],
    });
    allowScrapes(chart, env, name);
  });
}
