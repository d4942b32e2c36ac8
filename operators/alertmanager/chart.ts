import { stringify } from 'yaml';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { deployment } from '../../charts/kube/deployment.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { annotations } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { denyAll } from '../../charts/kube/network-policy.ts';
import { nonRoot } from '../../charts/kube/pod.ts';
import { tcpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { volumeClaim } from '../../charts/kube/volume-claim.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { mutualIdentity } from '../../charts/observability/mutual-identity.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import { webConfig } from '../../charts/observability/web-config.ts';
import type { Environment } from '../../model/graph.ts';

const name = 'alertmanager';

/** Alertmanager, one pod. It has nobody to tell yet: alerts are seen on the page of Prometheus. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    namespace(chart, name, 'restricted');
    serviceAccount(chart, name, name);
    // Silences and what was told already.
    volumeClaim(chart, name, name, '100Mi');
    const identity = mutualIdentity(chart, env, name);
    const podAnnotations = configMap(chart, name, name, {
      'alertmanager.yaml': stringify(routes),
      'web.yaml': webConfig(name),
    });
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
        container: {
          name,
          image: imageRef(env, name),
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
          // The kubelet has no certificate of a caller.
          readinessProbe: tcpProbe('https', { period: 15 }),
          livenessProbe: tcpProbe('https', { period: 30 }),
          resources: { cpu: '10m', memory: '32Mi', memoryLimit: '96Mi' },
          volumeMounts: [
            { name: 'config', mountPath: '/etc/alertmanager', readOnly: true },
            { name: 'data', mountPath: '/data' },
            ...identity.volumeMounts,
          ],
        },
        volumes: [
          { name: 'config', configMap: { name } },
          { name: 'data', persistentVolumeClaim: { claimName: name } },
          ...identity.volumes,
        ],
      },
    });
    service(chart, name, name, [{ name: 'https', port: ports.alertmanager }]);
    denyAll(chart, name, ['Ingress', 'Egress']);
    allowScrapes(chart, env, name);
  });
}

const routes = {
  route: { receiver: 'nobody', group_by: ['alertname', 'namespace'], group_wait: '30s' },
  receivers: [{ name: 'nobody' }],
};
