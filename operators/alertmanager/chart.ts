import { stringify } from 'yaml';
import { component } from '../../charts/kube/component.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { allow, toDns } from '../../charts/kube/network-policy.ts';
import { tcpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import {
  alertmanagerConfig,
  receiverPorts,
  receiverSecret,
  receiversFolder,
} from '../../charts/observability/alertmanager-config.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import { store } from '../../charts/observability/store.ts';
import { webConfig } from '../../charts/observability/web-config.ts';
import type { Environment } from '../../model/graph.ts';

const name = 'alertmanager';

/** Alertmanager, one pod. It notifies the receivers of cluster.yaml. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    const secret = receiverSecret(env);
    const outside = receiverPorts(env);
    store(chart, env, {
      name,
      // Silences and notifications that were sent.
      size: '100Mi',
      configuration: {
        folder: '/etc/alertmanager',
        files: { 'alertmanager.yaml': stringify(alertmanagerConfig(env)), 'web.yaml': webConfig(name) },
      },
      mounted: secret === undefined ? [] : [mountedSecret(secret)],
      container: {
        args: [
          '--config.file=/etc/alertmanager/alertmanager.yaml',
          '--storage.path=/data',
          `--web.listen-address=:${ports.alertmanager}`,
          '--web.config.file=/etc/alertmanager/web.yaml',
          // One pod has no peers.
          '--cluster.listen-address=',
          '--log.format=json',
        ],
        ports: [{ name: 'https', containerPort: ports.alertmanager }],
        // The kubelet has no client certificate.
        readinessProbe: tcpProbe('https', { period: 15 }),
        livenessProbe: tcpProbe('https', { period: 30 }),
        resources: { cpu: '10m', memory: '32Mi', memoryLimit: '96Mi' },
      },
    });
    service(chart, name, name, [{ name: 'https', port: ports.alertmanager }]);
    if (outside.length > 0)
      allow(chart, name, name, { egress: [toDns, { ports: outside.map((port) => ({ port })) }] });
    allowScrapes(chart, env, name);
  });
}

/** Keys of the receivers' Secret that the pod mounts. */
function mountedSecret({ name: secretName, keys }: { name: string; keys: string[] }) {
  const items = keys.map((key) => ({ key, path: key }));
  return {
    volume: { name: 'receivers', secret: { secretName, defaultMode: 0o440, items } },
    mount: { name: 'receivers', mountPath: receiversFolder, readOnly: true },
  };
}
