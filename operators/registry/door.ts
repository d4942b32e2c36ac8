import type { k8s } from 'cdk8s-plus-28';
import { imageRef } from '../../charts/kube/image.ts';
import type { ContainerInput } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import type { Environment } from '../../model/graph.ts';
import { registryCertificate, registryLogins, registryName, registryNodes } from '../../model/registry.ts';
import { behindDoorPort, folders, registryPort, registryWritePort } from './configuration.ts';

/** Port to which the gateway brings requests from outside, whose TLS ends there. */
export const doorGatewayPort = 5080;
const healthPort = 8080;

const certificate = '/etc/registry-tls';
const nodes = '/etc/registry-nodes';
const logins = '/etc/registry-logins';

/**
 * The container before the registry: HTTPS with a certificate that is read again when it is renewed, reads for nodes by the
 * certificate of their kubelet, reads and pushes for people by a login.
 */
export function door(env: Environment): ContainerInput {
  return {
    name: 'door',
    image: imageRef(env, 'registry-door'),
    args: [
      'serve',
      `--listen=:${registryPort}`,
      `--gateway=:${doorGatewayPort}`,
      `--loopback=127.0.0.1:${registryWritePort}`,
      `--health=:${healthPort}`,
      `--upstream=http://127.0.0.1:${behindDoorPort}`,
      `--certificate=${certificate}/tls.crt`,
      `--key=${certificate}/tls.key`,
      `--nodes=${nodes}/ca.crt`,
      `--logins=${logins}/${registryLogins.key}`,
      `--data=${folders.data}`,
    ],
    ports: [
      { name: registryName, containerPort: registryPort },
      { name: 'gateway', containerPort: doorGatewayPort },
      { name: 'health', containerPort: healthPort },
    ],
    readinessProbe: httpProbe('health', '/readyz', { period: 2 }),
    livenessProbe: httpProbe('health', '/healthz'),
    resources: { cpu: '20m', memory: '32Mi', memoryLimit: '128Mi' },
    volumeMounts: [
      { name: 'data', mountPath: folders.data },
      { name: 'certificate', mountPath: certificate, readOnly: true },
      { name: 'nodes', mountPath: nodes, readOnly: true },
      { name: 'logins', mountPath: logins, readOnly: true },
    ],
  };
}

/** Volumes of that container, beside the data. */
export const doorVolumes = ({ cluster }: Environment): k8s.Volume[] => [
  {
    name: 'certificate',
    secret: {
      secretName: registryCertificate,
      items: [
        { key: 'tls.crt', path: 'tls.crt' },
        { key: 'tls.key', path: 'tls.key' },
      ],
    },
  },
  // The CA that signs the certificates of kubelets. In k3s it is not the one that signs the API server's, which every namespace
  // knows; its servers bring it (ansible/roles/k3s).
  {
    name: 'nodes',
    configMap: {
      name: cluster.kubernetes.distribution === 'k3s' ? registryNodes : 'kube-root-ca.crt',
    },
  },
  // Nobody can push by a login before there is one.
  { name: 'logins', secret: { secretName: registryLogins.secret, optional: true } },
];
