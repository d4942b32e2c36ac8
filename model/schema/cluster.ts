import { z } from 'zod';
import { alertReceivers } from './alert-receivers.ts';
import { faultOfSchedule } from './cron.ts';
import { duration } from './duration.ts';
import { ageRecipient } from './encrypted-secret.ts';
import { external } from './external.ts';
import { gatewaySchema } from './gateway.ts';
import { gitUrl, noSecret } from './git-url.ts';
import { dnsLabel, dnsName, portName, serviceName, volumeName } from './kubernetes-names.ts';
import { gpus, nodeChoice, nodeKey, nodeValue } from './node-choice.ts';
import { nodePorts } from './node-ports.ts';
import { inUnits } from './quantity.ts';
import { signInSchema } from './sign-in.ts';

/** A machine's address. Programs get it as an argument, so it must not look like an option. */
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

/** Host of a registry in image references: `docker.io`, `registry.example.org:5000`. */
const registryHost = z.string().regex(/^[a-z0-9.-]+(:\d+)?$/, "the host of a registry such as 'docker.io'");

/** Name of an app and of its Service. Other names are made from it; the longest is that of its migrations Job. */
export const appName = serviceName.max(40, 'at most 40 characters, because other names contain it');

/** Variable names that every shell and libc accepts (POSIX, 'Environment Variable Definition'). */
export const variableName = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]*$/, 'a name of A-Z, 0-9 and _ that starts with no digit');

/** Maximum bytes of one `NAME=value` with its terminating zero in Linux (execve(2), MAX_ARG_STRLEN). */
const longestVariable = 128 * 1024;
/** Maximum bytes of all variables: the API server refuses a larger object (etcd, --max-request-bytes). */
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
      message: `with its name it has ${size} bytes, and Linux starts no process with a variable of more than ${longestVariable} bytes`,
      params: { fix: 'put the content into a file of the image' },
      input: env[name],
    });
  }
  const all = sizes.reduce((sum, [, size]) => sum + size, 0);
  if (all <= allVariables) return;
  context.addIssue({
    code: 'custom',
    message: `together they have ${all} bytes, and the API server accepts no object of more than ${allVariables} bytes`,
    params: { fix: 'put long values into a file of the image' },
    input: env,
  });
});

/** One sentence for people. It becomes an annotation; an object has room for 256 KiB of them (apimachinery, ValidateAnnotationsSize). */
export const sentence = z.string().min(1).max(1000, 'at most 1000 characters');

/** Reason for a choice, as one sentence. */
export const reason = z
  .string()
  .trim()
  .min(10, 'a sentence with the reason')
  .max(1000, 'at most 1000 characters');

/** Cores as a Kubernetes quantity (API conventions, 'Quantities'), with at most three decimals: `250m`, `2`, `0.5`. */
export const cores = z
  .string()
  .regex(/^(?=.*[1-9])(\d+m|\d+(\.\d{1,3})?)$/, "a number of cores such as '250m' or '2'");

/** Number of pods of an app; or the bounds of a HorizontalPodAutoscaler with its target load, in percent of the reserved cores. */
export const replicas = z.union([
  z.number().int().min(0).max(100).describe('Number of pods.'),
  z.strictObject({
    min: z.number().int().min(1).max(100).describe('Smallest number of pods.'),
    max: z
      .number()
      .int()
      .min(2)
      .max(100)
      .describe('Largest number of pods; all of them must fit on the nodes.'),
    cpu: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(80)
      .describe('Target load, in percent of the reserved cores; pods are added above it.'),
  }),
]);

export type Replicas = z.infer<typeof replicas>;

/** The smallest and the largest number of pods. */
export function replicaRange(given: Replicas): { min: number; max: number } {
  return typeof given === 'number' ? { min: given, max: given } : given;
}

/** Bytes as a Kubernetes quantity. The unit is required: `128` would be 128 bytes and `128m` an eighth of a byte. */
export const bytes = z
  .string()
  .regex(
    /^(?=.*[1-9])\d+(\.\d+)?(k|M|G|T|Ki|Mi|Gi|Ti)$/,
    "a number of bytes with its unit, such as '128Mi' or '20Gi'",
  );

/** Memory of a container: with less, the kernel ends the program that starts it (Docker Engine has the same minimum). */
export const memoryLimit = bytes.refine(
  (text) => !bytes.safeParse(text).success || inUnits(text) >= 6 * 2 ** 20,
  { error: 'a container does not start with less than 6Mi', params: { fix: "write more, such as '32Mi'" } },
);

const tcpPort = z.number().int().min(1).max(65535);

const awsRegion = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as 'eu-central-1'")
  .describe("The AWS region, such as 'eu-central-1'.");

const awsAccount = z
  .string()
  .regex(/^\d{12}$/, "the number of an AWS account in quotes, such as '123456789012'")
  .describe('AWS account number. Credentials of another account are refused.');

/** A public key as in a line of authorized_keys. */
const publicKey = z
  .string()
  .regex(/^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+|sk-\S+) [A-Za-z0-9+/=]+( [^\n]*)?$/, 'a public SSH key');

const provider = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('kind').describe('Containers on this machine, created by Kind.'),
    ports: z
      .strictObject({
        http: tcpPort.default(8080).describe('HTTP port of the gateway, which redirects to HTTPS.'),
        https: tcpPort.default(8443).describe('HTTPS port of the gateway.'),
        registry: tcpPort.default(5002).describe("Port of the registry for the team's own images."),
      })
      .prefault({})
      .describe("Ports of the cluster on this machine's loopback address."),
  }),
  z.strictObject({
    kind: z.literal('machines').describe('Existing machines, installed by Ansible over SSH.'),
    ports: z
      .strictObject({
        http: tcpPort.default(nodePorts.http).describe('HTTP port, which redirects to HTTPS.'),
        https: tcpPort.default(nodePorts.https).describe('HTTPS port.'),
      })
      .prefault({})
      .describe(
        `Ports at which visitors reach the gateway. Every node listens on ${nodePorts.http} (HTTP) and ${nodePorts.https} (HTTPS); set other ports where your load balancer or firewall forwards them to these.`,
      ),
    buckets: z
      .strictObject({ region: awsRegion, account: awsAccount })
      .optional()
      .describe(
        'AWS account in which the stacks create buckets for backups, logs and traces. Default: no buckets.',
      ),
    ssh: z
      .strictObject({
        user: z
          .string()
          .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "the name of a user such as 'root'")
          .default('root')
          .describe('User for SSH; it must be able to become root.'),
        port: tcpPort.default(22).describe('Port of sshd.'),
        keys: z
          .array(publicKey)
          .default([])
          .describe('The only public keys that may log in. An empty list keeps the keys of the machine.'),
      })
      .prefault({})
      .describe('SSH access to the machines.'),
    network: z
      .cidrv4()
      .optional()
      .describe(
        'Network of the machines, such as 10.0.0.0/24; traffic between nodes is allowed from it. Default: allowed from the address of each node.',
      ),
  }),
  z.strictObject({
    kind: z.literal('aws').describe('EC2 instances, created by the stacks.'),
    region: awsRegion,
    account: awsAccount,
    zones: z
      .number()
      .int()
      .min(1)
      .max(6)
      .default(2)
      .describe('Number of availability zones, starting with `a`; the nodes of a role are spread over them.'),
    nat: z
      .enum(['one', 'per-zone', 'none'])
      .default('one')
      .describe(
        'Internet access of the nodes: through one NAT gateway, through one per zone (tolerates the loss of a zone), or without NAT through public addresses that accept no connection (costs least).',
      ),
  }),
]);

const node = z.strictObject({
  name: dnsLabel.describe('Name of the node and of its machine.'),
  role: z
    .enum(['control-plane', 'worker'])
    .describe('`control-plane`: API server and etcd, on one node or three. `worker`: apps.'),
  cpu: cores.default('2').describe('Cores that pods can reserve; the reservations of the apps must fit.'),
  memory: bytes
    .default('4Gi')
    .describe('Bytes that pods can reserve; the reservations of the apps must fit.'),
  disk: z
    .string()
    .regex(/^[1-9]\d*Gi$/, "whole gibibytes such as '50Gi'")
    .default('50Gi')
    .describe('Size of the disk that the stacks create.'),
  address: address.optional().describe('Address for SSH; required with the provider `machines`.'),
  architecture: z
    .enum(['amd64', 'arm64'])
    .optional()
    .describe(
      'Processor of the machine, for which images are published; the same for all nodes. Default: amd64.',
    ),
  instanceType: z
    .string()
    .regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, "an instance type such as 't3.large'")
    .optional()
    .describe('EC2 instance type, such as t3.large; required with the provider `aws`.'),
  labels: z
    .record(nodeKey, nodeValue)
    .default({})
    .describe('Labels of the node, such as disk: ssd, by which apps choose nodes.'),
  taints: z
    .record(nodeKey, nodeValue)
    .default({})
    .describe('Taints of the node, from key to value: only apps that tolerate them run there (NoSchedule).'),
  gpus: gpus
    .default({})
    .describe(
      'Number of GPUs by the name of their extended resource, such as nvidia.com/gpu: 1. The driver and the device plugin of the vendor offer them.',
    ),
});

export type ClusterNode = z.infer<typeof node>;

const registry = z.strictObject({
  overlay: z
    .enum(['http', 'tls'])
    .describe(
      '`http`: plain HTTP in the network of the cluster, for development. `tls`: HTTPS with a certificate of its own CA; nodes read by their certificates, people push by logins.',
    ),
  storage: bytes.default('10Gi').describe('Size of the volume for images, in bytes.'),
  keep: duration
    .default('30d')
    .describe(
      'With the overlay `tls`: time after which the nightly clean-up drops images that no manifest names and no roll-back can reach.',
    ),
});

const source = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z
      .literal('in-cluster')
      .describe(
        'A Git server in the cluster; pushes go through the API server, so that a kubeconfig is the only credential.',
      ),
    storage: bytes.default('1Gi').describe('Size of the volume for the repository, in bytes.'),
  }),
  z.strictObject({
    kind: z.literal('git').describe('A Git repository outside of the cluster.'),
    url: gitUrl.describe('Address of the repository, https:// or ssh://, without credentials.'),
    branch: z
      .string()
      .regex(
        /^(?![-/.])(?!(HEAD|@)$)(?!refs\/)(?!.*(\.\.|\/\/|@\{|\.lock$|[/.]$))[^\s~^:?*[\\]+$/,
        "the name of a branch such as 'main'",
      )
      .default('main')
      .describe('Branch that Flux applies.'),
    forge: z
      .strictObject({
        kind: z.enum(['github', 'gitlab', 'gitea']).describe('Kind of API; Forgejo has the API of `gitea`.'),
        api: z
          .string()
          .regex(/^https?:\/\/[^\s?#]+[^\s?#/]$/, "an address such as 'https://git.example.org/api/v1'")
          .pipe(noSecret)
          .optional()
          .describe(
            'Address of the API. Default: the one that forges of that kind have on the host of the url.',
          ),
      })
      .optional()
      .describe(
        'Forge of the repository, where promotions become pull requests. Default: none, promotions become branches.',
      ),
    secret: dnsLabel
      .optional()
      .describe(
        'Name of the Secret in flux-system with the deploy key, required for SSH; created by hand or with SOPS, never rendered. Default: none, the repository is public.',
      ),
  }),
]);

/** Validity of certificates, and the time before its end at which they are renewed. */
const validity = (defaults: { duration: string; renewBefore: string }) =>
  z
    .strictObject({
      duration: duration.default(defaults.duration).describe('Validity of a certificate.'),
      renewBefore: duration
        .default(defaults.renewBefore)
        .describe('Time before the end of the validity at which it is renewed.'),
    })
    .prefault({});

const generation = z.number().int().min(1).max(999);

/** The stores of metrics, logs and traces. */
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
      .describe('Notifications of alerts. Default: none, the page of Prometheus shows alerts.'),
  }),
  z.literal('off').describe('No metrics, logs or traces are collected.'),
]);

const identity = z.strictObject({
  authorities: z
    .enum(['self-signed', 'intermediate'])
    .default('self-signed')
    .describe(
      '`self-signed`: each service has its own root CA. `intermediate`: the CA of each service is signed by one root of the environment.',
    ),
  roots: z
    .record(
      dnsLabel,
      z.strictObject({
        trusted: z.array(generation).min(1).describe('Generations of the CA that both sides trust.'),
        issuing: generation.describe('Generation of the CA that issues; one of the trusted ones.'),
      }),
    )
    .default({})
    .describe(
      'Generations of the CA of each authority, by its name (`orders`, `orders-db`). Default: generation 1. To rotate a CA: trust [1, 2], then issue with 2, then trust [2]; `npm run certs` does it.',
    ),
  certificates: validity({ duration: '90d', renewBefore: '30d' }).describe(
    'Certificates of services and their clients; cert-manager issues for at least an hour.',
  ),
  ca: validity({ duration: '3650d', renewBefore: '730d' }).describe(
    'Certificates of the authorities; renewed with the same key.',
  ),
});

const backups = z.strictObject({
  destination: z
    .string()
    .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]+(\/[\w.-]+)*$/, "an address such as 's3://bucket/folder'")
    .describe('`s3://BUCKET/FOLDER`; each database has its own folder below it.'),
  endpoint: z
    .string()
    .regex(/^https:\/\/\S+$/, 'an https:// address')
    .pipe(noSecret)
    .optional()
    .describe('Address of an S3-compatible store. Default: Amazon S3.'),
  authority: dnsLabel
    .optional()
    .describe(
      'Secret in the namespace of each database, with the CA certificate of the endpoint as ca.crt. Default: public authorities.',
    ),
  credentials: z
    .union([
      z.literal('machine'),
      z.strictObject({ secret: dnsLabel.describe('Name of the Secret in the namespace of each database.') }),
    ])
    .describe(
      "`machine`: the AWS role of the database's service account if the stacks create one, else the role of the node. Or a Secret with ACCESS_KEY_ID and ACCESS_SECRET_KEY; created by hand or with SOPS, never rendered.",
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
    .describe("Cron expression of full backups, seconds first (CloudNativePG, 'Scheduled backups')."),
  keep: z
    .string()
    .regex(/^[1-9]\d*[dwm]$/, "days, weeks or months such as '30d'")
    .default('30d')
    .describe('Period for which a database can be restored to any point in time.'),
});

const databases = z.strictObject({
  instances: z
    .number()
    .int()
    .min(1)
    .max(9)
    .default(1)
    .describe('Instances of each database: 1, or 3 to tolerate a failure during a replacement.'),
  resources: z
    .strictObject({
      cpu: cores.default('50m').describe('Cores.'),
      memory: bytes.default('256Mi').describe('Bytes; also the limit.'),
    })
    .prefault({})
    .describe('Reservation of each instance.'),
  backups: backups.optional().describe('Backups and write-ahead logs of the databases. Default: no backups.'),
});

const retiredReason = z
  .string()
  .trim()
  .min(10, 'a sentence with the reason')
  .describe('Reason why it is no longer needed, or where its data goes.');

const retiredDatabase = z.discriminatedUnion('data', [
  z.strictObject({
    database: appName.describe('App that owned the database.'),
    data: z
      .literal('keep')
      .describe('Keeps the database running with its data, certificates and backups; no app can reach it.'),
    storage: bytes.describe(
      'Size of its volume in bytes, as in database.storage; it can grow and never shrink.',
    ),
    reason: retiredReason,
  }),
  z.strictObject({
    database: appName.describe('App that owned the database.'),
    data: z.literal('delete').describe('Flux deletes the database with its volumes; only backups remain.'),
    reason: retiredReason,
  }),
]);

const retiredVolume = z.strictObject({
  volume: volumeName.describe(
    'Name of the volume in its app. It stays in the namespace of the app until it is deleted by hand.',
  ),
  app: appName.describe('App that had the volume.'),
  reason: retiredReason,
});

const retired = z.union([retiredDatabase, retiredVolume]);

const previews = z.strictObject({
  max: z.number().int().min(1).max(50).default(3).describe('Largest number of previews at the same time.'),
  lifetime: duration
    .default('7d')
    .describe('Time after the last change of its pull request at which a preview is stale.'),
  cpu: cores
    .default('500m')
    .describe('Cores that the pods of one app of a preview can reserve, with its database.'),
  memory: bytes
    .default('1Gi')
    .describe('Bytes that the pods of one app of a preview can reserve, with its database.'),
  storage: bytes.default('5Gi').describe('Bytes that the volumes of one app of a preview can have.'),
});

/** Fields of an app that an environment may change. */
export const appOverride = z.strictObject({
  replicas: replicas
    .optional()
    .describe('Number of pods, or the bounds of a HorizontalPodAutoscaler. Default: the value of app.ts.'),
  single: reason.optional().describe('Reason why one replica is enough in production.'),
  env: variables
    .optional()
    .describe('Environment variables that are added to those of app.ts or replace them.'),
  resources: z
    .strictObject({
      cpu: cores.optional().describe('Cores. Default: the value of app.ts.'),
      memory: memoryLimit
        .optional()
        .describe('Bytes; also the limit, of at least 6Mi. Default: the value of app.ts.'),
      reason: reason.optional().describe('Reason for a larger reservation in this environment.'),
    })
    .optional()
    .describe('Reservation of each pod.'),
  public: z
    .record(portName, tcpPort)
    .optional()
    .describe(
      'Numbers for visitors of public TCP and UDP ports, by the name of the port. Default: the values of app.ts.',
    ),
  nodes: nodeChoice
    .optional()
    .describe('Choice of nodes, in place of that of app.ts; {} is any node. Default: the value of app.ts.'),
  hosts: z
    .array(dnsName)
    .optional()
    .describe(
      'Further host names of the app, below other domains. The certificate of the gateway has them; their DNS records must lead to the gateway.',
    ),
});

/** `clusters/ENV/cluster.yaml`: one environment. Editors show the `describe` of each field. */
export const clusterSchema = z.strictObject({
  name: dnsLabel.describe(
    "Cluster name; must end with the folder's name, such as plinth-dev in clusters/dev.",
  ),
  production: z
    .boolean()
    .default(false)
    .describe(
      'Whether people depend on the environment: single replicas and databases without backups are then refused.',
    ),
  domain: dnsName
    .max(189, 'at most 189 characters, since NAME.domain has at most 253')
    .describe('DNS domain; an exposed app has the host name NAME.domain.'),
  kubernetes: z
    .strictObject({
      distribution: z
        .enum(['kubeadm', 'k3s'])
        .default('kubeadm')
        .describe('Kubernetes distribution; a Kind cluster always uses kubeadm.'),
      version: z
        .string()
        .regex(/^v\d+\.\d+\.\d+$/, "a version such as 'v1.36.4'")
        .describe('Version of images/lock.yaml; on machines also the previous minor version.'),
      endpoint: address
        .optional()
        .describe(
          'Address of the API server; with several control planes that of a load balancer. Default: the address of the first control plane.',
        ),
      virtualAddress: z
        .ipv4()
        .optional()
        .describe(
          'Virtual address of the API server, instead of endpoint, with the provider `machines`: a free address of their network. The control planes share it (VRRP, keepalived); it moves when the API server of its holder does not answer.',
        ),
    })
    .describe('Kubernetes of the cluster.'),
  provider: provider.describe('Origin of the machines: `kind`, `machines` or `aws`.'),
  nodes: z.array(node).min(1).describe('Nodes of the cluster.'),
  registry: registry.describe("Registry in the cluster for the team's own images."),
  source: source.describe('Git repository that Flux reads.'),
  mirror: z
    .union([mirrorUrl, z.record(registryHost, mirrorUrl)])
    .optional()
    .describe(
      'Mirror from which images are pulled before upstream: the address of one mirror for all registries, with docker.io/library/debian at ADDRESS/docker.io/library/debian; or a map from each registry to the address of its mirror. Default: no mirror.',
    ),
  artifacts: z
    .enum(['upstream', 'mirror'])
    .default('upstream')
    .describe(
      'Source from which Flux pulls upstream artifacts: their registry, or the mirror under the same names.',
    ),
  gateway: gatewaySchema.prefault({}).describe('Gateway through which visitors reach the exposed apps.'),
  observability: observability
    .default('off')
    .describe(
      'Metrics, logs and traces of each app and of the platform, with alerts: `off`, `{ store: light }` or `{ store: grafana }`.',
    ),
  snapshots: z
    .strictObject({
      every: z
        .union([1, 2, 3, 4, 6, 8, 12, 24].map((hours) => z.literal(hours)))
        .default(24)
        .describe('Hours between two snapshots: 1, 2, 3, 4, 6, 8, 12 or 24.'),
      at: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time such as '03:00'")
        .default('03:00')
        .describe('Time of the first snapshot of a day, in UTC; it begins within an hour.'),
      keep: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .default(7)
        .describe('Number of snapshots that are kept of each volume.'),
    })
    .optional()
    .describe(
      'Snapshots of all volumes of the cluster, by Amazon; only with the provider `aws`. Default: none. docs/restoring-a-volume.md.',
    ),
  retention: z
    .strictObject({
      metrics: duration.default('15d').describe('Retention of metrics.'),
      logs: duration.default('7d').describe('Retention of logs.'),
      traces: duration.default('3d').describe('Retention of traces.'),
    })
    .prefault({})
    .describe('Retention of metrics, logs and traces; they must fit on the volumes.'),
  storage: z
    .strictObject({
      metrics: bytes.default('10Gi').describe('Size of the volume for metrics, in bytes.'),
      logs: bytes.default('5Gi').describe('Size of the volume for logs, in bytes.'),
      traces: bytes.default('5Gi').describe('Size of the volume for traces, in bytes.'),
    })
    .prefault({})
    .describe('Volumes for metrics, logs and traces.'),
  identity: identity.prefault({}).describe('Certificates of services.'),
  databases: databases.prefault({}).describe('Databases of the apps.'),
  people: z
    .record(
      dnsLabel.max(
        57,
        "at most 57 characters, because a certificate has room for 64 and contains 'person:NAME'",
      ),
      z.strictObject({
        uses: z
          .array(dnsLabel)
          .min(1)
          .describe('Apps that the person may call; each has a port with mutual TLS.'),
      }),
    )
    .default({})
    .describe(
      'People who may call apps from their own machines, by name; each has a client certificate with the CN `person:NAME`.',
    ),
  signIn: signInSchema
    .optional()
    .describe(
      'Accounts of people who sign in to apps, at accounts.DOMAIN. Default: none, and no app can ask for sign-in.',
    ),
  egress: z
    .strictObject({
      privateNetworks: z
        .array(z.cidrv4())
        .default([])
        .describe(
          'Private networks, such as 10.20.0.0/16, that hosts of `internet` edges may be in. Default: none; host names with a private address are refused.',
        ),
    })
    .prefault({})
    .describe('Access to hosts outside of the cluster.'),
  secrets: z
    .strictObject({
      recipients: z
        .record(dnsLabel, ageRecipient)
        .default({})
        .describe(
          'Public age keys that can decrypt the secrets of this environment, by name. Flux decrypts with `cluster`; written by npm run secrets.',
        ),
    })
    .prefault({})
    .describe('Secrets of apps, encrypted by SOPS with age; each is in the folder secrets/ENV of its app.'),
  external: external
    .prefault({})
    .describe('Services outside of the cluster that provide edges of apps here; app.ts stays the same.'),
  previews: previews
    .optional()
    .describe(
      'Previews of pull requests, which run beside the apps of this environment: docs/previews.md. Default: none.',
    ),
  retired: z
    .array(retired)
    .default([])
    .describe(
      'Databases and volumes that no app describes any more, with a decision on their data. Every database and volume in the manifests must be described by an app or listed here.',
    ),
  apps: z
    .record(dnsLabel, appOverride.nullable())
    .describe(
      'Apps that run in this environment, each with the fields that differ from its app.ts. An app that is not listed does not run.',
    ),
});

export type Cluster = z.infer<typeof clusterSchema>;
export type RetiredDatabase = z.infer<typeof retiredDatabase>;
export type PreviewLimits = z.infer<typeof previews>;
export type AppOverride = z.infer<typeof appOverride>;

/** Host of an environment's team registry in image references. */
export function teamRegistry({ domain }: Pick<Cluster, 'domain'>): string {
  return `registry.${domain}`;
}

/** The mirror of cluster.yaml as a value of `PLINTH_REGISTRY_MIRROR`; empty if there is none. */
export function mirrorSetting({ mirror }: Pick<Cluster, 'mirror'>): string {
  if (mirror === undefined || typeof mirror === 'string') return mirror ?? '';
  return Object.entries(mirror)
    .map(([host, url]) => `${host}=${url}`)
    .join(',');
}
