import { stringify } from 'yaml';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { deployment } from '../../charts/kube/deployment.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { annotations } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, toDns } from '../../charts/kube/network-policy.ts';
import { nonRoot } from '../../charts/kube/pod.ts';
import { tcpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { volumeClaim } from '../../charts/kube/volume-claim.ts';
import {
  alertmanagerConfig,
  receiverPorts,
  receiverSecret,
  receiversFolder,
} from '../../charts/observability/alertmanager-config.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { mutualIdentity } from '../../charts/observability/mutual-identity.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import { webConfig } from '../../charts/observability/web-config.ts';
import type { Environment } from '../../model/graph.ts';

const name = 'alertmanager';

/** Alertmanager, one pod. It tells whom cluster.yaml names. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    namespace(chart, name, 'restricted');
    serviceAccount(chart, name, name);
    // Silences and what was told already.
    volumeClaim(chart, name, name, '100Mi');
    const identity = mutualIdentity(chart, env, name);
    const secret = receiverSecret(env);
    const outside = receiverPorts(env);
    const podAnnotations = configMap(chart, name, name, {
      'alertmanager.yaml': stringify(alertmanagerConfig(env)),
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
            ...(secret === undefined
              ? []
              : [{ name: 'receivers', mountPath: receiversFolder, readOnly: true }]),
            ...identity.volumeMounts,
          ],
        },
        volumes: [
          { name: 'config', configMap: { name } },
          { name: 'data', persistentVolumeClaim: { claimName: name } },
          ...(secret === undefined ? [] : [secretVolume(secret)]),
          ...identity.volumes,
        ],
      },
    });
    service(chart, name, name, [{ name: 'https', port: ports.alertmanager }]);
    denyAll(chart, name, ['Ingress', 'Egress']);
    if (outside.length > 0)
      allow(chart, name, name, { egress: [toDns, { ports: outside.map((port) => ({ port })) }] });
    allowScrapes(chart, env, name);
  });
}

/** What the receivers read of their Secret: no other key of it gets into the pod. */
function secretVolume({ name: secretName, keys }: { name: string; keys: string[] }) {
  const items = keys.map((key) => ({ key, path: key }));
  return { name: 'receivers', secret: { secretName, defaultMode: 0o440, items } };
}
