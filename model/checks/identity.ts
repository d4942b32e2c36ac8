import type { App } from '../app.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/nearest.ts';
import { mutualPort, mutualUses } from '../identity.ts';
import { needsSignIn } from '../people.ts';
import type { FieldPath, Loaded } from '../reading/source.ts';
import { diagnosticAt, reference } from '../reading/source.ts';
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

/**
 * Edges with certificates must lead to an existing port or database, must not conflict, and the process must
 * reload renewed certificates.
 */
export function checkIdentity(repository: Repository): Diagnostic[] {
  return repository.apps.flatMap((app) => [
    ...checkPorts(app),
    ...checkDatabase(app, repository),
    ...checkDatabaseUses(app, repository),
    ...checkReload(app, repository),
  ]);
}

function checkPorts({ source, value }: Loaded<App>): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const mutual = Object.entries(value.ports).filter(([, { tls }]) => tls === 'mutual');
  for (const [port] of mutual.slice(1)) {
    diagnostics.push(
      diagnosticAt(source, ['ports', port, 'tls'], {
        code: 'two-mutual-ports',
        what: `'${value.name}' has a second port with mutual TLS`,
        why: 'an app has one server certificate and one list of callers',
        fix: 'serve both on one port, or move one into another app',
      }),
    );
  }
  const isMutual = (port: string) => value.ports[port]?.tls === 'mutual';
  for (const [probe, given] of Object.entries(value.probes)) {
    const asked = given && probePort(given);
    // A TCP probe only opens a connection and needs no certificate.
    if (!asked || asked.key === 'tcp' || !isMutual(asked.port)) continue;
    diagnostics.push(
      diagnosticAt(source, ['probes', probe, asked.key], {
        code: 'probe-without-certificate',
        what: `the probe '${probe}' uses a port with mutual TLS`,
        why: 'kubelet has no client certificate, so the app would never be ready',
        fix: 'add a plain port for probes and metrics, and name it here',
      }),
    );
  }
  if (value.metrics !== undefined && isMutual(value.metrics.port)) {
    diagnostics.push(
      diagnosticAt(source, ['metrics', 'port'], {
        code: 'metrics-without-certificate',
        what: `the metrics port '${value.metrics.port}' has mutual TLS`,
        why: 'Prometheus has no client certificate of the app',
        fix: 'add a plain port for probes and metrics, and name it here',
      }),
    );
  }
  // The sign-in proxy has a client certificate and sends the identity of the visitor, so it may use a port
  // with mutual TLS.
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
    diagnostics.push(
      diagnosticAt(source, path, {
        code: 'gateway-without-certificate',
        what: `the gateway leads to '${port}', a port with mutual TLS`,
        why: 'the gateway has no client certificate: every visitor would have the same identity',
        fix: 'expose another port, write signIn: true in exposes, or list callers under people in cluster.yaml',
      }),
    );
  }
  return diagnostics;
}

function checkDatabase({ source, value }: Loaded<App>, { appNames }: Repository): Diagnostic[] {
  const { name, database } = value;
  if (database === undefined) return [];
  const diagnostics: Diagnostic[] = [];
  const faults = [
    ...accesses.map((access) => faultOfRole(databaseRole(name, access))),
    faultOfDatabase(databaseName(name)),
  ];
  const fault = faults.find((each) => each !== undefined);
  if (fault !== undefined) {
    diagnostics.push(
      diagnosticAt(source, ['name'], {
        code: 'name-reserved',
        what: `an app with a database cannot have the name '${name}'`,
        why: `its database would be '${databaseName(name)}' and its roles ${accesses.map((access) => `'${databaseRole(name, access)}'`).join(', ')}; ${fault}`,
        fix: `rename apps/${name}`,
      }),
    );
  }
  for (const taken of [databaseCluster(name), migrationsName(name)]) {
    if (!appNames.has(taken)) continue;
    diagnostics.push(
      diagnosticAt(
        source,
        ['database'],
        {
          code: 'name-taken',
          what: `the database needs the component name '${taken}', which is the name of an app`,
          why: 'both would have the same folder of manifests and the same authority',
          fix: `rename apps/${taken}`,
        },
        'key',
      ),
    );
  }
  return diagnostics;
}

function checkDatabaseUses({ source, value }: Loaded<App>, { apps, appNames }: Repository): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  let first: string | undefined;
  for (const [i, use] of value.uses.entries()) {
    if (use.kind !== 'database') continue;
    if (first !== undefined) {
      diagnostics.push(
        diagnosticAt(source, ['uses', i], {
          code: 'two-databases',
          what: `'${value.name}' uses a second database`,
          why: `PGHOST and the other variables lead to one database, the one of ${first}`,
          fix: 'call the app that owns the other database',
        }),
      );
    }
    first ??= `'${use.of}' of ${reference(source, ['uses', i])}`;
    const owner = appNamed(apps, use.of);
    if (!appNames.has(use.of) || (owner !== undefined && owner.value.database === undefined)) {
      diagnostics.push(
        diagnosticAt(source, ['uses', i, 'of'], {
          code: 'unknown-database',
          what: `'${value.name}' uses the database of '${use.of}', which owns none`,
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
      diagnostics.push(
        diagnosticAt(source, ['uses', i, 'as'], {
          code: 'owner-elsewhere',
          what: `'${value.name}' would own the schema of '${use.of}'`,
          why: 'two apps would change one schema independently',
          fix: "write as: 'read-write' or as: 'read-only'",
        }),
      );
    }
  }
  return diagnostics;
}

function databaseOwners(apps: Loaded<App>[]): string[] {
  return apps.filter(({ value }) => value.database !== undefined).map(({ name }) => name);
}

/**
 * An app with certificates must declare that it reloads renewed ones; otherwise it fails when the first one
 * expires.
 */
function checkReload({ source, value }: Loaded<App>, { apps }: Repository): Diagnostic[] {
  if (value.identity !== undefined) return [];
  const why = 'without a reload the process uses the old certificate until it expires, and then fails';
  const mutual = mutualUses(value, (name) => appNamed(apps, name)?.value);
  const others = value.uses.find(({ kind }) => ['people', 'logs', 'traces'].includes(kind));
  const [use] = [...mutual, databaseUse(value), others].filter((found) => found !== undefined);
  const port = mutualPort(value);
  const path = port ? ['ports', port.name, 'tls'] : use ? ['uses', value.uses.indexOf(use)] : undefined;
  if (path === undefined) return [];
  return [
    diagnosticAt(source, path, {
      code: 'nothing-reloads',
      what: `'${value.name}' gets a certificate, but does not declare that it reloads renewed ones`,
      why,
      fix: "make the process read the files again when they change, then write identity: { reload: 'files' }",
    }),
  ];
}
