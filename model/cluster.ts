import { z } from 'zod';

/** A name that Kubernetes takes as a DNS label (RFC 1123): at most 63 of a-z, 0-9 and '-', no '-' at either end. */
export const dnsLabel = z
  .string()
  .max(63, 'at most 63 characters')
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "a name of a-z, 0-9 and '-' with a letter or digit at both ends");

/** A DNS name (RFC 1123): labels joined by dots, at most 253 characters. */
export const dnsName = z
  .string()
  .max(253, 'at most 253 characters')
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    'a DNS name such as dev.example.org',
  );

/** A Kubernetes quantity (API conventions, 'Quantities'): `250m`, `2`, `128Mi`, `20Gi`. */
export const quantity = z
  .string()
  .regex(/^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/, "a quantity such as '250m' or '128Mi'");

/** A duration as Go and Prometheus write it: `30s`, `15m`, `12h`, `7d`. */
export const duration = z.string().regex(/^\d+(s|m|h|d|w)$/, "a duration such as '30s', '12h' or '7d'");

const tcpPort = z.number().int().min(1).max(65535);

/** Where the machines of a cluster come from. */
const provider = z.discriminatedUnion('kind', [
  z.strictObject({
    /** Containers on this machine, made by Kind. */
    kind: z.literal('kind'),
    /** Ports of this machine's loopback on which the gateway and the registry answer. */
    ports: z
      .strictObject({
        http: tcpPort.default(8080),
        https: tcpPort.default(8443),
        registry: tcpPort.default(5002),
      })
      .prefault({}),
  }),
  z.strictObject({
    /** Machines that exist already, reached by SSH; Ansible installs them. */
    kind: z.literal('machines'),
    ssh: z.strictObject({ user: z.string().min(1).default('root'), port: tcpPort.default(22) }).prefault({}),
  }),
  z.strictObject({
    /** EC2 instances, made by the stacks. */
    kind: z.literal('aws'),
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as 'eu-central-1'"),
    zones: z.number().int().min(1).max(6).default(2),
  }),
]);

const node = z.strictObject({
  name: dnsLabel,
  role: z.enum(['control-plane', 'worker']),
  /** What the node offers to pods. Checked against what the apps ask for. */
  cpu: quantity.default('2'),
  memory: quantity.default('4Gi'),
  /** Address for SSH; needed where the provider is `machines`. */
  address: z.string().optional(),
  /** EC2 instance type; needed where the provider is `aws`. */
  instanceType: z.string().optional(),
});

/** The registry that holds the team's own images. */
const registry = z.strictObject({
  /** `http` is for development: plain HTTP, inside the cluster's own network. `tls` serves a certificate. */
  overlay: z.enum(['http', 'tls']),
  storage: quantity.default('10Gi'),
});

/** The Git repository that Flux reads. */
const source = z.discriminatedUnion('kind', [
  z.strictObject({
    /** A Git server in the cluster; pushes go through the API server, so a kubeconfig is the only key. */
    kind: z.literal('in-cluster'),
    storage: quantity.default('1Gi'),
  }),
  z.strictObject({
    kind: z.literal('git'),
    url: z.string().regex(/^(https|ssh):\/\/\S+$/, 'an https:// or ssh:// address'),
    branch: z.string().min(1).default('main'),
    /** Name of the Secret in flux-system with the deploy key; made by hand or by SOPS, never rendered. */
    secret: dnsLabel.optional(),
  }),
]);

/** What an environment may change of an app. */
export const appOverride = z.strictObject({
  replicas: z.number().int().min(0).max(100).optional(),
  env: z.record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/), z.string()).optional(),
  resources: z
    .strictObject({
      cpu: quantity.optional(),
      memory: quantity.optional(),
    })
    .optional(),
});

/** `clusters/ENV/cluster.yaml`: what exists in one environment. */
export const clusterSchema = z.strictObject({
  name: dnsLabel,
  /** Apps that are exposed answer at `NAME.domain`. */
  domain: dnsName,
  kubernetes: z.strictObject({
    distribution: z.enum(['kubeadm', 'k3s']).default('kubeadm'),
    /** Must be the version of the lock file, or one that the lock file lists. */
    version: z.string().regex(/^v\d+\.\d+\.\d+$/, "a version such as 'v1.36.3'"),
  }),
  provider,
  nodes: z.array(node).min(1),
  registry,
  source,
  /** Where Flux gets the artifacts of others: their upstream, or the mirror registry under the same names. */
  artifacts: z.enum(['upstream', 'mirror']).default('upstream'),
  retention: z
    .strictObject({
      metrics: duration.default('15d'),
      logs: duration.default('7d'),
      traces: duration.default('3d'),
    })
    .prefault({}),
  /** Apps that run here; a value changes what app.ts says. An app that is not listed does not run. */
  apps: z.record(dnsLabel, appOverride.nullable()),
});

export type Cluster = z.infer<typeof clusterSchema>;
export type AppOverride = z.infer<typeof appOverride>;
