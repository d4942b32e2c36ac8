import type { AppState } from './apps.ts';
import type { CertificateState } from './certificates.ts';
import type { NodeState } from './nodes.ts';
import type { GitRepository } from './objects.ts';
import { condition, type Finding, inOrder, type More } from './reading.ts';
import type { Snapshot } from './snapshot.ts';
import type { SyncState } from './syncs.ts';

/** A problem on the page. */
export interface Problem {
  /** Its subject: `App home`. */
  what: string;
  why: string;
  /** Empty if the start is unknown. */
  since: string;
  more?: More;
}

/** All problems, those of the foundation first. */
export function problemsOf(snapshot: Snapshot, { apps, syncs, certificates, nodes }: Parts): Problem[] {
  return [
    ...unread(snapshot),
    ...nodes.flatMap((node) => problem(`Node ${node.name}`, node)),
    ...inOrder(snapshot.gitRepositories.items.values()).flatMap(unfetched),
    ...syncs.filter((sync) => !toldByApp(sync, apps)).flatMap((sync) => problem(`Part ${sync.name}`, sync)),
    ...certificates.flatMap((item) =>
      problem(
        `If the Kustomization of an app fails because of the app, only the app's own problem is shown.`,
        item,
      ),
    ),
    ...apps.flatMap((app) => problem(`App ${app.name}`, app)),
  ];
}

interface Parts {
  apps: AppState[];
  syncs: SyncState[];
  certificates: CertificateState[];
  nodes: NodeState[];
}

function problem(what: string, { mood, message, since, more }: Finding): Problem[] {
  if (mood !== 'bad') return [];
  return [{ what, why: message, since, ...(more ? { more } : {}) }];
}

/** The sync of an app fails because the app does: one thing, and the app's own words say more. */
function toldByApp({ name, reason }: SyncState, apps: AppState[]): boolean {
  return reason === 'HealthCheckFailed' && apps.some((app) => app.name === name && app.mood === 'bad');
}

const names: Record<keyof Snapshot, string> = {
  nodes: 'nodes',
  deployments: 'apps',
  statefulSets: 'scheduled apps',
  schedules: 'apps by the clock',
  pods: 'pods',
  kustomizations: 'Kustomizations of Flux',
  gitRepositories: 'Git repositories of Flux',
  routes: 'routes',
  certificates: 'certificates',
  warnings: 'warnings',
};

function unread(snapshot: Snapshot): Problem[] {
  return Object.entries(snapshot)
    .filter(([kind, { trouble, absent }]) => trouble !== '' && !(absent && kind === 'certificates'))
    .map(([kind, { trouble }]) => ({
      what: `Reading ${names[kind as keyof Snapshot]}`,
      why: trouble,
      since: '',
    }));
}

function unfetched({ metadata, status }: GitRepository): Problem[] {
  const ready = condition(status?.conditions, 'Ready');
  if (ready?.status !== 'False') return [];
  const command = `kubectl --namespace ${metadata.namespace} describe gitrepository ${metadata.name}`;
  return [
    {
      what: `Git repository ${metadata.name}`,
      why: ready.message ?? '',
      since: ready.lastTransitionTime ?? '',
      more: { command, events: [] },
    },
  ];
}
