import type { App } from '../app.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosticAt, type FieldPath, type Loaded, reference, type Source } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import { errorLimit, shortestWatch } from '../rollout.ts';
import { inSeconds } from '../schema/duration.ts';
import { hasReplicaVolumes } from '../schema/volume.ts';

type Clusters = Repository['clusters'];

/** One new pod beside the old ones: there are none of what runs by the clock, and no second one where a volume has one owner. */
export function checkRollout(app: Loaded<App>, clusters: Clusters): Diagnostic[] {
  const { name, source, value } = app;
  if (value.rollout === undefined) return [];
  const shared = Object.keys(value.volumes).length > 0 && !hasReplicaVolumes(value);
  if (value.schedule === undefined && !shared) return checkErrors(app, clusters);
  const words = {
    code: 'no-gradual-rollout',
    what: `'${name}' has a rollout, and ${shared ? 'a volume that one pod owns' : 'a schedule'}`,
    why: shared
      ? 'the old pod ends before the new one starts, so that none could be watched beside it'
      : 'its pods end by themselves: nothing is rolled out',
    fix: `remove rollout, or ${shared ? "write per: 'replica' at its volumes" : 'the schedule'}`,
  };
  return [diagnosticAt(source, ['rollout'], words, 'key')];
}

const errorsPath: FieldPath = ['rollout', 'errors'];

/** Errors of a new pod are compared with those of the old pods, by the server spans of both. */
function checkErrors(app: Loaded<App>, clusters: Clusters): Diagnostic[] {
  const { name, source, value } = app;
  const limit = errorLimit(value);
  if (limit === undefined) return [];
  const found: [given: boolean, words: { what: string; why: string; fix: string }][] = [
    [
      Object.keys(value.ports).length === 0,
      {
        what: `errors stop the roll-out of '${name}', and it has no ports`,
        why: 'it serves no requests that could fail',
        fix: 'remove errors',
      },
    ],
    [
      hasReplicaVolumes(value),
      {
        what: `errors stop the roll-out of '${name}', and each of its pods has volumes of its own`,
        why: 'the old pod ends before the new one starts, which could only be compared with other parts of the data',
        fix: 'remove errors: the watch alone works with volumes',
      },
    ],
    [
      limit.most === undefined,
      {
        what: `errors of '${name}' have no limit`,
        why: 'it has no objective from which the limit could follow',
        fix: 'write errors: { most: 5 }, in percent of the requests, or add an objective',
      },
    ],
  ];
  return [
    ...found
      .filter(([given]) => given)
      .map(([, words]) => diagnosticAt(source, errorsPath, { code: 'no-rollout-errors', ...words }, 'key')),
    ...checkWatch(app, limit.watchSeconds),
    ...checkObserved(app, clusters),
    ...checkAttributes(app, clusters),
  ];
}

function checkWatch({ name, source, value }: Loaded<App>, seconds: number): Diagnostic[] {
  if (seconds >= inSeconds(shortestWatch)) return [];
  const words = {
    code: 'short-watch',
    what: `a new pod of '${name}' is watched for ${value.rollout?.watch}`,
    why: 'its errors are counted a minute after they happen, so that most would come too late',
    fix: `write watch: '${shortestWatch}' or more, or remove errors`,
  };
  return [diagnosticAt(source, ['rollout', 'watch'], words)];
}

function checkObserved({ name, source, value }: Loaded<App>, clusters: Clusters): Diagnostic[] {
  if (value.rollout?.errors?.optional === true) return [];
  return clusters
    .filter((cluster) => Object.hasOwn(cluster.value.apps, name) && cluster.value.observability === 'off')
    .map((cluster) =>
      diagnosticAt(
        source,
        errorsPath,
        {
          code: 'no-rollout-errors',
          what: `errors stop the roll-out of '${name}', but nothing counts them in '${cluster.name}'`,
          why: `the app runs there (${reference(cluster.source, ['apps', name])}), and ${cluster.source.file} has observability: off`,
          fix: `add observability: { store: light } to ${cluster.source.file}, or add optional: true to errors`,
        },
        'key',
      ),
    );
}

/** Spans of a pod are found by its name, which the render adds to the attributes of the app's telemetry. */
const attributes = 'OTEL_RESOURCE_ATTRIBUTES';

function checkAttributes({ name, source, value }: Loaded<App>, clusters: Clusters): Diagnostic[] {
  const places: { at: Source; path: FieldPath; env: Readonly<Record<string, string>> }[] = [
    { at: source, path: ['env'], env: value.env },
    ...clusters.flatMap((cluster) => {
      const env = cluster.value.apps[name]?.env;
      return env === undefined ? [] : [{ at: cluster.source, path: ['apps', name, 'env'], env }];
    }),
  ];
  return places
    .filter(({ env }) => Object.hasOwn(env, attributes))
    .map(({ at, path }) =>
      diagnosticAt(
        at,
        [...path, attributes],
        {
          code: 'taken',
          what: `'${name}' sets ${attributes}, and errors stop its roll-out`,
          why: `the render writes the name of the pod there, by which the errors of a new pod are found (${reference(source, errorsPath)})`,
          fix: `remove ${attributes}, or errors`,
        },
        'key',
      ),
    );
}
