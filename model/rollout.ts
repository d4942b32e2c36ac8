import type { App } from './app.ts';
import type { Cluster } from './schema/cluster.ts';
import { inSeconds } from './schema/duration.ts';

/** The gate of roll-outs: its operator, its namespace, its account and its Deployment. */
export const rolloutGate = 'rollout-gate';

/** Shortest time for which errors of a new pod are watched: a span is in Prometheus a minute later. */
export const shortestWatch = '2m';

/** How many requests of a new pod may fail while it is watched. */
export interface ErrorLimit {
  /** Time for which a new pod is watched, in seconds. */
  watchSeconds: number;
  /** Percentage that may fail in addition to that of the old pods; undefined if neither `errors` nor `objective` says it. */
  most: number | undefined;
  /** Number of failed requests from which on the roll-out can stop. */
  from: number;
}

/** The limit of errors of an app; undefined if errors do not stop its roll-out. */
export function errorLimit({
  rollout,
  objective,
}: Pick<App, 'rollout' | 'objective'>): ErrorLimit | undefined {
  if (rollout?.errors === undefined) return undefined;
  const { most = objective && Number((100 - objective.success).toFixed(4)), from } = rollout.errors;
  return { watchSeconds: inSeconds(rollout.watch), most, from };
}

/** The app without the limit of errors that its environment cannot observe, if it can do without. */
export function withoutOptionalErrors<A extends App>(
  app: A,
  { observability }: Pick<Cluster, 'observability'>,
): A {
  if (observability !== 'off' || app.rollout?.errors?.optional !== true) return app;
  return { ...app, rollout: { watch: app.rollout.watch } };
}
