import type { App } from '../app.ts';
import { suggest } from '../diagnostics/nearest.ts';
import type { Problem } from '../diagnostics/problem.ts';
import { mutualPort, mutualUses } from '../identity.ts';
import { needsSignIn } from '../people.ts';
import type { FieldPath, Loaded } from '../reading/source.ts';
import { problemAt, reference } from '../reading/source.ts';
import { appNamed, type Repository } from '../repository.ts';
import {
  accesses,
  databaseCluster,
  databaseName,
  databaseRole,
  databaseUse,
  migrationsName,
} from '../schema/database.ts';
import { faultOfDatabase, faultOfRole } from '../schema/postgres-names.ts';
import { probePort } from '../schema/probe.ts';

/** Edges that become certificates must lead to something, fit each other and be kept current by the process. */
export function checkIdentity(repository: Repository): Problem[] {
  return repository.apps.flatMap((app) => [
    ...checkPorts(app),
    ...checkDatabase(app, repository),
    ...checkDatabaseUses(app, repository),
    ...checkReload(app, repository),
  ]);
}

function checkPorts({ source, value }: Loaded<App>): Problem[] {
  const problems: Problem[] = [];
  const mutual = Object.entries(value.ports).filter(([, { tls }]) => tls === 'mutual');
  for (const [port] of mutual.slice(1)) {
    problems.push(
      problemAt(source, ['ports', port, 'tls'], {
        code: 'two-mutual-ports',
        what: `'${value.name}' has a second port where callers prove who they are`,
        why: 'one certificate and one list of callers belong to an app',
        fix: 'serve both on one port, or move one into an app of its own',
      }),
    );
  }
  const isMutual = (port: string) => value.ports[port]?.tls === 'mutual';
  for (const [probe, given] of Object.entries(value.probes)) {
    const asked = given && probePort(given);
    // What only opens a connection needs no certificate.
    if (!asked || asked.key === 'tcp' || !isMutual(asked.port)) continue;
    problems.push(
      problemAt(source, ['probes', probe, asked.key], {
        code: 'probe-without-certificate',
        what: `the probe '${probe}' asks a port where callers prove who they are`,
        why: 'kubelet has no certificate, so the app would never be ready',
        fix: 'add a plain port for probes and metrics, and name it here',
      }),
    );
  }
  if (value.metrics !== undefined && isMutual(value.metrics.port)) {
    problems.push(
      problemAt(source, ['metrics', 'port'], {
        code: 'metrics-without-certificate',
        what: `metrics are to be read at '${value.metrics.port}', where callers prove who they are`,
        why: 'Prometheus is no caller of the app and has no certificate of it',
        fix: 'add a plain port for probes and metrics, and name it here',
      }),
    );
  }
  // The proxy of people who are signed in has a certificate, and says for whom it asks.
  const exposed: [FieldPath, string][] =
    value.exposes === undefined || needsSignIn(value)
      ? []
      : [
          [['exposes', 'port'], value.exposes.port],
          ...Object.entries(value.exposes.paths).map(([path, port]): [FieldPath, string] => [
            ['exposes', 'paths', path],
            port,
          ]),
        ];
  for (const [path, port] of exposed.filter(([, name]) => isMutual(name))) {
    problems.push(
      problemAt(source, path, {
        code: 'gateway-without-certificate',
        what: `the gateway is to lead to '${port}', where callers prove who they are`,
        why: 'the gateway would speak for everybody, and it has no certificate',
        fix: 'expose another port, write signIn: true in exposes, or name who may call under people in cluster.yaml',
      }),
    );
  }
  return problems;
}

function checkDatabase({ source, value }: Loaded<App>, { appNames }: Repository): Problem[] {
  const { name, database } = value;
  if (database === undefined) return [];
  const problems: Problem[] = [];
  const faults = [
    ...accesses.map((access) => faultOfRole(databaseRole(name, access))),
    faultOfDatabase(databaseName(name)),
  ];
  const fault = faults.find((each) => each !== undefined);
  if (fault !== undefined) {
    problems.push(
      problemAt(source, ['name'], {
        code: 'name-reserved',
        what: `'${name}' cannot be the name of an app with a database`,
        why: `its database would be '${databaseName(name)}' and its roles ${accesses.map((access) => `'${databaseRole(name, access)}'`).join(', ')}; ${fault}`,
        fix: `rename apps/${name}`,
      }),
    );
  }
  for (const taken of [databaseCluster(name), migrationsName(name)]) {
    if (!appNames.has(taken)) continue;
    problems.push(
      problemAt(
        source,
        ['database'],
        {
          code: 'name-taken',
          what: `the database brings a component '${taken}', and that is an app`,
          why: 'both would own one folder of manifests and one authority',
          fix: `rename apps/${taken}`,
        },
        'key',
      ),
    );
  }
  return problems;
}

function checkDatabaseUses({ source, value }: Loaded<App>, { apps, appNames }: Repository): Problem[] {
  const problems: Problem[] = [];
  let first: string | undefined;
  for (const [i, use] of value.uses.entries()) {
    if (use.kind !== 'database') continue;
    if (first !== undefined) {
      problems.push(
        problemAt(source, ['uses', i], {
          code: 'two-databases',
          what: `'${value.name}' uses a second database`,
          why: `its variables (PGHOST and so on) lead to one, and that is ${first}`,
          fix: 'call the app that owns the other database instead',
        }),
      );
    }
    first ??= `'${use.of}' of ${reference(source, ['uses', i])}`;
    const owner = appNamed(apps, use.of);
    if (!appNames.has(use.of) || (owner !== undefined && owner.value.database === undefined)) {
      problems.push(
        problemAt(source, ['uses', i, 'of'], {
          code: 'unknown-database',
          what: `'${value.name}' uses the database of '${use.of}', which has none`,
          why: owner
            ? `${reference(owner.source, [])} declares no database`
            : `there is no apps/${use.of}/app.ts`,
          fix: suggest(
            use.of,
            databaseOwners(apps),
            `add database: { storage: '2Gi' } to the app that owns it`,
          ),
        }),
      );
    } else if (use.as === 'owner' && use.of !== value.name) {
      problems.push(
        problemAt(source, ['uses', i, 'as'], {
          code: 'owner-elsewhere',
          what: `'${value.name}' would own the schema of '${use.of}'`,
          why: 'two apps would change one schema, each without knowing of the other',
          fix: "write as: 'read-write' or as: 'read-only'",
        }),
      );
    }
  }
  return problems;
}

function databaseOwners(apps: Loaded<App>[]): string[] {
  return apps.filter(({ value }) => value.database !== undefined).map(({ name }) => name);
}

/** A mounted certificate that nothing reads again works until the first one expires. */
function checkReload({ source, value }: Loaded<App>, { apps }: Repository): Problem[] {
  if (value.identity !== undefined) return [];
  const why = 'the process would serve or show the old one until it expires, and then fail';
  const mutual = mutualUses(value, (name) => appNamed(apps, name)?.value);
  const people = value.uses.find(({ kind }) => kind === 'people');
  const [use] = [...mutual, databaseUse(value), people].filter((found) => found !== undefined);
  const port = mutualPort(value);
  const path = port ? ['ports', port.name, 'tls'] : use ? ['uses', value.uses.indexOf(use)] : undefined;
  if (path === undefined) return [];
  return [
    problemAt(source, path, {
      code: 'nothing-reloads',
      what: `'${value.name}' gets a certificate here, and nothing says that it takes up a renewed one`,
      why,
      fix: "have it read the files again when they change, then write identity: { reload: 'files' }",
    }),
  ];
}
