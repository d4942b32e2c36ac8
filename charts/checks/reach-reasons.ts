import type { Environment } from '../../model/graph.ts';
import { retiredDatabases } from '../../model/schema/database.ts';
import { secretsOperator } from '../../model/secret-stores.ts';
import { namespaceOf } from '../kube/names.ts';
import type { Power } from './powers.ts';

/** The reason why an account has a power. `APP` matches any app, in accounts and in powers. */
export interface PowerReason {
  account: string;
  power: string;
  reason: string;
}

/**
 * The reasons for all powers of service accounts in all environments. Remove the entry of a power that no
 * account has.
 */
export const reasons: readonly PowerReason[] = [
  {
    account: 'APP/APP-db',
    power: 'reads Secrets of APP, by name',
    reason:
      'Postgres identifies itself with them and verifies its peers. CloudNativePG creates this account.',
  },
  {
    account: 'APP/APP-db',
    power: 'makes databases of APP',
    reason:
      'An instance creates the extensions of its app, and writes its status to objects of CloudNativePG; it is the database itself.',
  },
  {
    account: 'cert-manager/cert-manager',
    power: 'reads Secrets of every namespace',
    reason:
      'It signs with the keys of authorities, and reads certificates to see whether they are due for renewal.',
  },
  {
    account: 'cert-manager/cert-manager',
    power: 'writes Secrets of every namespace',
    reason: 'It writes the key and certificate of each Certificate. It holds the keys of all authorities.',
  },
  {
    account: 'cert-manager/cert-manager',
    power: 'asks for certificates of every namespace',
    reason: 'It creates a request for each Certificate.',
  },
  {
    account: 'cert-manager/cert-manager',
    power: 'approves certificates of every namespace',
    reason: 'It approves its own requests; admission policies limit what may be requested.',
  },
  {
    account: 'cert-manager/cert-manager-cainjector',
    power: 'reads Secrets of every namespace',
    reason: 'It reads the CA of each webhook, in the namespace that the webhook names.',
  },
  {
    account: 'cert-manager/cert-manager-cainjector',
    power: 'decides what is admitted of every namespace, by name',
    reason: 'It writes the CA into webhook configurations.',
  },
  {
    account: 'cert-manager/cert-manager-webhook',
    power: 'reads Secrets of its own namespace, by name',
    reason: 'The CA of its own certificate.',
  },
  {
    account: 'cert-manager/cert-manager-webhook',
    power: 'writes Secrets of its own namespace',
    reason: 'It creates the CA of its own certificate; a rule for `create` cannot name objects.',
  },
  {
    account: 'cnpg-system/cloudnative-pg',
    power: 'reads Secrets of every namespace',
    reason:
      'It copies the certificates of a database to its instances, in the namespace of any app, and lists all Secrets for that.',
  },
  {
    account: 'cnpg-system/cloudnative-pg',
    power: 'decides what is admitted of every namespace',
    reason: 'It writes the CA into the configurations of its own webhooks.',
  },
  ...cloudnativePg({
    'writes Secrets': 'It renews the certificates of its own webhook and of its client for instances.',
    'writes ConfigMaps': "It writes the queries for the instances' own metrics.",
    'runs pods': 'It creates the instances, and the Jobs that join or restore one.',
    'enters pods': 'It queries an instance directly if the status port does not answer.',
    'writes roles': 'Each database has a service account with its own role.',
    'moves requests': 'The Services of a database point to its primary.',
  }),
  {
    account: 'cnpg-system/cloudnative-pg',
    power: 'makes databases of every namespace',
    reason: 'It writes the status of its own custom resources.',
  },
  {
    account: 'ebs-csi/ebs-csi-controller',
    power: 'makes volumes of every namespace',
    reason: 'This is its purpose.',
  },
  {
    account: 'ebs-csi/ebs-csi-node',
    power: 'is on the node',
    reason: 'It mounts disks for all pods of its node.',
  },
  {
    account: 'ebs-csi/ebs-csi-node',
    power: 'writes nodes of every namespace',
    reason: 'It removes the taint that keeps pods off a node until the driver is ready.',
  },
  {
    account: 'external-secrets/APP',
    power: 'reads Secrets of APP',
    reason:
      'It compares its copies with the store. A list and a watch cannot name Secrets, so it reads all of its app; each app has a pod of its own.',
  },
  {
    account: 'external-secrets/APP',
    power: 'writes Secrets of APP',
    reason: 'It copies the secrets of its app from the store; a rule for `create` cannot name objects.',
  },
  {
    account: 'external-secrets/APP',
    power: 'mints tokens of APP, by name',
    reason:
      'It logs in to OpenBao as an account of its app without rights. The policy tokens-for-pods admits no other account and no other audience.',
  },
  {
    account: 'flux-system/folder-artifacts',
    power: 'tells Flux what to apply of its own namespace',
    reason:
      'It makes the artifacts that kustomize-controller applies, of the repository that source-controller has fetched.',
  },
  {
    account: 'flux-system/kustomize-controller',
    power: 'everything',
    reason: 'It applies the objects in Git, which can be of any kind.',
  },
  {
    account: 'flux-system/source-controller',
    power: 'reads Secrets of its own namespace',
    reason: 'Credentials for sources.',
  },
  {
    account: 'flux-system/source-controller',
    power: 'tells Flux what to apply of its own namespace',
    reason: 'It fetches the artifacts that kustomize-controller applies.',
  },
  {
    account: 'gateway/traefik',
    power: 'reads Secrets of its own namespace',
    reason: 'Certificates of its listeners.',
  },
  {
    account: 'gateway/traefik',
    power: 'reads Secrets of APP',
    reason:
      'It starts only if it may list Secrets in each namespace where it reads routes: those of exposed apps.',
  },
  {
    account: 'gateway/traefik',
    power: 'reads Secrets of registry',
    reason:
      'It starts only if it may list them. The logins, of which this namespace has the hashes, pass through the gateway anyway.',
  },
  {
    account: 'git-server/git-server',
    power: 'tells Flux what to apply of flux-system, by name',
    reason: 'It requests a reconciliation after a push. It cannot change the content.',
  },
  {
    account: 'kube-system/kube-router',
    power: 'is on the node',
    reason: "It writes the node's packet filter.",
  },
  {
    account: 'local-path-storage/local-path-provisioner',
    power: 'makes volumes of every namespace',
    reason: 'This is its purpose.',
  },
  {
    account: 'local-path-storage/local-path-provisioner',
    power: 'runs pods of its own namespace',
    reason: "Helper pods create and remove the folders of volumes on the nodes' disks.",
  },
  {
    account: 'node-exporter/node-exporter',
    power: 'is on the node',
    reason: "It reads the node's counters, without root and read-only.",
  },
  {
    account: 'opentelemetry-agent/opentelemetry-agent',
    power: 'is on the node',
    reason: 'It reads the logs of containers, which are files of the node.',
  },
  {
    account: 'receiver/receiver',
    power: 'tells Flux what to apply of flux-system, by name',
    reason:
      'It requests a reconciliation after a push. The admission policy receiver-asks-alone refuses every other change.',
  },
  {
    account: 'rollout-gate/rollout-gate',
    power: 'writes the status of pods of APP',
    reason:
      'It opens and closes the readiness gate of new pods. The admission policy gate-opens-alone refuses every other change.',
  },
  {
    account: 'gateway/traefik',
    power: 'reads Secrets of receiver',
    reason:
      'It starts only if it may list them. The secret of the webhook passes through the gateway anyway, and the token can write statuses alone.',
  },
  {
    account: 'trust/trust-manager',
    power: 'reads Secrets of every namespace',
    reason: 'It compares its copies with their source; Kubernetes has no right for metadata only.',
  },
  {
    account: 'trust/trust-manager',
    power: 'writes Secrets of every namespace, by name',
    reason: 'The CA certificates that Postgres trusts.',
  },
  {
    account: 'trust/trust-manager',
    power: 'writes ConfigMaps of every namespace',
    reason: 'It copies CA certificates to the namespaces that trust them; namespaces come and go.',
  },
  {
    account: 'trust/trust-roots',
    power: 'writes ConfigMaps of its own namespace, by name',
    reason: 'It writes the CA certificates from which trust-manager makes copies.',
  },
];

/**
 * Accounts that work only in namespaces of databases and in their own: the admission policy `databases-alone`
 * enforces it.
 */
function cloudnativePg(powers: Record<string, string>): PowerReason[] {
  return Object.entries(powers).flatMap(([power, reason]) =>
    ['APP', 'its own namespace'].map((where) => ({
      account: 'cnpg-system/cloudnative-pg',
      power: `${power} of ${where}`,
      reason,
    })),
  );
}

/** The reason of a power: from the list, or from app.ts if an app uses the Kubernetes API. */
export function reasonOf(env: Environment, power: Power): PowerReason | undefined {
  const [space = '', own = ''] = power.account.split('/');
  const names = [
    ...env.apps.map(({ name }) => name),
    ...retiredDatabases(env.cluster).map(({ database }) => database),
  ];
  const apps = new Map(names.map((name) => [namespaceOf({ name }), name]));
  const app = apps.get(space);
  if (app !== undefined && own === app) {
    const use = env.apps.find(({ name }) => name === app)?.uses.find(({ kind }) => kind === 'kubernetes');
    if (use?.kind !== 'kubernetes') return undefined;
    return { account: power.account, power: power.power, reason: use.reason };
  }
  const account =
    app !== undefined
      ? `APP/${own.replace(app, 'APP')}`
      : // One pod per app, which works in the namespace of its app only.
        space === secretsOperator && own === power.scope
        ? `${space}/APP`
        : power.account;
  const where = () => {
    if (power.scope === '*') return 'every namespace';
    if (apps.has(power.scope)) return 'APP';
    return power.scope === space ? 'its own namespace' : power.scope;
  };
  const bare = ['everything', 'is on the node'].includes(power.power);
  const text = bare
    ? power.power
    : `${power.power} of ${where()}${power.names === undefined ? '' : ', by name'}`;
  return reasons.find((each) => each.account === account && each.power === text);
}
