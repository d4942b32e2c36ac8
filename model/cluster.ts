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

const awsRegion = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as 'eu-central-1'");

const awsAccount = z
  .string()
  .regex(/^\d{12}$/, "the number of an AWS account in quotes, such as '123456789012'");

/** As a line of authorized_keys has it. */
const publicKey = z
  .string()
  .regex(/^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+|sk-\S+) [A-Za-z0-9+/=]+( [^\n]*)?$/, 'a public SSH key');

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
    /** Where the stacks make buckets for backups, logs and traces. Default: nowhere. */
    buckets: z.strictObject({ region: awsRegion, account: awsAccount }).optional(),
    ssh: z
      .strictObject({
        user: z.string().min(1).default('root'),
        port: tcpPort.default(22),
        /** Public keys that may log in, and no other. Default: what the machine has stays. */
        keys: z.array(publicKey).default([]),
      })
      .prefault({}),
    /** Network that the machines share; what only nodes ask of each other is let in from there. Default: from anywhere. */
    network: z.cidrv4().optional(),
  }),
  z.strictObject({
    /** EC2 instances, made by the stacks. */
    kind: z.literal('aws'),
    region: awsRegion,
    /** The account, whatever the credentials say: with those of another one nothing is touched. */
    account: awsAccount,
    /** Availability zones, from `a` on; nodes of a role go round them. */
    zones: z.number().int().min(1).max(6).default(2),
    /**
     * The way out for nodes: through one NAT gateway, through one in each zone (a zone may fail), or through none: they
     * have public addresses, to which nothing may connect. The last costs least.
     */
    nat: z.enum(['one', 'per-zone', 'none']).default('one'),
  }),
]);

const node = z.strictObject({
  name: dnsLabel,
  role: z.enum(['control-plane', 'worker']),
  /** What the node offers to pods. Checked against what the apps ask for. */
  cpu: quantity.default('2'),
  memory: quantity.default('4Gi'),
  /** Size of the disk, where the stacks make it. */
  disk: z
    .string()
    .regex(/^[1-9]\d*Gi$/, "whole gibibytes such as '50Gi'")
    .default('50Gi'),
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

/** Validity of certificates, and how long before its end they are renewed. */
const validity = (defaults: { duration: string; renewBefore: string }) =>
  z
    .strictObject({
      duration: duration.default(defaults.duration),
      renewBefore: duration.default(defaults.renewBefore),
    })
    .prefault({});

const generation = z.number().int().min(1).max(999);

/** How services prove who they are. */
const identity = z.strictObject({
  /** `self-signed`: each service is its own root. `intermediate`: each is below one root of the environment. */
  authorities: z.enum(['self-signed', 'intermediate']).default('self-signed'),
  /**
   * By authority (`orders`, `orders-db`): the generations of its CA that are trusted, and the one that issues. An
   * authority that is left out has generation 1 alone. To roll one: trust [1, 2], then issue by 2, then trust [2].
   */
  roots: z
    .record(dnsLabel, z.strictObject({ trusted: z.array(generation).min(1), issuing: generation }))
    .default({}),
  /** Of services and their callers. cert-manager issues for an hour at least. */
  certificates: validity({ duration: '90d', renewBefore: '30d' }),
  /** Of the authorities' own; renewed with the same key. */
  ca: validity({ duration: '3650d', renewBefore: '730d' }),
});

/** Where the databases' backups and logs of changes go. */
const backups = z.strictObject({
  /** `s3://BUCKET/FOLDER`; each database has a folder of its own below it. */
  destination: z
    .string()
    .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]+(\/[\w.-]+)*$/, "an address such as 's3://bucket/folder'"),
  /** Of an S3 that is not Amazon's. */
  endpoint: z
    .string()
    .regex(/^https:\/\/\S+$/, 'an https:// address')
    .optional(),
  /**
   * `machine`: the node's own role gives access. Or the name of a Secret with ACCESS_KEY_ID and ACCESS_SECRET_KEY in
   * the namespace of each database; made by hand or by SOPS, never rendered.
   */
  credentials: z.union([z.literal('machine'), z.strictObject({ secret: dnsLabel })]),
  /** Of a full backup: cron with seconds first (CloudNativePG, 'Scheduled backups'). */
  schedule: z
    .string()
    .regex(/^\S+( \S+){5}$/, "six fields, seconds first, such as '0 0 2 * * *'")
    .default('0 0 2 * * *'),
  /** How far back a database can be restored to any moment. */
  keep: z
    .string()
    .regex(/^[1-9]\d*[dwm]$/, "days, weeks or months such as '30d'")
    .default('30d'),
});

/** The databases of apps that own one. */
const databases = z.strictObject({
  /** Of each database: 1, or 3 so that one may fail while another is being replaced. */
  instances: z.number().int().min(1).max(9).default(1),
  /** Of each instance. */
  resources: z.strictObject({ cpu: quantity.default('50m'), memory: quantity.default('256Mi') }).prefault({}),
  backups: backups.optional(),
});

/** What an environment may change of an app. */
export const appOverride = z.strictObject({
  replicas: z.number().int().min(0).max(100).optional(),
  /** Why one replica is enough in production, although somebody waits for the app. */
  single: z.string().trim().min(10, 'a sentence that says why').optional(),
  env: z.record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/), z.string()).optional(),
  resources: z
    .strictObject({
      cpu: quantity.optional(),
      memory: quantity.optional(),
      /** Why it needs more here than elsewhere. */
      reason: z.string().trim().min(10, 'a sentence that says why').optional(),
    })
    .optional(),
});

/** `clusters/ENV/cluster.yaml`: what exists in one environment. */
export const clusterSchema = z.strictObject({
  name: dnsLabel,
  /** People depend on it: one of each is refused where two are needed, and what is not backed up. */
  production: z.boolean().default(false),
  /** Apps that are exposed answer at `NAME.domain`. */
  domain: dnsName,
  kubernetes: z.strictObject({
    distribution: z.enum(['kubeadm', 'k3s']).default('kubeadm'),
    /** Must be the version of the lock file, or one that the lock file lists. */
    version: z.string().regex(/^v\d+\.\d+\.\d+$/, "a version such as 'v1.36.3'"),
    /** Address of the API server where there are several control planes: a load balancer's. Default: the first one's. */
    endpoint: z.string().min(1).optional(),
  }),
  provider,
  nodes: z.array(node).min(1),
  registry,
  source,
  /** A registry that has the images of the lock file as HOST/PATH and that machines ask first. Default: upstream alone. */
  mirror: z.url({ protocol: /^https?$/ }).optional(),
  /** Where Flux gets the artifacts of others: their upstream, or the mirror registry under the same names. */
  artifacts: z.enum(['upstream', 'mirror']).default('upstream'),
  retention: z
    .strictObject({
      metrics: duration.default('15d'),
      logs: duration.default('7d'),
      traces: duration.default('3d'),
    })
    .prefault({}),
  /** Disks for the same. */
  storage: z
    .strictObject({
      metrics: quantity.default('10Gi'),
      logs: quantity.default('5Gi'),
      traces: quantity.default('5Gi'),
    })
    .prefault({}),
  identity: identity.prefault({}),
  databases: databases.prefault({}),
  /** People who may call apps from their own machines, each with a certificate whose CN is `person:NAME`. */
  people: z.record(dnsLabel, z.strictObject({ uses: z.array(dnsLabel).min(1) })).default({}),
  /** Apps that run here; a value changes what app.ts says. An app that is not listed does not run. */
  apps: z.record(dnsLabel, appOverride.nullable()),
});

export type Cluster = z.infer<typeof clusterSchema>;
export type AppOverride = z.infer<typeof appOverride>;
