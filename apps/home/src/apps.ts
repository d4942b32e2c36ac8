import type { ChangeState } from './changes.ts';
import type { HttpRoute, KubeObject } from './objects.ts';
import { condition, type Finding, good, inOrder, shortImage } from './reading.ts';
import { rollout } from './rollout.ts';
import { lastRun, type Schedule, scheduleOf } from './schedules.ts';
import { type Snapshot, workloads } from './snapshot.ts';
import type { SyncState } from './syncs.ts';

/** An application. */
export interface AppState extends Finding {
  name: string;
  summary: string;
  /** URL; empty if it is not exposed. */
  url: string;
  /** Addresses of its public TCP and UDP ports: `tcp://broker.example.org:1883`. */
  addresses: string[];
  /** `home:0123456789ab`. */
  image: string;
  ready: number;
  wanted: number;
  /** Schedule of a scheduled app. */
  runs: Schedule | undefined;
  /** The last commit that changed its manifests, among the known changes. */
  change: ChangeState | undefined;
  /** State of its Kustomization; undefined before Flux knows it. */
  sync: Pick<SyncState, 'mood' | 'reason' | 'revision'> | undefined;
}

/** The apps on the page: workloads and schedules with a summary annotation. */
export function appStates(snapshot: Snapshot, changes: ChangeState[], syncs: SyncState[]): AppState[] {
  const common = ({ metadata }: KubeObject) => {
    const sync = syncs.find(({ name }) => name === metadata.name);
    return {
      name: metadata.name,
      summary: metadata.annotations?.['plinth.io/summary'] ?? '',
      change: changes.find(({ parts }) => parts.includes(metadata.name)),
      sync: sync && { mood: sync.mood, reason: sync.reason, revision: sync.revision },
    };
  };
  const { routes, pods, warnings, schedules } = snapshot;
  const served = workloads(snapshot)
    .filter(hasSummary)
    .map((workload) => {
      const { metadata, spec, status } = workload;
      const url = webAddress(metadata.annotations?.['plinth.io/url'] ?? '');
      return {
        metadata,
        ...common(workload),
        ...(rollout(workload, pods.items.values(), warnings.items.values()) ??
          unrouted(metadata.namespace, url, routes.items.values()) ??
          good),
        url,
        addresses: portAddresses(metadata.annotations?.['plinth.io/addresses'] ?? ''),
        image: shortImage(spec?.template?.spec?.containers?.[0]?.image ?? ''),
        ready: status?.readyReplicas ?? 0,
        wanted: spec?.replicas ?? 1,
        runs: undefined,
      };
    });
  const timed = [...schedules.items.values()].filter(hasSummary).map((schedule) => ({
    metadata: schedule.metadata,
    ...common(schedule),
    ...lastRun(schedule),
    url: '',
    addresses: [],
    image: shortImage(schedule.spec?.jobTemplate?.spec?.template?.spec?.containers?.[0]?.image ?? ''),
    ready: 0,
    wanted: 0,
    runs: scheduleOf(schedule),
  }));
  return inOrder([...served, ...timed]).map(({ metadata: _, ...state }) => state);
}

function hasSummary({ metadata }: KubeObject): boolean {
  return metadata.annotations?.['plinth.io/summary'] !== undefined;
}

/** A running app whose route the gateway does not accept. */
function unrouted(
  namespace: string | undefined,
  url: string,
  routes: Iterable<HttpRoute>,
): Finding | undefined {
  if (url === '') return undefined;
  const { hostname } = new URL(url);
  for (const { metadata, spec, status } of routes) {
    if (metadata.namespace !== namespace || !spec?.hostnames?.includes(hostname)) continue;
    for (const { conditions } of status?.parents ?? []) {
      const refused = ['Accepted', 'ResolvedRefs']
        .map((type) => condition(conditions, type))
        .find((item) => item?.status === 'False');
      if (!refused) continue;
      return {
        mood: 'bad',
        message: `The gateway does not route ${hostname}: ${refused.message ?? refused.reason ?? ''}`,
        since: refused.lastTransitionTime ?? '',
        more: {
          command: `kubectl --namespace ${namespace} describe httproute ${metadata.name}`,
          events: [],
        },
      };
    }
  }
  return undefined;
}

/** Only https and http addresses: an annotation could contain `javascript:…`. */
function webAddress(text: string): string {
  return /^https?:\/\//.test(text) && URL.canParse(text) ? text : '';
}

/** Addresses of ports in a list with commas. */
function portAddresses(text: string): string[] {
  return text.split(', ').filter((address) => /^(tcp|udp):\/\//.test(address) && URL.canParse(address));
}
