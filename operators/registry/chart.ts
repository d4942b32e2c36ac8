import { stringify } from 'yaml';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { deployment } from '../../charts/kube/deployment.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { registryTlsSecret } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll } from '../../charts/kube/network-policy.ts';
import { nonRoot } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { volumeClaim } from '../../charts/kube/volume-claim.ts';
import type { Environment } from '../../model/graph.ts';
import { nodePorts } from '../../model/schema/node-ports.ts';

const name = 'registry';
const space = 'registry';
const port = 5000;

/** Port for pushes, on the pod's loopback only: reached by a port-forward of the API server. */
export const registryWritePort = 5001;

const folders = { config: '/etc/registry', data: '/var/lib/registry', tls: '/etc/registry-tls' } as const;

/**
 * The registry of the team's own images. Nodes reach it by the node port, which serves only reads. A second
 * process accepts pushes on the pod's loopback address: the right to push is the right to forward a port into
 * this namespace, so there is no password.
 */
export function chart(env: Environment): Component {
  const { overlay, storage } = env.cluster.registry;
  const tls = overlay === 'tls';
  return component(name, (chart) => {
    namespace(chart, space, 'restricted');
    serviceAccount(chart, name, space);
    volumeClaim(chart, name, space, storage);
    const podAnnotations = configMap(chart, name, space, {
      'config.yml': stringify(readConfiguration(tls)),
      'write.yml': stringify(writeConfiguration),
    });
    const image = imageRef(env, 'registry');
    // The registry's default exports traces to localhost.
    const environment = [{ name: 'OTEL_TRACES_EXPORTER', value: 'none' }];
    const config = { name: 'config', mountPath: folders.config, readOnly: true };
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
          image,
          args: ['serve', `${folders.config}/config.yml`],
          env: environment,
          ports: [{ name, containerPort: port }],
          readinessProbe: httpProbe(name, '/', { period: 2, scheme: tls ? 'HTTPS' : 'HTTP' }),
          livenessProbe: httpProbe(name, '/', { scheme: tls ? 'HTTPS' : 'HTTP' }),
          resources: { cpu: '20m', memory: '64Mi', memoryLimit: '512Mi' },
          volumeMounts: [
            config,
            { name: 'data', mountPath: folders.data, readOnly: true },
            ...(tls ? [{ name: 'tls', mountPath: folders.tls, readOnly: true }] : []),
          ],
        },
        beside: [
          {
            name: 'write',
            image,
            args: ['serve', `${folders.config}/write.yml`],
            env: environment,
            resources: { cpu: '10m', memory: '64Mi', memoryLimit: '512Mi' },
            volumeMounts: [config, { name: 'data', mountPath: folders.data }],
          },
        ],
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

/** The other log has each request too; this one would also have every probe. */
const log = { level: 'info', formatter: 'json', accesslog: { disabled: true } };
const filesystem = { rootdirectory: folders.data };

function readConfiguration(tls: boolean): object {
  return {
    version: '0.1',
    log,
    storage: {
      filesystem,
      cache: { blobdescriptor: 'inmemory' },
      maintenance: { readonly: { enabled: true }, uploadpurging: { enabled: false } },
    },
    http: {
      addr: `:${port}`,
      headers: { 'X-Content-Type-Options': ['nosniff'] },
      ...(tls ? { tls: { certificate: `${folders.tls}/tls.crt`, key: `${folders.tls}/tls.key` } } : {}),
    },
    health: { storagedriver: { enabled: true, interval: '10s', threshold: 3 } },
  };
}

/** Nothing is deleted: running and earlier versions stay. */
const writeConfiguration = {
  version: '0.1',
  log,
  storage: { filesystem, delete: { enabled: false } },
  http: { addr: `127.0.0.1:${registryWritePort}` },
};
