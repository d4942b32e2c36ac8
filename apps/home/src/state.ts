import { type AppState, appStates } from './apps.ts';
import { type NodeState, nodeStates } from './nodes.ts';
import type { GitRepository } from './objects.ts';
import { condition, inOrder, type Mood, shortRevision } from './reading.ts';
import { answered, type Snapshot } from './snapshot.ts';
import { type SyncState, syncStates } from './syncs.ts';

/** The Git repository that Flux reads. */
export interface SourceState {
  url: string;
  branch: string;
  /** What Flux fetched last: `main@0123abcd`; empty before the first time. */
  revision: string;
  fetched: string;
}

/** Something that is not as it should be. */
export interface Problem {
  /** What it is about: `App home`. */
  what: string;
  why: string;
  since: string;
}

/** All that the page shows; `/api/state` answers with it. */
export interface State {
  /** The folder of clusters/ that this cluster is made of; empty when Flux has not read it yet. */
  environment: string;
  mood: Mood;
  headline: string;
  problems: Problem[];
  apps: AppState[];
  syncs: SyncState[];
  source: SourceState | undefined;
  nodes: NodeState[];
}

/** The newest state. Depends on the objects alone, not on the clock, so that nothing is sent when nothing changed. */
export function stateOf(snapshot: Snapshot): State {
  const apps = appStates(snapshot);
  const syncs = syncStates(snapshot.kustomizations.items.values());
  const nodes = nodeStates(snapshot.nodes.items.values());
  const repositories = inOrder(snapshot.gitRepositories.items.values());
  const problems = [
    ...unread(snapshot),
    ...nodes.filter(bad).map((node) => ({ what: `Node ${node.name}`, why: node.message, since: node.since })),
    ...repositories.flatMap(sourceProblem),
    ...syncs
      .filter((sync) => bad(sync) && !toldByApp(sync, apps))
      .map((sync) => ({ what: `Sync of ${sync.name}`, why: sync.message, since: sync.since })),
    ...apps.filter(bad).map((app) => ({ what: `App ${app.name}`, why: app.message, since: app.since })),
  ];
  const working = [...apps, ...syncs, ...nodes].filter(({ mood }) => mood === 'working');
  const [repository] = repositories;
  const { mood, headline } = verdict(answered(snapshot), problems.length, working.length);
  return {
    environment: environmentOf(snapshot),
    mood,
    headline,
    problems,
    apps,
    syncs,
    source: repository && sourceState(repository),
    nodes,
  };
}

function bad({ mood }: { mood: Mood }): boolean {
  return mood === 'bad';
}

/** The sync of an app fails because the app does: one thing, and the app's own words say more. */
function toldByApp({ name, reason }: SyncState, apps: AppState[]): boolean {
  return reason === 'HealthCheckFailed' && apps.some((app) => app.name === name && bad(app));
}

const numbers = ['Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];

function verdict(known: boolean, problems: number, working: number): Pick<State, 'mood' | 'headline'> {
  if (!known) return { mood: 'working', headline: 'Reading the cluster' };
  if (problems === 1) return { mood: 'bad', headline: 'One thing needs a look' };
  if (problems > 1)
    return { mood: 'bad', headline: `${numbers[problems - 2] ?? problems} things need a look` };
  if (working > 0) return { mood: 'working', headline: 'A change is on its way' };
  return { mood: 'good', headline: 'Everything is in its place' };
}

const names: Record<keyof Snapshot, string> = {
  nodes: 'nodes',
  deployments: 'apps',
  kustomizations: 'Kustomizations of Flux',
  gitRepositories: 'Git repositories of Flux',
  routes: 'routes',
  warnings: 'warnings',
};

function unread(snapshot: Snapshot): Problem[] {
  return Object.entries(snapshot)
    .filter(([, { trouble }]) => trouble !== '')
    .map(([kind, { trouble }]) => ({
      what: `Reading ${names[kind as keyof Snapshot]}`,
      why: trouble,
      since: '',
    }));
}

function sourceState({ spec, status }: GitRepository): SourceState {
  return {
    url: spec?.url ?? '',
    branch: spec?.ref?.branch ?? '',
    revision: shortRevision(status?.artifact?.revision ?? ''),
    fetched: status?.artifact?.lastUpdateTime ?? '',
  };
}

function sourceProblem({ metadata, status }: GitRepository): Problem[] {
  const ready = condition(status?.conditions, 'Ready');
  if (ready?.status !== 'False') return [];
  return [
    {
      what: `Git repository ${metadata.name}`,
      why: ready.message ?? '',
      since: ready.lastTransitionTime ?? '',
    },
  ];
}

/** The root Kustomization reads `./manifests/ENV/flux`. */
function environmentOf({ kustomizations }: Snapshot): string {
  for (const { spec } of kustomizations.items.values()) {
    const match = /^(?:\.\/)?manifests\/([^/]+)\//.exec(spec?.path ?? '');
    if (match?.[1]) return match[1];
  }
  return '';
}
