import type { Environment } from '../../model/graph.ts';
import { retiredDatabases } from '../../model/schema/database.ts';
import { namespaceOf } from '../kube/names.ts';
import type { Power } from './reach.ts';

/** The reason for an account's power. `APP` matches any app, in accounts and in powers. */
export interface PowerReason {
  account: string;
  power: string;
  reason: string;
}

/** Every power of a service account in any environment. An entry whose power no account has any more must be removed. */
export const reasons: readonly PowerReason[] = [
  {
    account: 'APP/APP-db',
    power: 'reads Secrets of APP, by name',
    reason: 'Postgres proves itself by them, and knows its peers. CloudNativePG makes this account.',
  },
  {
    account: 'APP/APP-db',
    power: 'makes databases of APP',
    reason:
      'An instance makes the extensions that its app names, and notes on objects of CloudNativePG beside it what it has done; it is the database already.',
  },
  {
    account: 'cert-manager/cert-manager',
    power: 'reads Secrets of every namespace',
    reason: 'Keys of authorities to sign by; keys of certificates to see whether they are to be renewed.',
  },
  {
    account: 'cert-manager/cert-manager',
    power: 'writes Secrets of every namespace',
    reason:
      'It writes keys and certificates where a Certificate stands. It holds the keys of all authorities.',
  },
  {
    account: 'cert-manager/cert-manager',
    power: 'asks for certificates of every namespace',
    reason: 'It makes a request for each Certificate.',
  },
  {
    account: 'cert-manager/cert-manager',
    power: 'approves certificates of every namespace',
    reason: 'It approves what it asks for; what may be asked for is for the admission policies to say.',
  },
  {
    account: 'cert-manager/cert-manager-cainjector',
    power: 'reads Secrets of every namespace',
    reason: 'It looks for the CA of each webhook, in the namespace that the webhook names.',
  },
  {
    account: 'cert-manager/cert-manager-cainjector',
    power: 'decides what is admitted of every namespace, by name',
    reason: 'It writes the CA into webhooks.',
  },
  {
    account: 'cert-manager/cert-manager-webhook',
    power: 'reads Secrets of its own namespace, by name',
    reason: 'The CA of its own certificate.',
  },
  {
    account: 'cert-manager/cert-manager-webhook',
    power: 'writes Secrets of its own namespace',
    reason: 'It makes the CA of its own certificate; Kubernetes knows no names of what is yet to be made.',
  },
  {
    account: 'cnpg-system/cloudnative-pg',
    power: 'reads Secrets of every namespace',
    reason:
      "It hands the certificates of a database to its instances, in whichever app's namespace they are, and lists the kind as a whole.",
  },
  {
    account: 'cnpg-system/cloudnative-pg',
    power: 'decides what is admitted of every namespace',
    reason: 'It writes the CA of its own webhooks into them.',
  },
  ...cloudnativePg({
    'writes Secrets': 'It keeps the certificates of its own webhook and of how it asks instances.',
    'writes ConfigMaps': 'It writes the queries by which instances measure themselves.',
    'runs pods': 'It makes the instances, one by one, and the Jobs that join or restore one.',
    'enters pods': 'It asks an instance how it is where its status port does not answer.',
    'writes roles': 'Each database has an account with a role of its own.',
    'moves requests': 'The Services of a database lead to its primary.',
  }),
  {
    account: 'cnpg-system/cloudnative-pg',
    power: 'makes databases of every namespace',
    reason: 'It keeps what it has done in the objects of its own kinds.',
  },
  {
    account: 'ebs-csi/ebs-csi-controller',
    power: 'makes volumes of every namespace',
    reason: 'That is what it is for.',
  },
  {
    account: 'ebs-csi/ebs-csi-node',
    power: 'is on the node',
    reason: 'It mounts disks for all pods of its node.',
  },
  {
    account: 'ebs-csi/ebs-csi-node',
    power: 'writes nodes of every namespace',
    reason: 'It takes away the taint that keeps pods off a node until it is there.',
  },
  {
    account: 'flux-system/kustomize-controller',
    power: 'everything',
    reason: 'It applies what is in Git, which may be any object.',
  },
  {
    account: 'flux-system/source-controller',
    power: 'reads Secrets of its own namespace',
    reason: 'Credentials that sources name.',
  },
  {
    account: 'flux-system/source-controller',
    power: 'tells Flux what to apply of its own namespace',
    reason: 'It fetches and hands on what kustomize-controller applies.',
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
      'It serves nothing before it may list them wherever it looks for routes: in namespaces of exposed apps alone.',
  },
  {
    account: 'git-server/git-server',
    power: 'tells Flux what to apply of flux-system, by name',
    reason: 'It asks for a look after a push. What it holds is applied anyway.',
  },
  {
    account: 'kube-system/kube-router',
    power: 'is on the node',
    reason: "It writes the node's packet filter.",
  },
  {
    account: 'local-path-storage/local-path-provisioner',
    power: 'makes volumes of every namespace',
    reason: 'That is what it is for.',
  },
  {
    account: 'local-path-storage/local-path-provisioner',
    power: 'runs pods of its own namespace',
    reason: "Pods there make and remove the folders of volumes on the nodes' disks.",
  },
  {
    account: 'node-exporter/node-exporter',
    power: 'is on the node',
    reason: "It reads the node's own counters, as nobody and read-only.",
  },
  {
    account: 'opentelemetry-agent/opentelemetry-agent',
    power: 'is on the node',
    reason: 'It reads the logs of containers, which are files of the node.',
  },
  {
    account: 'trust/trust-manager',
    power: 'reads Secrets of every namespace',
    reason:
      'It watches the kind to see whether its copies are as they should be; Kubernetes gives no right to metadata alone.',
  },
  {
    account: 'trust/trust-manager',
    power: 'writes Secrets of every namespace, by name',
    reason: 'The roots that Postgres reads.',
  },
  {
    account: 'trust/trust-manager',
    power: 'writes ConfigMaps of every namespace',
    reason: 'It copies roots to whoever trusts them; namespaces come and go.',
  },
  {
    account: 'trust/trust-roots',
    power: 'writes ConfigMaps of its own namespace, by name',
    reason: 'It writes roots there, of which trust-manager makes copies.',
  },
];

/** Beside the databases of apps, and where it runs itself: the policy `databases-alone` keeps it there. */
function cloudnativePg(powers: Record<string, string>): PowerReason[] {
  return Object.entries(powers).flatMap(([power, reason]) =>
    ['APP', 'its own namespace'].map((where) => ({
      account: 'cnpg-system/cloudnative-pg',
      power: `${power} of ${where}`,
      reason,
    })),
  );
}

/** The reason of a power: out of the list, or out of app.ts, where an app uses the Kubernetes API and says why. */
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
  const account = app === undefined ? power.account : `APP/${own.replace(app, 'APP')}`;
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
