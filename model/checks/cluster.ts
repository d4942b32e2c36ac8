import type { App } from '../app.ts';
import { suggest } from '../diagnostics/nearest.ts';
import type { Problem } from '../diagnostics/problem.ts';
import { hostName, hostNames } from '../environment.ts';
import { pagesHost } from '../people.ts';
import type { Loaded } from '../reading/source.ts';
import { problemAt, reference } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import { type Cluster, teamRegistry } from '../schema/cluster.ts';
import { mailHost } from '../sign-in.ts';
import { checkBackups } from './backups.ts';
import { checkGateway } from './gateway.ts';
import { checkRetired } from './retired.ts';
import { checkSignIn } from './sign-in.ts';
import { checkVersion } from './version.ts';
import { checkVirtualAddress } from './virtual-address.ts';

/** A cluster.yaml is consistent in itself, and with the lock file and the existing apps. */
export function checkCluster(cluster: Loaded<Cluster>, repository: Repository): Problem[] {
  return [
    ...checkVersion(cluster, repository),
    ...checkNodes(cluster),
    ...checkVirtualAddress(cluster),
    ...checkBackups(cluster),
    ...checkRegistry(cluster),
    ...checkGateway(cluster),
    ...checkSignIn(cluster),
    ...checkSource(cluster),
    ...checkApps(cluster, repository),
    ...checkRetired(cluster, repository),
    ...checkHosts(cluster, repository),
  ];
}

function checkNodes({ source, value: { nodes, provider } }: Loaded<Cluster>): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const controlPlanes = nodes.filter((node) => node.role === 'control-plane').length;
  if (controlPlanes === 0) {
    problems.push(
      problemAt(
        source,
        ['nodes'],
        {
          code: 'no-control-plane',
          what: 'no node is a control plane',
          why: 'the API server and etcd need one',
          fix: 'write role: control-plane at one node, or at three',
        },
        'key',
      ),
    );
  } else if (controlPlanes % 2 === 0) {
    problems.push(
      problemAt(
        source,
        ['nodes'],
        {
          code: 'even-control-planes',
          what: `${controlPlanes} nodes are control planes`,
          why: `etcd needs a majority: ${controlPlanes} survive no more failures than ${controlPlanes - 1}`,
          fix: `make it ${controlPlanes - 1} or ${controlPlanes + 1}`,
        },
        'key',
      ),
    );
  }
  for (const [i, node] of nodes.entries()) {
    if (seen.has(node.name)) {
      problems.push(
        problemAt(source, ['nodes', i, 'name'], {
          code: 'duplicate-node',
          what: `a second node is named '${node.name}'`,
          why: 'Kubernetes knows a node by its name alone',
          fix: 'give it another name',
        }),
      );
    }
    seen.add(node.name);
    const needed = { kind: undefined, machines: 'address', aws: 'instanceType' } as const;
    const field = needed[provider.kind];
    if (field === undefined || node[field] !== undefined) continue;
    problems.push(
      problemAt(
        source,
        ['nodes', i],
        {
          code: 'missing-key',
          what: `the node '${node.name}' has no ${field}`,
          why: `the provider ${provider.kind} needs it`,
          fix: field === 'address' ? 'add address: HOST' : 'add instanceType: TYPE, such as t3.large',
        },
        'key',
      ),
    );
  }
  return problems;
}

/** Plain HTTP is allowed only for a registry that no other machine reaches. */
function checkRegistry({
  name,
  source,
  value: { registry, provider, production },
}: Loaded<Cluster>): Problem[] {
  if (registry.overlay === 'tls' || (provider.kind === 'kind' && !production)) return [];
  return [
    problemAt(source, ['registry', 'overlay'], {
      code: 'registry-without-tls',
      what: `the registry of '${name}' speaks plain HTTP`,
      why: 'whoever sits on the network could hand the nodes another image',
      fix: 'write overlay: tls',
    }),
  ];
}

/** Whoever asks for a repository by SSH shows a key and knows the host's (fluxcd/pkg, git, AuthOptions.Validate). */
function checkSource({ source, value: { source: from } }: Loaded<Cluster>): Problem[] {
  if (from.kind !== 'git' || from.secret !== undefined || !from.url.startsWith('ssh:')) return [];
  return [
    problemAt(source, ['source', 'url'], {
      code: 'no-key',
      what: `${from.url} is asked by SSH, and no Secret has a key for it`,
      why: 'Flux wants the keys `identity` and `known_hosts` of one, and would stop without',
      fix: 'add secret: NAME to source, and make that Secret in flux-system; or write an https:// address',
    }),
  ];
}

function checkApps({ name, source, value }: Loaded<Cluster>, { apps, appNames }: Repository): Problem[] {
  const problems: Problem[] = [];
  for (const app of Object.keys(value.apps)) {
    if (appNames.has(app)) continue;
    const words = {
      code: 'unknown-app',
      what: `there is no app '${app}'`,
      why: `apps/${app}/app.ts does not exist`,
      fix: suggest(app, [...appNames], `write apps/${app}/app.ts`),
    };
    problems.push(problemAt(source, ['apps', app], words, 'key'));
  }
  for (const app of apps) {
    if (!Object.hasOwn(value.apps, app.name)) continue;
    for (const [i, use] of app.value.uses.entries()) {
      if (use.kind !== 'app' || Object.hasOwn(value.apps, use.app) || !appNames.has(use.app)) continue;
      const words = {
        code: 'app-not-enabled',
        what: `'${app.name}' uses '${use.app}', which does not run in ${name}`,
        why: `so says ${reference(app.source, ['uses', i, 'app'])}`,
        fix: `add ${use.app}: to apps`,
      };
      problems.push(problemAt(source, ['apps', app.name], words, 'key'));
    }
  }
  return problems;
}

function checkHosts({ source, value: cluster }: Loaded<Cluster>, { apps }: Repository): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map([[teamRegistry(cluster), 'the registry']]);
  const pages = pagesHost(cluster);
  if (pages !== undefined) owners.set(pages, 'the pages of accounts');
  const mail = mailHost(cluster);
  if (mail !== undefined) owners.set(mail, 'Mailpit');
  for (const app of apps) {
    if (!Object.hasOwn(cluster.apps, app.name)) continue;
    for (const host of hostNames(app, cluster)) {
      const owner = owners.get(host);
      owners.set(host, owner ?? `'${app.name}'`);
      if (owner === undefined) continue;
      const elsewhere = (cluster.apps[app.name]?.hosts ?? []).indexOf(host);
      const words = {
        code: 'host-taken',
        what: `'${app.name}' answers at ${host}, as ${owner} does`,
        why: 'a host name leads to one place',
        fix:
          elsewhere === -1
            ? `write another ${host === hostName(app, cluster) ? 'exposes.host' : 'name'} in ${reference(app.source, ['exposes', 'host'])}`
            : 'take it out, or write another name',
      };
      const path = elsewhere === -1 ? ['apps', app.name] : ['apps', app.name, 'hosts', elsewhere];
      problems.push(problemAt(source, path, words, elsewhere === -1 ? 'key' : 'value'));
    }
    problems.push(...checkElsewhere({ name: source.file, source, value: cluster }, app));
  }
  return problems;
}

/** Hosts of cluster.yaml: of an exposed app, and outside of the cluster's domain, whose hosts app.ts lists. */
function checkElsewhere({ source, value: cluster }: Loaded<Cluster>, app: Loaded<App>): Problem[] {
  const hosts = cluster.apps[app.name]?.hosts ?? [];
  const path = (i: number) => ['apps', app.name, 'hosts', i];
  if (hosts.length > 0 && app.value.exposes === undefined) {
    const words = {
      code: 'nothing-exposed',
      what: `'${app.name}' has a host name, and exposes nothing`,
      why: `the gateway would not know to which port it leads (${reference(app.source, ['name'])})`,
      fix: `add exposes: { port: … } to ${app.source.file}`,
    };
    return [problemAt(source, path(0), words)];
  }
  return hosts.flatMap((host, i) => {
    if (host !== cluster.domain && !host.endsWith(`.${cluster.domain}`)) return [];
    const label = host.slice(0, -cluster.domain.length - 1);
    const words = {
      code: 'own-domain',
      what: `${host} is below the domain of the cluster`,
      why: 'what the app is called there is said once, for all environments',
      fix: `write hosts: ['${label || app.name}'] under exposes in ${app.source.file}`,
    };
    return [problemAt(source, path(i), words)];
  });
}
