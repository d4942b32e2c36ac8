import { z } from 'zod';
import { appOverride } from './cluster/app-override.ts';
import { databases } from './cluster/databases.ts';
import { identity } from './cluster/identity.ts';
import { kubernetes } from './cluster/kubernetes.ts';
import { mirror } from './cluster/mirror.ts';
import { node } from './cluster/nodes.ts';
import { observability, retention, signalStorage } from './cluster/observability.ts';
import { people } from './cluster/people.ts';
import { previewLimits } from './cluster/preview-limits.ts';
import { provider } from './cluster/provider.ts';
import { registry } from './cluster/registry.ts';
import { retired } from './cluster/retired.ts';
import { secrets } from './cluster/secrets.ts';
import { snapshots } from './cluster/snapshots.ts';
import { source } from './cluster/source.ts';
import { external } from './external.ts';
import { gatewaySchema } from './gateway.ts';
import { dnsLabel, dnsName } from './kubernetes-names.ts';
import { privateNetwork } from './network.ts';
import { signInSchema } from './sign-in.ts';

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
  kubernetes: kubernetes.describe('Kubernetes of the cluster.'),
  provider: provider.describe('Origin of the machines: `kind`, `machines` or `aws`.'),
  nodes: z.array(node).min(1).describe('Nodes of the cluster.'),
  registry: registry.describe("Registry in the cluster for the team's own images."),
  source: source.describe('Git repository that Flux reads.'),
  mirror: mirror
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
  snapshots: snapshots
    .optional()
    .describe(
      'Snapshots of all volumes of the cluster, by Amazon; only with the provider `aws`. Default: none. docs/restoring-a-volume.md.',
    ),
  retention: retention
    .prefault({})
    .describe('Retention of metrics, logs and traces; they must fit on the volumes.'),
  storage: signalStorage.prefault({}).describe('Volumes for metrics, logs and traces.'),
  identity: identity.prefault({}).describe('Certificates of services.'),
  databases: databases.prefault({}).describe('Databases of the apps.'),
  people: people
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
        .array(privateNetwork)
        .default([])
        .describe(
          'Private networks, such as 10.20.0.0/16, that hosts of `internet` edges may be in. Default: none; host names with a private address are refused.',
        ),
    })
    .prefault({})
    .describe('Access to hosts outside of the cluster.'),
  secrets: secrets
    .prefault({})
    .describe(
      'Secrets of apps: encrypted by SOPS with age, each in the folder secrets/ENV of its app, or in an external store.',
    ),
  external: external
    .prefault({})
    .describe('Services outside of the cluster that provide edges of apps here; app.ts stays the same.'),
  previews: previewLimits
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
