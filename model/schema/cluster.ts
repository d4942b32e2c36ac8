import { z } from 'zod';
import { alertReceivers } from './alert-receivers.ts';
import { faultOfSchedule } from './cron.ts';
import { inSeconds } from './duration.ts';
import { ageRecipient } from './encrypted-secret.ts';
import { gatewaySchema } from './gateway.ts';
import { gitUrl, noSecret } from './git-url.ts';
import { dnsLabel, dnsName, serviceName, volumeName } from './kubernetes-names.ts';
import { nodePorts } from './node-ports.ts';

/** A machine's address: programs take it as an argument. */
const address = z
  .string()
  .regex(/^[a-z0-9:]([a-z0-9.:-]*[a-z0-9])?$/i, "an IP address or a DNS name such as '192.0.2.1'");

const mirrorUrl = z
  .url({ protocol: /^https?$/, error: "an address such as 'https://mirror.example.org/prefix'" })
  .pipe(noSecret)
  .pipe(
    z
      .string()
      .regex(
        /^https?:\/\/[\w.-]+(:\d+)?(\/[a-z0-9._-]+)*\/?$/,
        "an address such as 'https://mirror.example.org/prefix'",
      ),
  );

/** The host of a registry as image references name it: `docker.io`, `registry.example.org:5000`. */
const registryHost = z.string().regex(/^[a-z0-9.-]+(:\d+)?$/, "the host of a registry such as 'docker.io'");

/** The name of an app and of its Service: others are made of it, of which the longest is that of the Job of its migrations. */
export const appName = serviceName.max(40, 'at most 40 characters, since other names are made of it');

/** The names of variables that every shell and every libc takes (POSIX, 'Environment Variable Definition'). */
export const variableName = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]*$/, 'a name of A-Z, 0-9 and _ that starts with no digit');

/** Bytes of `NAME=value` with the zero after it that Linux takes for one process (execve(2), MAX_ARG_STRLEN). */
const longestVariable = 128 * 1024;
/** Bytes of all of them together: the API server refuses an object that is larger (etcd, --max-request-bytes). */
const allVariables = 1024 * 1024;

/** Variables of a process, by name. */
export const variables = z.record(variableName, z.string()).superRefine((env, context) => {
  const sizes = Object.entries(env).map(
    ([name, value]) => [name, Buffer.byteLength(`${name}=${value}`) + 1] as const,
  );
  for (const [name, size] of sizes) {
    if (size <= longestVariable) continue;
    context.addIssue({
      code: 'custom',
      path: [name],
      message: `with its name it has ${size} bytes, and Linux starts no process with a variable of more than ${longestVariable}`,
      params: { fix: 'put it into a file of the image' },
      input: env[name],
    });
  }
  const all = sizes.reduce((sum, [, size]) => sum + size, 0);
  if (all <= allVariables) return;
  context.addIssue({
    code: 'custom',
    message: `together they have ${all} bytes, and the API server takes no object of more than ${allVariables}`,
    params: { fix: 'put what is long into a file of the image' },
    input: env,
  });
});

/** One sentence for people: it becomes an annotation, of which an object has room for 256 KiB (apimachinery, ValidateAnnotationsSize). */
export const sentence = z.string().min(1).max(1000, 'at most 1000 characters');

/** Why something is as it is. */
export const reason = z
  .string()
  .trim()
  .min(10, 'a sentence that says why')
  .max(1000, 'at most 1000 characters');

/** Cores as a Kubernetes quantity (API conventions, 'Quantities'), in thousandths at the finest: `250m`, `2`, `0.5`. */
export const cores = z
  .string()
  .regex(/^(?=.*[1-9])(\d+m|\d+(\.\d{1,3})?)$/, "a number of cores such as '250m' or '2'");

/** How many pods of an app; or the fewest, the most, and of which load of their processors (in percent of `cpu`) there are more. */
export const replicas = z.union([
  z.number().int().min(0).max(100).describe('How many pods.'),
  z.strictObject({
    min: z.number().int().min(1).max(100).describe('The fewest pods.'),
    max: z.number().int().min(2).max(100).describe('The most pods; all of them must fit the nodes.'),
    cpu: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(80)
      .describe('Load of a pod, in percent of the cores that it reserves, above which there are more.'),
  }),
]);

export type Replicas = z.infer<typeof replicas>;

/** The fewest and the most pods that there may be. */
export function replicaRange(given: Replicas): { min: number; max: number } {
  return typeof given === 'number' ? { min: given, max: given } : given;
}

/** Bytes as a Kubernetes quantity. With a unit: `128` is less than anybody means, and `128m` an eighth of a byte. */
export const bytes = z
  .string()
  .regex(
    /^(?=.*[1-9])\d+(\.\d+)?(k|M|G|T|Ki|Mi|Gi|Ti)$/,
    "a number of bytes with its unit, such as '128Mi' or '20Gi'",
  );

/** A duration as Go and Prometheus write it: `30s`, `15m`, `12h`, `7d`. */
export const duration = z
  .string()
  .regex(/^[1-9]\d*(s|m|h|d|w)$/, "a duration such as '30s', '12h' or '7d'")
  // Go counts nanoseconds in 63 bits, 292 years; the root of an environment is valid for twice as long as another.
  .refine(
    (text) => !/^\d+[smhdw]$/.test(text) || inSeconds(text) <= longestDuration,
    'at most 140 years, 51100d',
  );

const longestDuration = 51_100 * 86_400;

const tcpPort = z.number().int().min(1).max(65535);

const awsRegion = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as 'eu-central-1'")
  .describe("The AWS region, such as 'eu-central-1'.");

const awsAccount = z
  .string()
  .regex(/^\d{12}$/, "the number of an AWS account in quotes, such as '123456789012'")
  .describe('The account, whatever the credentials say: with those of another one nothing is touched.');

/** As a line of authorized_keys has it. */
const publicKey = z
  .string()
  .regex(/^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+|sk-\S+) [A-Za-z0-9+/=]+( [^\n]*)?$/, 'a public SSH key');

const provider = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('kind').describe('Containers on this machine, made by Kind.'),
    ports: z
      .strictObject({
        http: tcpPort.default(8080).describe('Port of the gateway over HTTP, which leads to HTTPS.'),
        https: tcpPort.default(8443).describe('Port of the gateway over HTTPS.'),
        registry: tcpPort.default(5002).describe("Of the registry for the team's own images."),
      })
      .prefault({})
      .describe("Ports of this machine's loopback on which the cluster answers."),
  }),
  z.strictObject({
    kind: z
      .literal('machines')
      .describe('Machines that exist already, reached by SSH; Ansible installs them.'),
    ports: z
      .strictObject({
        http: tcpPort.default(nodePorts.http).describe('Port of HTTP, which leads to HTTPS.'),
        https: tcpPort.default(nodePorts.https).describe('Port of HTTPS.'),
      })
      .prefault({})
      .describe(
        `Ports at which visitors reach the gateway. Every node answers on ${nodePorts.http} (HTTP) and ${nodePorts.https} (HTTPS); write others where a load balancer or a firewall of your own passes them on to these.`,
      ),
    buckets: z
      .strictObject({ region: awsRegion, account: awsAccount })
      .optional()
      .describe('Where the stacks make buckets for backups, logs and traces. Default: nowhere.'),
    ssh: z
      .strictObject({
        user: z
          .string()
          .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "the name of a user such as 'root'")
          .default('root')
          .describe('Who logs in; it must be able to become root.'),
        port: tcpPort.default(22).describe('On which sshd listens.'),
        keys: z
          .array(publicKey)
          .default([])
          .describe(
            'Public keys that may log in, and no other. Where it is empty, what the machine has stays.',
          ),
      })
      .prefault({})
      .describe('How the machines are reached.'),
    network: z
      .cidrv4()
      .optional()
      .describe(
        'Network that the machines share, such as 10.0.0.0/24; what only nodes ask of each other is let in from there. Default: from the address of each.',
      ),
  }),
  z.strictObject({
    kind: z.literal('aws').describe('EC2 instances, made by the stacks.'),
    region: awsRegion,
    account: awsAccount,
    zones: z
      .number()
      .int()
      .min(1)
      .max(6)
      .default(2)
      .describe('How many availability zones, from `a` on; nodes of a role go round them.'),
    nat: z
      .enum(['one', 'per-zone', 'none'])
      .default('one')
      .describe(
        'The way out for nodes: through one NAT gateway, through one in each zone (a zone may fail), or through none: they have public addresses, to which nothing may connect. The last costs least.',
      ),
  }),
]);

const node = z.strictObject({
  name: dnsLabel.describe('Of the node, and of its machine.'),
  role: z
    .enum(['control-plane', 'worker'])
    .describe('`control-plane`: the API server and etcd, on one node or on three. `worker`: apps.'),
  cpu: cores.default('2').describe('Cores that the node offers to pods; what the apps ask for must fit.'),
  memory: bytes
    .default('4Gi')
    .describe('What the node offers to pods, in bytes; what the apps ask for must fit.'),
  disk: z
    .string()
    .regex(/^[1-9]\d*Gi$/, "whole gibibytes such as '50Gi'")
    .default('50Gi')
    .describe('Size of the disk, where the stacks make it.'),
  address: address.optional().describe('Address for SSH; needed where the provider is `machines`.'),
  instanceType: z
    .string()
    .regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, "an instance type such as 't3.large'")
    .optional()
    .describe('EC2 instance type, such as t3.large; needed where the provider is `aws`.'),
});

const registry = z.strictObject({
  overlay: z
    .enum(['http', 'tls'])
    .describe(
      "`http` is for development: plain HTTP, inside the cluster's own network. `tls` serves a certificate.",
    ),
  storage: bytes.default('10Gi').describe('Disk for images, in bytes.'),
});

const source = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z
      .literal('in-cluster')
      .describe(
        'A Git server in the cluster; pushes go through the API server, so a kubeconfig is the only key.',
      ),
    storage: bytes.default('1Gi').describe('Disk for the repository, in bytes.'),
  }),
  z.strictObject({
    kind: z.literal('git').describe('A repository elsewhere.'),
    url: gitUrl.describe('Its address, https:// or ssh://, without a name or a token of anybody.'),
    branch: z
      .string()
      .regex(
        /^(?![-/.])(?!.*(\.\.|\/\/|@\{|\.lock$|[/.]$))[^\s~^:?*[\\]+$/,
        "the name of a branch such as 'main'",
      )
      .default('main')
      .describe('What is merged there is applied.'),
    secret: dnsLabel
      .optional()
      .describe(
        'Name of the Secret in flux-system with the deploy key, without which nothing is had by SSH; made by hand or by SOPS, never rendered. Default: none, anyone may read the repository.',
      ),
  }),
]);

/** Validity of certificates, and how long before its end they are renewed. */
const validity = (defaults: { duration: string; renewBefore: string }) =>
  z
    .strictObject({
      duration: duration.default(defaults.duration).describe('How long a certificate is valid.'),
      renewBefore: duration.default(defaults.renewBefore).describe('How long before its end it is renewed.'),
    })
    .prefault({});

const generation = z.number().int().min(1).max(999);

/** What keeps the signals and answers questions about them. */
export const observabilityStores = ['light', 'grafana'] as const;
export type ObservabilityStore = (typeof observabilityStores)[number];

const observability = z.union([
  z.strictObject({
    store: z
      .enum(observabilityStores)
      .describe(
        '`light`: Prometheus, VictoriaLogs and Jaeger, one pod each, for laptops and small machines; all parts together reserve less than 600 MiB. `grafana`: Prometheus, Loki, Tempo and Grafana with dashboards; their images are only pulled, never built.',
      ),
    alerts: alertReceivers
      .optional()
      .describe('Whom Alertmanager tells. Default: nobody, alerts are seen on the page of Prometheus.'),
  }),
  z.literal('off').describe('Nothing is observed.'),
]);

const identity = z.strictObject({
  authorities: z
    .enum(['self-signed', 'intermediate'])
    .default('self-signed')
    .describe(
      '`self-signed`: each service is its own root. `intermediate`: each is below one root of the environment.',
    ),
  roots: z
    .record(
      dnsLabel,
      z.strictObject({
        trusted: z.array(generation).min(1).describe('Generations whose roots both sides trust.'),
        issuing: generation.describe('The generation that issues; one of those that are trusted.'),
      }),
    )
    .default({})
    .describe(
      'By authority (`orders`, `orders-db`): the generations of its CA. An authority that is left out has generation 1 alone. To roll one: trust [1, 2], then issue by 2, then trust [2].',
    ),
  certificates: validity({ duration: '90d', renewBefore: '30d' }).describe(
    'Of services and their callers. cert-manager issues for an hour at least.',
  ),
  ca: validity({ duration: '3650d', renewBefore: '730d' }).describe(
    "Of the authorities' own; renewed with the same key.",
  ),
});

const backups = z.strictObject({
  destination: z
    .string()
    .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]+(\/[\w.-]+)*$/, "an address such as 's3://bucket/folder'")
    .describe('`s3://BUCKET/FOLDER`; each database has a folder of its own below it.'),
  endpoint: z
    .string()
    .regex(/^https:\/\/\S+$/, 'an https:// address')
    .pipe(noSecret)
    .optional()
    .describe("Address of an S3 that is not Amazon's. Default: Amazon's."),
  authority: dnsLabel
    .optional()
    .describe(
      'A Secret in the namespace of each database, with ca.crt: whom to trust at the endpoint. Default: public authorities.',
    ),
  credentials: z
    .union([
      z.literal('machine'),
      z.strictObject({ secret: dnsLabel.describe('Its name, in the namespace of each database.') }),
    ])
    .describe(
      "`machine`: where the stacks make roles for service accounts, that of the database; elsewhere the node's own. Or a Secret with ACCESS_KEY_ID and ACCESS_SECRET_KEY; made by hand or by SOPS, never rendered.",
    ),
  schedule: z
    .string()
    .regex(/^\S+( \S+){5}$/, "six fields, seconds first, such as '0 0 2 * * *'")
    .superRefine((text, context) => {
      const fault = faultOfSchedule(text);
      if (fault !== undefined)
        context.addIssue({
          code: 'custom',
          message: fault,
          params: { fix: "write six fields, seconds first, such as '0 0 2 * * *'" },
          input: text,
        });
    })
    .default('0 0 2 * * *')
    .describe("Of a full backup: cron with seconds first (CloudNativePG, 'Scheduled backups')."),
  keep: z
    .string()
    .regex(/^[1-9]\d*[dwm]$/, "days, weeks or months such as '30d'")
    .default('30d')
    .describe('How far back a database can be restored to any moment.'),
});

const databases = z.strictObject({
  instances: z
    .number()
    .int()
    .min(1)
    .max(9)
    .default(1)
    .describe('Of each database: 1, or 3 so that one may fail while another is being replaced.'),
  resources: z
    .strictObject({
      cpu: cores.default('50m').describe('Cores.'),
      memory: bytes.default('256Mi').describe('Bytes; also the limit.'),
    })
    .prefault({})
    .describe('What each instance reserves.'),
  backups: backups
    .optional()
    .describe("Where the databases' backups and logs of changes go. Default: nowhere."),
});

const retiredReason = z
  .string()
  .trim()
  .min(10, 'a sentence that says why')
  .describe('Why nobody needs it any more, or what becomes of it.');

const retiredDatabase = z.discriminatedUnion('data', [
  z.strictObject({
    database: appName.describe('The app that owned it.'),
    data: z
      .literal('keep')
      .describe(
        'It goes on running with what it holds, its certificates and its backups; no app reaches it.',
      ),
    storage: bytes.describe('Its volume, in bytes, as database.storage said: it can grow and never shrink.'),
    reason: retiredReason,
  }),
  z.strictObject({
    database: appName.describe('The app that owned it.'),
    data: z.literal('delete').describe('Flux deletes it with its volumes; only backups are left.'),
    reason: retiredReason,
  }),
]);

const retiredVolume = z.strictObject({
  volume: volumeName.describe(
    'Name of the volume in its app. It stays in the namespace of the app until somebody deletes it by hand.',
  ),
  app: appName.describe('The app that had it.'),
  reason: retiredReason,
});

const retired = z.union([retiredDatabase, retiredVolume]);

/** What an environment may change of an app. */
export const appOverride = z.strictObject({
  replicas: replicas
    .optional()
    .describe('How many pods, or from how many to how many. Default: as app.ts says.'),
  single: reason
    .optional()
    .describe('Why one replica is enough in production, although somebody waits for the app.'),
  env: variables.optional().describe('Variables that are otherwise or more than in app.ts.'),
  resources: z
    .strictObject({
      cpu: cores.optional().describe('Cores. Default: as app.ts says.'),
      memory: bytes.optional().describe('Bytes; also the limit. Default: as app.ts says.'),
      reason: reason.optional().describe('Why it needs more here than elsewhere.'),
    })
    .optional()
    .describe('What each pod reserves.'),
});

/** `clusters/ENV/cluster.yaml`: what exists in one environment. What each field means is said in its `describe`, which editors show. */
export const clusterSchema = z.strictObject({
  name: dnsLabel.describe(
    'Of the cluster: ends with the name of the folder, such as plinth-dev in clusters/dev.',
  ),
  production: z
    .boolean()
    .default(false)
    .describe('People depend on it: one of each is refused where two are needed, and what is not backed up.'),
  domain: dnsName
    .max(189, 'at most 189 characters, since NAME.domain has at most 253')
    .describe('Apps that are exposed answer at NAME.domain.'),
  kubernetes: z
    .strictObject({
      distribution: z
        .enum(['kubeadm', 'k3s'])
        .default('kubeadm')
        .describe('What makes a cluster of the nodes; a Kind cluster is always of kubeadm.'),
      version: z
        .string()
        .regex(/^v\d+\.\d+\.\d+$/, "a version such as 'v1.36.4'")
        .describe('That of images/lock.yaml; on machines also the one before.'),
      endpoint: address
        .optional()
        .describe(
          "Address of the API server where there are several control planes: a load balancer's. Default: that of the first one.",
        ),
      virtualAddress: z
        .ipv4()
        .optional()
        .describe(
          'In place of endpoint, where the provider is `machines`: a free address of their network, which the control planes hold among themselves (VRRP, by keepalived). The one that has it passes it on when its API server does not answer.',
        ),
    })
    .describe('Which Kubernetes.'),
  provider: provider.describe('Where the machines come from: `kind`, `machines` or `aws`.'),
  nodes: z.array(node).min(1).describe('The machines of the cluster.'),
  registry: registry.describe("The registry in the cluster that holds the team's own images."),
  source: source.describe('The Git repository that Flux reads.'),
  mirror: z
    .union([mirrorUrl, z.record(registryHost, mirrorUrl)])
    .optional()
    .describe(
      'Where images are asked for before upstream: the address of one mirror of all registries, which has docker.io/library/debian as ADDRESS/docker.io/library/debian; or a map from a registry to the address of its mirror. Default: upstream alone.',
    ),
  artifacts: z
    .enum(['upstream', 'mirror'])
    .default('upstream')
    .describe(
      'Where Flux gets the artifacts of others: their upstream, or the mirror registry under the same names.',
    ),
  gateway: gatewaySchema.prefault({}).describe('How visitors reach the apps that are exposed.'),
  observability: observability
    .default('off')
    .describe(
      'Metrics, logs and traces of each app and of the platform, with alerts: `off`, `{ store: light }` or `{ store: grafana }`.',
    ),
  retention: z
    .strictObject({
      metrics: duration.default('15d').describe('Of metrics.'),
      logs: duration.default('7d').describe('Of logs.'),
      traces: duration.default('3d').describe('Of traces.'),
    })
    .prefault({})
    .describe('How long what is observed is kept; it must fit on the disks.'),
  storage: z
    .strictObject({
      metrics: bytes.default('10Gi').describe('Of metrics, in bytes.'),
      logs: bytes.default('5Gi').describe('Of logs, in bytes.'),
      traces: bytes.default('5Gi').describe('Of traces, in bytes.'),
    })
    .prefault({})
    .describe('Disks for what is observed.'),
  identity: identity.prefault({}).describe('How services prove who they are.'),
  databases: databases.prefault({}).describe('The databases of apps that own one.'),
  people: z
    .record(
      dnsLabel.max(57, "at most 57 characters, since a certificate has room for 64 and says 'person:NAME'"),
      z.strictObject({ uses: z.array(dnsLabel).min(1).describe('Apps with a mutual port.') }),
    )
    .default({})
    .describe(
      'By name: people who may call apps from their own machines, each with a certificate whose CN is `person:NAME`.',
    ),
  egress: z
    .strictObject({
      privateNetworks: z
        .array(z.cidrv4())
        .default([])
        .describe(
          'Networks of private addresses, such as 10.20.0.0/16, in which hosts of `internet` edges may lie. Default: none; a name that leads to a private address is refused.',
        ),
    })
    .prefault({})
    .describe('The way out to hosts outside of the cluster.'),
  secrets: z
    .strictObject({
      recipients: z
        .record(dnsLabel, ageRecipient)
        .default({})
        .describe(
          'By name: the public halves of the age keys that can read the secrets of this environment. `cluster` is the one that Flux decrypts with; written by npm run secrets.',
        ),
    })
    .prefault({})
    .describe('Secrets of apps, encrypted by SOPS with age; each stands beside its app, in secrets/ENV.'),
  retired: z
    .array(retired)
    .default([])
    .describe(
      'Databases and volumes whose app no longer runs here or no longer has them, and what becomes of their data. One that is in the manifests, described by no app and not listed here is refused.',
    ),
  apps: z
    .record(dnsLabel, appOverride.nullable())
    .describe(
      'Apps that run here; a value changes what app.ts says. An app that is not listed does not run.',
    ),
});

export type Cluster = z.infer<typeof clusterSchema>;
export type RetiredDatabase = z.infer<typeof retiredDatabase>;
export type AppOverride = z.infer<typeof appOverride>;

/** The host by which image references name the team's registry of an environment. */
export function teamRegistry({ domain }: Pick<Cluster, 'domain'>): string {
  return `registry.${domain}`;
}

/** The mirror of cluster.yaml as `PLINTH_REGISTRY_MIRROR` is written; empty where there is none. */
export function mirrorSetting({ mirror }: Pick<Cluster, 'mirror'>): string {
  if (mirror === undefined || typeof mirror === 'string') return mirror ?? '';
  return Object.entries(mirror)
    .map(([host, url]) => `${host}=${url}`)
    .join(',');
}
