import type { App } from '../app.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosticAt, type FieldPath, type Loaded, reference, type Source } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import { inSeconds } from '../schema/duration.ts';
import { temporarySpace } from '../schema/mount.ts';
import { probePort } from '../schema/probe.ts';
import { inUnits } from '../schema/quantity.ts';
import { type Replicas, replicaRange } from '../schema/replicas.ts';
import { hasReplicaVolumes } from '../schema/volume.ts';
import { checkExposed } from './exposed.ts';
import { checkRollout } from './rollout.ts';

/**
 * The fields of an app's pods must be consistent: kind of workload, containers, mounts, volumes and number of
 * pods.
 */
export function checkWorkloads({ apps, clusters }: Repository): Diagnostic[] {
  return apps.flatMap((app) => [
    ...checkKind(app),
    ...checkContainers(app),
    ...checkMounts(app),
    ...checkExposed(app, { clusters }),
    ...checkRollout(app, clusters),
    ...checkReplicas(app, app.source, ['replicas'], app.value.replicas),
    ...clusters.flatMap(({ source, value }) => {
      const given = value.apps[app.name]?.replicas;
      return given === undefined ? [] : checkReplicas(app, source, ['apps', app.name, 'replicas'], given);
    }),
  ]);
}

/** A server has ports and probes; a scheduled app has neither ports nor callers. */
function checkKind({ name, source, value }: Loaded<App>): Diagnostic[] {
  const ports = Object.keys(value.ports);
  if (value.schedule === undefined) {
    if (ports.length === 0 || value.probes.ready !== undefined) return [];
    const words = {
      code: 'no-readiness',
      what: `'${name}' has ports and no probes.ready`,
      why: 'without a readiness probe it would get requests before it can answer',
      fix: `add probes: { ready: { path: '/readyz', port: '${ports[0]}' } }, or { tcp: '${ports[0]}' } if it does not serve HTTP`,
    };
    return [diagnosticAt(source, ['ports'], words, 'key')];
  }
  const given: [FieldPath, boolean, string][] = [
    [['ports'], ports.length > 0, 'callers could not reach it: a run ends'],
    [['probes'], Object.keys(value.probes).length > 0, 'a process that ends by itself needs no probes'],
    [['replicas'], value.replicas !== 1, 'each run has one pod'],
    [['job'], value.job !== undefined, 'there is no roll-out that the job could gate'],
    [['volumes'], hasReplicaVolumes(value), "a run has no replicas: write per: 'app'"],
  ];
  const diagnostics = given
    .filter(([, written]) => written)
    .map(([path, , why]) =>
      diagnosticAt(
        source,
        path,
        {
          code: 'scheduled',
          what: `'${name}' has a schedule, and ${path[0]}`,
          why,
          fix: `remove ${path[0]}, or the schedule (${reference(source, ['schedule'])})`,
        },
        'key',
      ),
    );
  const { deadline, late } = value.schedule;
  if (inSeconds(late) >= 10 && inSeconds(deadline) >= 1) return diagnostics;
  const words = {
    code: 'bad-value',
    what: `a run of '${name}' may start at most ${late} late`,
    why: "Kubernetes checks schedules every 10 seconds, so no run would start (its documentation, 'CronJob limitations')",
    fix: "write 10s at least, such as late: '10m'",
  };
  return [...diagnostics, diagnosticAt(source, ['schedule', 'late'], words)];
}

/** Containers of a pod have unique names and ports. */
function checkContainers({ name, source, value }: Loaded<App>): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const names = new Map<string, FieldPath>([[name, ['name']]]);
  const ports = new Map<number | string, FieldPath>();
  const claim = (
    known: Map<number | string, FieldPath>,
    what: string,
    key: number | string,
    path: FieldPath,
  ) => {
    const first = known.get(key);
    if (first === undefined) {
      known.set(key, path);
      return;
    }
    diagnostics.push(
      diagnosticAt(source, path, {
        code: 'taken',
        what: `${what} is already in use`,
        why: `${reference(source, first)} has it, and the containers of a pod share names and ports`,
        fix: 'write another one',
      }),
    );
  };
  for (const [port, { port: number }] of Object.entries(value.ports)) ports.set(number, ['ports', port]);
  for (const key of ['init', 'sidecars'] as const) {
    for (const [i, container] of value[key].entries())
      claim(names, `the name '${container.name}' of a container`, container.name, [key, i, 'name']);
  }
  for (const [i, sidecar] of value.sidecars.entries()) {
    for (const [port, { port: number }] of Object.entries(sidecar.ports))
      claim(ports, `port ${number} of the pod`, number, ['sidecars', i, 'ports', port, 'port']);
    for (const [kind, probe] of Object.entries(sidecar.probes)) {
      const asked = probe && probePort(probe);
      if (!asked || Object.hasOwn(sidecar.ports, asked.port)) continue;
      diagnostics.push(
        diagnosticAt(source, ['sidecars', i, 'probes', kind, asked.key], {
          code: 'unknown-port',
          what: `the sidecar '${sidecar.name}' has no port '${asked.port}'`,
          why: 'a probe uses a port of its own container',
          fix: `add ports: { ${asked.port}: { port: … } } to the sidecar`,
        }),
      );
    }
  }
  return diagnostics;
}

/** A path has one mount, and folders in memory fit into the app's memory. */
function checkMounts({ source, value }: Loaded<App>): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const first = new Map<string, FieldPath>();
  const mount = (at: string, path: FieldPath) => {
    const other = first.get(at);
    if (other === undefined) {
      first.set(at, path);
      return;
    }
    diagnostics.push(
      diagnosticAt(source, path, {
        code: 'mounted-twice',
        what: `${at} is mounted twice`,
        why: `${reference(source, other)} has the first mount, and one would hide the other`,
        fix: 'write another path',
      }),
    );
  };
  const mounts: [at: string, path: FieldPath][] = [
    ...Object.keys(value.files).map((at): [string, FieldPath] => [at, ['files', at]]),
    ...Object.entries(value.volumes).map(([name, { path }]): [string, FieldPath] => [
      path,
      ['volumes', name, 'path'],
    ]),
    ...Object.keys(value.temporary).map((at): [string, FieldPath] => [at, ['temporary', at]]),
  ];
  for (const [at, path] of mounts) mount(at, path);
  diagnostics.push(...checkFilePaths({ source, value }, mounts));
  for (const [at, space] of Object.entries(value.temporary)) {
    const { size, memory } = temporarySpace(space);
    if (!memory || inUnits(size) <= inUnits(value.resources.memory)) continue;
    diagnostics.push(
      diagnosticAt(source, ['temporary', at], {
        code: 'more-than-memory',
        what: `the folder ${at} holds up to ${size} in memory`,
        why: `the memory limit of the app is ${value.resources.memory} (${reference(source, ['resources', 'memory'])}): it would be killed before ${at} is full`,
        fix: `write less, or raise resources.memory`,
      }),
    );
  }
  const kinds = new Set(Object.values(value.volumes).map(({ per }) => per));
  if (kinds.size > 1) {
    diagnostics.push(
      diagnosticAt(
        source,
        ['volumes'],
        {
          code: 'mixed-volumes',
          what: "the app has volumes with per: 'app' and with per: 'replica'",
          why: "a volume with per: 'app' is on one node, so pods with volumes of their own cannot share it",
          fix: "write per: 'replica' for all volumes, or for none",
        },
        'key',
      ),
    );
  }
  return diagnostics;
}

/** A file is no folder: nothing is mounted below it, and it does not replace /tmp, which every process has. */
function checkFilePaths(
  { source, value }: Pick<Loaded<App>, 'source' | 'value'>,
  mounts: readonly [at: string, path: FieldPath][],
): Diagnostic[] {
  return Object.keys(value.files).flatMap((file) => {
    const below = mounts.filter(([at]) => at.startsWith(`${file}/`));
    const diagnostic = (path: FieldPath, what: string, why: string): Diagnostic =>
      diagnosticAt(source, path, { code: 'mounted-in-a-file', what, why, fix: 'write another path' });
    return [
      ...below.map(([at, path]) =>
        diagnostic(
          path,
          `${at} is below the file ${file}`,
          `${reference(source, ['files', file])} mounts that file: no container starts with a folder at its path`,
        ),
      ),
      ...(file === '/tmp'
        ? [diagnostic(['files', file], '/tmp is mounted as a file', 'every process has a folder there')]
        : []),
    ];
  });
}

/** The bounds of the number of pods must be valid, in app.ts and in cluster.yaml. */
function checkReplicas(
  { name, source: own, value }: Loaded<App>,
  source: Source,
  path: FieldPath,
  replicas: Replicas,
): Diagnostic[] {
  const { min, max } = replicaRange(replicas);
  const report = (at: FieldPath, code: string, what: string, why: string, fix: string) => [
    diagnosticAt(source, at, { code, what, why, fix }),
  ];
  if (typeof replicas !== 'number' && min >= max) {
    return report(
      [...path, 'min'],
      'bad-value',
      `'${name}' has at least ${min} pods and at most ${max}`,
      'the autoscaler would have no range',
      `write replicas: ${max}, or a min below ${max}`,
    );
  }
  const volumes = Object.keys(value.volumes);
  if (volumes.length === 0) return [];
  const where = reference(own, ['volumes']);
  if (!hasReplicaVolumes(value)) {
    if (max <= 1) return [];
    return report(
      path,
      'one-volume-many-pods',
      `'${name}' has ${max} pods and one volume for all of them`,
      `a volume is on one node (${where}), and the other pods would stay pending`,
      "write replicas: 1, or per: 'replica' for its volumes, so that each pod has its own",
    );
  }
  if (typeof replicas === 'number') return [];
  return report(
    path,
    'scaled-volumes',
    `'${name}' is autoscaled, and each pod has volumes of its own (${where})`,
    'pods, and the data on their volumes, would come and go with the load',
    'write a fixed number of replicas',
  );
}
