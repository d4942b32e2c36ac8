import { stringify } from 'yaml';
import type { Environment } from '../model/graph.ts';
import { nodePorts } from '../model/node-ports.ts';
import { component } from './component.ts';
import { configMap } from './config-map.ts';
import { deployment } from './deployment.ts';
import { imageRef } from './image.ts';
import type { Component } from './kube-object.ts';
import { namespace } from './namespace.ts';
import { allow, denyAll } from './network-policy.ts';
import { nonRoot } from './pod.ts';
import { httpProbe } from './probe.ts';
import { service } from './service.ts';
import { serviceAccount } from './service-account.ts';
import { volumeClaim } from './volume-claim.ts';

const name = 'registry';
const space = 'registry';
const port = 5000;
const folders = { config: '/etc/registry', data: '/var/lib/registry', tls: '/etc/registry-tls' } as const;

/** Secret with the registry's certificate where its overlay is `tls`. */
export const registryTlsSecret = 'registry-tls';

/** The registry of the team's own images. Nodes reach it by the node port, which answers on each of them. */
export function registry(env: Environment): Component {
  const { overlay, storage } = env.cluster.registry;
  const tls = overlay === 'tls';
  return component(name, (chart) => {
    namespace(chart, space, 'restricted');
    serviceAccount(chart, name, space);
    volumeClaim(chart, name, space, storage);
    const podAnnotations = configMap(chart, name, space, { 'config.yml': stringify(configuration(tls)) });
    deployment(chart, {
      name,
      namespace: space,
      update: 'recreate',
      podAnnotations,
      pod: {
        serviceAccountName: name,
        user: nonRoot,
        ownsVolumes: true,
        container: {
          name,
          image: imageRef(env, 'registry'),
          args: ['serve', `${folders.config}/config.yml`],
          // The registry exports traces to localhost unless it is told not to.
          env: [{ name: 'OTEL_TRACES_EXPORTER', value: 'none' }],
          ports: [{ name, containerPort: port }],
          readinessProbe: httpProbe(name, '/', { period: 2, scheme: tls ? 'HTTPS' : 'HTTP' }),
          livenessProbe: httpProbe(name, '/', { scheme: tls ? 'HTTPS' : 'HTTP' }),
          resources: { cpu: '20m', memory: '64Mi', memoryLimit: '512Mi' },
          volumeMounts: [
            { name: 'config', mountPath: folders.config, readOnly: true },
            { name: 'data', mountPath: folders.data },
            ...(tls ? [{ name: 'tls', mountPath: folders.tls, readOnly: true }] : []),
          ],
        },
        volumes: [
          { name: 'config', configMap: { name } },
          { name: 'data', persistentVolumeClaim: { claimName: name } },
          ...(tls ? [{ name: 'tls', secret: { secretName: registryTlsSecret } }] : []),
        ],
      },
    });
    service(chart, name, space, [{ name, port, nodePort: nodePorts.registry }]);
    denyAll(chart, space, ['Ingress', 'Egress']);
    allow(chart, name, space, { ingress: [{ ports: [{ port }] }] });
  });
}

function configuration(tls: boolean): object {
  return {
    version: '0.1',
    // Each request is in the other log too; this one would repeat every probe.
    log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: folders.data },
      cache: { blobdescriptor: 'inmemory' },
      delete: { enabled: true },
    },
    http: {
      addr: `:${port}`,
      headers: { 'X-Content-Type-Options': ['nosniff'] },
      ...(tls ? { tls: { certificate: `${folders.tls}/tls.crt`, key: `${folders.tls}/tls.key` } } : {}),
    },
    health: { storagedriver: { enabled: true, interval: '10s', threshold: 3 } },
  };
}
