import type { Chart } from 'cdk8s';
import { stringify } from 'yaml';
import { leafCertificate } from '../../charts/identity/certificate.ts';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { deployment } from '../../charts/kube/deployment.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { annotations, registryTrustLabel, routesLabel } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll } from '../../charts/kube/network-policy.ts';
import { type ContainerInput, nonRoot, type PodInput } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { volumeClaim } from '../../charts/kube/volume-claim.ts';
import type { Environment } from '../../model/graph.ts';
import { authorities } from '../../model/identity.ts';
import { registryHasTls, registryName } from '../../model/registry.ts';
import { nodePorts } from '../../model/schema/node-ports.ts';
import { configurations, folders, registryPort } from './configuration.ts';
import { door, doorVolumes } from './door.ts';

const name = registryName;
const space = registryName;

/**
 * The registry of the team's own images. Nodes reach it by the node port, which answers on each of them.
 *
 * Overlay `http`: the node port serves reads alone. A second process takes pushes on the pod's loopback: the right to write is
 * the right to forward a port into this namespace, and there is no password.
 *
 * Overlay `tls`: `registry-door` runs in front of the registry. Nodes read with their own certificate, people push with a login;
 * the port on the loopback is the same.
 */
export function chart(env: Environment): Component {
  const tls = registryHasTls(env.cluster);
  return component(name, (chart) => {
    namespace(chart, space, 'restricted', tls ? { labels: { ...routesLabel, ...registryTrustLabel } } : {});
    serviceAccount(chart, name, space);
    volumeClaim(chart, name, space, env.cluster.registry.storage);
    const files = Object.entries(configurations(env)).map(([file, content]) => [file, stringify(content)]);
    const podAnnotations = configMap(chart, name, space, Object.fromEntries(files));
    deployment(chart, {
      name,
      namespace: space,
      update: 'recreate',
      podAnnotations,
      ...(tls ? { annotations: { [annotations.reload]: 'files' } } : {}),
      pod: {
        serviceAccountName: name,
        user: nonRoot,
        ownsVolumes: true,
        ...(tls ? podWithDoor(env) : podOfTwo(env)),
      },
    });
    service(chart, name, space, [{ name, port: registryPort, nodePort: nodePorts.registry }]);
    denyAll(chart, space, ['Ingress', 'Egress']);
    allow(chart, name, space, { ingress: [{ ports: [{ port: registryPort }] }] });
    if (tls) certificate(chart, env);
  });
}

function certificate(chart: Chart, env: Environment): void {
  const leaves = authorities(env).find(({ kind }) => kind === 'registry')?.leaves ?? [];
  for (const leaf of leaves) leafCertificate(chart, env, leaf);
}

type Containers = Pick<PodInput, 'container' | 'beside' | 'volumes'>;

const config = { name: 'config', mountPath: folders.config, readOnly: true };
const data = { name: 'data', mountPath: folders.data };
const volumes = [
  { name: 'config', configMap: { name } },
  { name: 'data', persistentVolumeClaim: { claimName: name } },
];

/** A process of the registry with one of its configurations. */
function registry(
  env: Environment,
  given: Pick<ContainerInput, 'name' | 'resources'> & { file: string },
): ContainerInput {
  return {
    name: given.name,
    image: imageRef(env, 'registry'),
    args: ['serve', `${folders.config}/${given.file}`],
    // The registry's default exports traces to localhost.
    env: [{ name: 'OTEL_TRACES_EXPORTER', value: 'none' }],
    resources: given.resources,
    volumeMounts: [config, data],
  };
}

const resources = { cpu: '20m', memory: '64Mi', memoryLimit: '512Mi' };

/** Overlay `http`. */
function podOfTwo(env: Environment): Containers {
  return {
    container: {
      ...registry(env, { name, file: 'config.yml', resources }),
      ports: [{ name, containerPort: registryPort }],
      readinessProbe: httpProbe(name, '/', { period: 2, scheme: 'HTTP' }),
      livenessProbe: httpProbe(name, '/', { scheme: 'HTTP' }),
      volumeMounts: [config, { ...data, readOnly: true }],
    },
    beside: [registry(env, { name: 'write', file: 'write.yml', resources: { ...resources, cpu: '10m' } })],
    volumes,
  };
}

/** Overlay `tls`. */
function podWithDoor(env: Environment): Containers {
  return {
    container: door(env),
    beside: [registry(env, { name, file: 'config.yml', resources })],
    volumes: [...volumes, ...doorVolumes(env)],
  };
}
