import { type AppState, appStates } from './apps.ts';
import { type CertificateState, certificateStates } from './certificates.ts';
import { type ChangeState, changeStates } from './changes.ts';
import type { Errors, OpenError } from './errors/errors.ts';
import { type NodeState, nodeStates } from './nodes.ts';
import { type Problem, problemsOf } from './problems.ts';
import { inOrder, type Mood } from './reading.ts';
import type { AppSignals, Signals } from './signals.ts';
import { answered, type Snapshot } from './snapshot.ts';
import { type SourceState, sourceState } from './source.ts';
import { type SyncState, syncStates } from './syncs.ts';

/** Everything that the page shows; the response of `/api/state`. */
export interface State {
  /** The environment's folder in clusters/; empty before Flux has read it. */
  environment: string;
  mood: Mood;
  headline: string;
  problems: Problem[];
  apps: AppState[];
  /** Newest first; empty if they are unknown. */
  changes: ChangeState[];
  syncs: SyncState[];
  source: SourceState | undefined;
  /** Empty without cert-manager. */
  certificates: CertificateState[];
  nodes: NodeState[];
  /** Signals of measured apps; empty without observability. */
  signals: AppSignals[];
  /** Groups of errors of the apps, the newest first; empty where no store groups them. */
  errors: OpenError[];
}

/**
 * The newest state, at a time in milliseconds since 1970. Time alone changes it only if a certificate becomes
 * due, so unchanged states are not sent.
 */
export function stateOf(snapshot: Snapshot, now: number, measured?: Signals, grouped?: Errors): State {
  const [repository] = inOrder(snapshot.gitRepositories.items.values());
  const changes = repository ? changeStates(repository) : [];
  const syncs = syncStates(snapshot, repository?.status?.artifact?.revision ?? '');
  const parts = {
    apps: appStates(snapshot, changes, syncs),
    syncs,
    certificates: certificateStates(snapshot.certificates.items.values(), now),
    nodes: nodeStates(snapshot.nodes.items.values()),
  };
  const problems = problemsOf(snapshot, parts);
  const working = Object.values(parts)
    .flat()
    .filter(({ mood }) => mood === 'working');
  const { mood, headline } = verdict(snapshot, problems.length, working.length);
  return {
    environment: environmentOf(snapshot),
    mood,
    headline,
    problems,
    ...parts,
    changes,
    source: repository && sourceState(repository),
    signals: parts.apps.flatMap(({ name }) => measured?.apps.get(name) ?? []),
    errors: (grouped?.groups ?? []).filter(({ app }) => parts.apps.some(({ name }) => name === app)),
  };
}

const numbers = ['Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];

function verdict(snapshot: Snapshot, problems: number, working: number): Pick<State, 'mood' | 'headline'> {
  if (!answered(snapshot)) return { mood: 'working', headline: 'Reading the cluster' };
  if (problems === 1) return { mood: 'bad', headline: 'One thing needs a look' };
  if (problems > 1)
    return { mood: 'bad', headline: `${numbers[problems - 2] ?? problems} things need a look` };
  if (snapshot.kustomizations.items.size === 0) return { mood: 'working', headline: 'Nothing is here yet' };
  if (working > 0) return { mood: 'working', headline: 'A change is on its way' };
  return { mood: 'good', headline: 'Everything is in its place' };
}

/** The root Kustomization reads `./manifests/ENV/flux`. */
function environmentOf({ kustomizations }: Snapshot): string {
  for (const { spec } of kustomizations.items.values()) {
    const match = /^(?:\.\/)?manifests\/([^/]+)\//.exec(spec?.path ?? '');
    if (match?.[1]) return match[1];
  }
  return '';
}
