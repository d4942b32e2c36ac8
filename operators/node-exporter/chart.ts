import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { daemonSet } from '../../charts/kube/daemon-set.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { annotations } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { denyAll } from '../../charts/kube/network-policy.ts';
import { tcpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { mutualIdentity } from '../../charts/observability/mutual-identity.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import { webConfig } from '../../charts/observability/web-config.ts';
import type { Environment } from '../../model/graph.ts';

const name = 'node-exporter';

/**
 * Collectors whose metrics an alert or `npm run top` reads; that of network interfaces would need the node's
 * network.
 */
const collectors = [
  'cpu',
  'diskstats',
  'filesystem',
  'loadavg',
  'meminfo',
  'pressure',
  'stat',
  'time',
  'timex',
  'uname',
];

/**
 * Mounts that are not disks: of the kernel, of pods and containers, and files and folders of the host in a
 * Kind node. Each would cause its own alert about the same disk.
 */
const excludedMounts =
  '^/(dev|proc|run|sys|etc/.+|kind/.+|usr/lib/modules|var/lib/(containerd|docker|kubelet)/.+)($|/)';

/** Node exporter on each node, as the user nobody, with the node's root mounted read-only. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    namespace(chart, name, 'privileged');
    serviceAccount(chart, name, name);
    const identity = mutualIdentity(chart, env, name);
    const podAnnotations = configMap(chart, name, name, { 'web.yaml': webConfig(name) });
    daemonSet(chart, {
      name,
      namespace: name,
      user: 'nonroot',
      annotations: { [annotations.reload]: 'files' },
      podAnnotations,
      pod: {
        serviceAccountName: name,
        ownsVolumes: true,
        container: {
          name,
          image: imageRef(env, name),
          args: [
            `--web.listen-address=:${ports.nodeExporter}`,
            '--web.config.file=/etc/node-exporter/web.yaml',
            '--path.rootfs=/host',
            '--path.procfs=/host/proc',
            '--path.sysfs=/host/sys',
            '--collector.disable-defaults',
            `--collector.filesystem.mount-points-exclude=${excludedMounts}`,
            ...collectors.map((each) => `--collector.${each}`),
            '--log.format=json',
          ],
          ports: [{ name: 'https', containerPort: ports.nodeExporter }],
          // The kubelet has no client certificate.
          readinessProbe: tcpProbe('https', { period: 30 }),
          livenessProbe: tcpProbe('https', { period: 30 }),
          resources: { cpu: '10m', memory: '24Mi', memoryLimit: '64Mi' },
          volumeMounts: [
            { name: 'config', mountPath: '/etc/node-exporter', readOnly: true },
            { name: 'host', mountPath: '/host', readOnly: true, mountPropagation: 'HostToContainer' },
            ...identity.volumeMounts,
          ],
        },
        volumes: [
          { name: 'config', configMap: { name } },
          { name: 'host', hostPath: { path: '/', type: 'Directory' } },
          ...identity.volumes,
        ],
      },
    });
    service(chart, name, name, [{ name: 'https', port: ports.nodeExporter }]);
    denyAll(chart, name, ['Ingress', 'Egress']);
    allowScrapes(chart, env, name);
  });
}
