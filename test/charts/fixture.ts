import { type AppInput, appSchema } from '../../model/app.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { type OperatorInput, operatorSchema } from '../../model/operator.ts';
import { clusterSchema } from '../../model/schema/cluster.ts';

/** Names of all images that charts use. */
const images = [
  'source-controller',
  'kustomize-controller',
  'helm-controller',
  'traefik',
  'registry',
  'git-server',
  'metrics-server',
  'cert-manager-controller',
  'cert-manager-webhook',
  'cert-manager-cainjector',
  'cert-manager-acmesolver',
  'trust-manager',
  'trust-roots',
  'registry-door',
  'cloudnative-pg',
  'postgresql',
  'kube-router',
  'local-path-provisioner',
  'aws-ebs-csi-driver',
  'csi-provisioner',
  'csi-attacher',
  'csi-resizer',
  'csi-node-driver-registrar',
  'csi-livenessprobe',
  'debian',
  'opentelemetry-collector',
  'victoria-logs',
  'jaeger',
  'prometheus',
  'alertmanager',
  'node-exporter',
  'grafana',
  'loki',
  'tempo',
  'node',
  'kratos',
  'mailpit',
  'external-secrets',
];

/** For tests: an environment with all operators and images, of which a test gives only the relevant parts. */
export function environment(
  given: { apps?: EnvironmentApp[]; operators?: OperatorInput[]; cluster?: Record<string, unknown> } = {},
): Environment {
  return {
    name: 'test',
    cluster: clusterSchema.parse({
      name: 'plinth-test',
      domain: 'test.localhost',
      kubernetes: { version: 'v1.36.4' },
      provider: { kind: 'kind' },
      nodes: [{ name: 'control-plane', role: 'control-plane' }],
      registry: { overlay: 'http' },
      source: { kind: 'in-cluster' },
      apps: {},
      ...given.cluster,
    }),
    apps: given.apps ?? [],
    operators: (given.operators ?? []).map((operator) => ({
      ...operatorSchema.parse(operator),
      extraObjects: [],
    })),
    lock: {
      kubernetes: 'v1.36.4',
      binaries: {},
      images: Object.fromEntries(images.map((name) => [name, { ref: `example.org/${name}:v1.0.0` }])),
      artifacts: {},
      nodeImages: {},
    },
  };
}

/** For tests: an app that answers on one port, with the given fields. */
export function testApp(given: Partial<AppInput> & { name: string }): EnvironmentApp {
  const app = appSchema.parse({
    summary: `The app ${given.name}.`,
    image: { ref: `example.org/${given.name}:v1.0.0` },
    ports: { http: { port: 8080 } },
    probes: { ready: { path: '/ready', port: 'http' } },
    resources: { cpu: '10m', memory: '32Mi' },
    ...given,
  });
  const host = app.exposes && `${app.exposes.host ?? app.name}.test.localhost`;
  return {
    ...app,
    fileContents: [],
    extraObjects: [],
    secrets: [],
    logins: [],
    imageRef: `example.org/${app.name}:v1.0.0`,
    builds: [],
    publishedImages: [],
    ...(host ? { host } : {}),
    hosts: host ? [host, ...(app.exposes?.hosts ?? []).map((label) => `${label}.test.localhost`)] : [],
  };
}

/** `secrets.external` of an environment whose values are in OpenBao. */
export const openBaoStore = {
  kind: 'openbao',
  server: 'https://bao.example.org',
  networks: ['192.0.2.8/32'],
  role: 'apps',
} as const;
