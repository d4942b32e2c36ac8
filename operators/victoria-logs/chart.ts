import { component } from '../../charts/kube/component.ts';
import { deployment } from '../../charts/kube/deployment.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { annotations } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, pods } from '../../charts/kube/network-policy.ts';
import { nonRoot } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { volumeClaim } from '../../charts/kube/volume-claim.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { mutualIdentity, serverFiles } from '../../charts/observability/mutual-identity.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import type { Environment } from '../../model/graph.ts';
import { inUnits } from '../../model/schema/quantity.ts';

const name = 'victoria-logs';
/** Part of the volume that log lines may take: the oldest day goes first, and merges need room. */
const usable = 0.8;

/**
 * VictoriaLogs, one pod. It serves TLS with a certificate of its own authority; to verify its callers' is a feature of its
 * commercial edition (`-mtls`), so that the network policy alone keeps others out.
 */
export function chart(env: Environment): Component {
  const { retention, storage } = env.cluster;
  return component(name, (chart) => {
    namespace(chart, name, 'restricted');
    serviceAccount(chart, name, name);
    volumeClaim(chart, name, name, storage.logs);
    const identity = mutualIdentity(chart, env, name);
    const files = serverFiles(name);
    deployment(chart, {
      name,
      namespace: name,
      update: 'recreate',
      annotations: { [annotations.reload]: 'files' },
      pod: {
        serviceAccountName: name,
        user: nonRoot,
        ownsVolumes: true,
        container: {
          name,
          image: imageRef(env, name),
          args: [
            '-storageDataPath=/data',
            `-retentionPeriod=${retention.logs}`,
            `-retention.maxDiskSpaceUsageBytes=${Math.floor(usable * inUnits(storage.logs))}`,
            `-httpListenAddr=:${ports.logs}`,
            '-tls',
            `-tlsCertFile=${files.certificate}`,
            `-tlsKeyFile=${files.key}`,
            '-loggerFormat=json',
            '-memory.allowedPercent=50',
          ],
          ports: [{ name: 'https', containerPort: ports.logs }],
          readinessProbe: httpProbe('https', '/health', { scheme: 'HTTPS', period: 5 }),
          livenessProbe: httpProbe('https', '/health', { scheme: 'HTTPS' }),
          resources: { cpu: '20m', memory: '64Mi', memoryLimit: '256Mi' },
          volumeMounts: [{ name: 'data', mountPath: '/data' }, ...identity.volumeMounts],
        },
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }, ...identity.volumes],
      },
    });
    service(chart, name, name, [{ name: 'https', port: ports.logs }]);
    denyAll(chart, name, ['Ingress', 'Egress']);
    allow(chart, name, name, {
      ingress: ['opentelemetry-agent', 'opentelemetry-collector'].map((writer) => ({
        peers: [pods(writer, writer)],
        ports: [{ port: ports.logs }],
      })),
    });
    allowScrapes(chart, env, name);
  });
}
