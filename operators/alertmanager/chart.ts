import { stringify } from 'yaml';
import { component } from '../../charts/kube/component.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { tcpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import { store } from '../../charts/observability/store.ts';
import { webConfig } from '../../charts/observability/web-config.ts';
import type { Environment } from '../../model/graph.ts';

const name = 'alertmanager';

/** Alertmanager, one pod. It has nobody to tell yet: alerts are seen on the page of Prometheus. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    store(chart, env, {
      name,
      // Silences and notifications that were sent.
      size: '100Mi',
      configuration: {
        folder: '/etc/alertmanager',
        files: { 'alertmanager.yaml': stringify(routes), 'web.yaml': webConfig(name) },
      },
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
    allowScrapes(chart, env, name);
  });
}

const routes = {
  route: { receiver: 'nobody', group_by: ['alertname', 'namespace'], group_wait: '30s' },
  receivers: [{ name: 'nobody' }],
};
