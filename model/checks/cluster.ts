import type { App } from '../app.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/nearest.ts';
import { hostName, hostNames } from '../environment.ts';
import { platformHosts } from '../gateway-hosts.ts';
import type { Loaded } from '../reading/source.ts';
import { diagnosticAt, reference } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import { teamRegistry } from '../schema/cluster/registry.ts';
import type { Cluster } from '../schema/cluster.ts';
import { checkBackups, checkSnapshots } from './backups.ts';
import { checkGateway } from './gateway.ts';
import { checkRetired } from './retired.ts';
import { checkSecretStore } from './secret-stores.ts';
import { checkSignIn } from './sign-in.ts';
import { checkVersion } from './version.ts';
import { checkVirtualAddress } from './virtual-address.ts';

/** A cluster.yaml must be consistent in itself, and with the lock file and the apps. */
export function checkCluster(cluster: Loaded<Cluster>, repository: Repository): Diagnostic[] {
  return [
    ...checkVersion(cluster, repository),
    ...checkNodes(cluster),
    ...checkVirtualAddress(cluster),
    ...checkBackups(cluster),
    ...checkSnapshots(cluster),
    ...checkSecretStore(cluster),
    ...checkRegistry(cluster),
    ...checkGateway(cluster),
    ...checkSignIn(cluster),
    ...checkSource(cluster),
    ...checkApps(cluster, repository),
    ...checkRetired(cluster, repository),
    ...checkHosts(cluster, repository),
  ];
}

function checkNodes(cluster: Loaded<Cluster>): Diagnostic[] {
  return [...checkControlPlanes(cluster), ...checkNodeNames(cluster), ...checkNodeKeys(cluster)];
}

function checkControlPlanes({ source, value: { nodes } }: Loaded<Cluster>): Diagnostic[] {
  const controlPlanes = nodes.filter((node) => node.role === 'control-plane').length;
  if (controlPlanes % 2 === 1) return [];
  const text =
    controlPlanes === 0
      ? {
          code: 'no-control-plane',
          what: 'the cluster has no control plane',
          why: 'the API server and etcd run on control planes',
          fix: 'write role: control-plane for one node, or for three',
        }
      : {
          code: 'even-control-planes',
          what: `the cluster has ${controlPlanes} control planes`,
          why: `etcd needs a majority: ${controlPlanes} tolerate no more failures than ${controlPlanes - 1}`,
          fix: `use ${controlPlanes - 1} or ${controlPlanes + 1} control planes`,
        };
  return [diagnosticAt(source, ['nodes'], text, 'key')];
}

function checkNodeNames({ source, value: { nodes } }: Loaded<Cluster>): Diagnostic[] {
  return nodes.flatMap(({ name }, i) =>
    nodes.findIndex((node) => node.name === name) === i
      ? []
      : [
          diagnosticAt(source, ['nodes', i, 'name'], {
            code: 'duplicate-node',
            what: `two nodes have the name '${name}'`,
            why: 'Kubernetes identifies a node by its name',
            fix: 'write another name',
          }),
        ],
  );
}

/** Each provider needs a key by which it reaches or creates the machine of a node. */
function checkNodeKeys({ source, value: { nodes, provider } }: Loaded<Cluster>): Diagnostic[] {
  const needed = { kind: undefined, machines: 'address', aws: 'instanceType' } as const;
  const field = needed[provider.kind];
  if (field === undefined) return [];
  return nodes.flatMap((node, i) =>
    node[field] !== undefined
      ? []
      : [
          diagnosticAt(
            source,
            ['nodes', i],
            {
              code: 'missing-key',
              what: `the node '${node.name}' has no ${field}`,
              why: `the provider ${provider.kind} requires it`,
              fix: field === 'address' ? 'add address: HOST' : 'add instanceType: TYPE, such as t3.large',
            },
            'key',
          ),
        ],
  );
}

/** Plain HTTP is allowed only for a registry on this machine. */
function checkRegistry({
  name,
  source,
  value: { registry, provider, production },
}: Loaded<Cluster>): Diagnostic[] {
  if (registry.overlay === 'tls' || (provider.kind === 'kind' && !production)) return [];
  return [
    diagnosticAt(source, ['registry', 'overlay'], {
      code: 'registry-without-tls',
      what: `the registry of '${name}' uses plain HTTP`,
      why: 'an attacker in the network could replace images',
      fix: 'write overlay: tls',
    }),
  ];
}

/** SSH needs a private key and the host's public key (fluxcd/pkg, git, AuthOptions.Validate). */
function checkSource({ source, value: { source: from } }: Loaded<Cluster>): Diagnostic[] {
  if (from.kind !== 'git' || from.secret !== undefined || !from.url.startsWith('ssh:')) return [];
  return [
    diagnosticAt(source, ['source', 'url'], {
      code: 'no-key',
      what: `${from.url} uses SSH, and no Secret with a key is named`,
      why: 'Flux needs a Secret with the keys `identity` and `known_hosts`',
      fix: 'add secret: NAME to source and create that Secret in flux-system, or write an https:// address',
    }),
  ];
}

function checkApps({ name, source, value }: Loaded<Cluster>, { apps, appNames }: Repository): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const app of Object.keys(value.apps)) {
    if (appNames.has(app)) continue;
    const words = {
      code: 'unknown-app',
      what: `there is no app '${app}'`,
      why: `apps/${app}/app.ts does not exist`,
      fix: suggest(app, [...appNames], `write apps/${app}/app.ts`),
    };
    diagnostics.push(diagnosticAt(source, ['apps', app], words, 'key'));
  }
  for (const app of apps) {
    if (!Object.hasOwn(value.apps, app.name)) continue;
    for (const [i, use] of app.value.uses.entries()) {
      if (use.kind !== 'app' || Object.hasOwn(value.apps, use.app) || !appNames.has(use.app)) continue;
      const words = {
        code: 'app-not-enabled',
        what: `'${app.name}' uses '${use.app}', which does not run in ${name}`,
        why: `${reference(app.source, ['uses', i, 'app'])} names it`,
        fix: `add ${use.app}: to apps`,
      };
      diagnostics.push(diagnosticAt(source, ['apps', app.name], words, 'key'));
    }
  }
  return diagnostics;
}

function checkHosts({ source, value: cluster }: Loaded<Cluster>, { apps }: Repository): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const owners = new Map([[teamRegistry(cluster), 'the registry']]);
  for (const { host, owner } of platformHosts(cluster)) owners.set(host, owner);
  for (const app of apps) {
    if (!Object.hasOwn(cluster.apps, app.name)) continue;
    for (const host of hostNames(app, cluster)) {
      const owner = owners.get(host);
      owners.set(host, owner ?? `'${app.name}'`);
      if (owner === undefined) continue;
      const elsewhere = (cluster.apps[app.name]?.hosts ?? []).lastIndexOf(host);
      const words = {
        code: 'host-taken',
        what:
          owner === `'${app.name}'`
            ? `${owner} has the host name ${host} twice`
            : `'${app.name}' has the host name ${host}, which ${owner} has too`,
        why: 'a host name leads to one app only',
        fix:
          owner === `'${app.name}'`
            ? 'remove one of the two'
            : elsewhere === -1
              ? `write another ${host === hostName(app, cluster) ? 'exposes.host' : 'name'} in ${reference(app.source, ['exposes', 'host'])}`
              : 'remove it, or write another name',
      };
      const path = elsewhere === -1 ? ['apps', app.name] : ['apps', app.name, 'hosts', elsewhere];
      diagnostics.push(diagnosticAt(source, path, words, elsewhere === -1 ? 'key' : 'value'));
    }
    // A name that is taken is reported once.
    const told = new Set(diagnostics.map(({ line, column }) => `${line}:${column}`));
    const elsewhere = checkElsewhere({ name: source.file, source, value: cluster }, app);
    diagnostics.push(...elsewhere.filter(({ line, column }) => !told.has(`${line}:${column}`)));
  }
  return diagnostics;
}

/**
 * The hosts of an app in cluster.yaml: the app must be exposed, and the hosts must be outside the cluster's
 * domain, whose hosts app.ts lists.
 */
function checkElsewhere({ source, value: cluster }: Loaded<Cluster>, app: Loaded<App>): Diagnostic[] {
  const hosts = cluster.apps[app.name]?.hosts ?? [];
  const path = (i: number) => ['apps', app.name, 'hosts', i];
  if (hosts.length > 0 && app.value.exposes === undefined) {
    const words = {
      code: 'nothing-exposed',
      what: `'${app.name}' has a host name but is not exposed`,
      why: `the gateway has no port for it (${reference(app.source, ['name'])})`,
      fix: `add exposes: { port: … } to ${app.source.file}`,
    };
    return [diagnosticAt(source, path(0), words)];
  }
  return hosts.flatMap((host, i) => {
    if (host !== cluster.domain && !host.endsWith(`.${cluster.domain}`)) return [];
    const label = host.slice(0, -cluster.domain.length - 1);
    const words = {
      code: 'own-domain',
      what: `${host} is ${label === '' ? '' : 'below '}the cluster's domain`,
      why: "app.ts lists the names below the cluster's domain, for all environments",
      fix:
        label === ''
          ? `remove it: apps have names below the domain, such as ${hostName(app, cluster)}`
          : `write hosts: ['${label.replaceAll('.', '-')}'] under exposes in ${app.source.file}`,
    };
    return [diagnosticAt(source, path(i), words)];
  });
}
