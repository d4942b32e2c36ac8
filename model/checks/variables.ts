import type { App } from '../app.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { usesMail } from '../external.ts';
import { mutualPort, mutualUses } from '../identity.ts';
import { verifiesPeople } from '../people.ts';
import { diagnosticAt, type FieldPath, type Loaded, type Source } from '../reading/source.ts';
import { appNamed, type Repository } from '../repository.ts';
import { databaseUse } from '../schema/database.ts';
import { readsSignal } from '../signal-stores.ts';

/** Neither app.ts nor cluster.yaml may set a variable that is derived from an edge. */
export function checkVariables({ apps, clusters }: Repository): Diagnostic[] {
  return apps.flatMap((app) => {
    const derived = derivedVariables(app, apps);
    return [
      ...check(app.source, ['env'], Object.keys(app.value.env), derived),
      ...check(app.source, ['job', 'env'], Object.keys(app.value.job?.env ?? {}), derived),
      ...(['init', 'sidecars'] as const).flatMap((key) =>
        app.value[key].flatMap(({ image, env }, i) =>
          // A container with an upstream image gets no derived variables.
          image === undefined ? check(app.source, [key, i, 'env'], Object.keys(env), derived) : [],
        ),
      ),
      ...clusters.flatMap(({ source, value }) =>
        check(source, ['apps', app.name, 'env'], Object.keys(value.apps[app.name]?.env ?? {}), derived),
      ),
    ];
  });
}

/** The edge from which a variable is derived; undefined for the app's own variables. */
type Derived = (name: string) => string | undefined;

function derivedVariables({ value }: Loaded<App>, apps: Repository['apps']): Derived {
  const derived = new Map<string, string>();
  if (mutualPort(value)) for (const name of ['IDENTITY_DIR', 'CALLERS']) derived.set(name, 'its mutual port');
  for (const { app } of mutualUses(value, (name) => appNamed(apps, name)?.value)) {
    const prefix = app.toUpperCase().replaceAll('-', '_');
    for (const end of ['ADDRESS', 'IDENTITY_DIR']) derived.set(`${prefix}_${end}`, `its use of '${app}'`);
  }
  for (const use of value.uses) {
    if (use.kind !== 'secret' || use.as !== 'variables') continue;
    for (const key of use.keys) derived.set(key, `its secret '${use.name}'`);
  }
  if (value.uses.some(({ kind }) => kind === 'internet'))
    for (const name of ['HTTPS_PROXY', 'NO_PROXY', 'NODE_USE_ENV_PROXY'])
      derived.set(name, 'its use of the internet');
  if (readsSignal(value, 'metrics')) derived.set('METRICS_URL', 'its use of metrics');
  for (const signal of ['logs', 'traces'] as const)
    if (readsSignal(value, signal))
      for (const end of ['URL', 'STORE', 'IDENTITY_DIR'])
        derived.set(`${signal.toUpperCase()}_${end}`, `its use of ${signal}`);
  if (verifiesPeople(value))
    for (const end of ['KEYS', 'IDENTITY_DIR', 'ISSUER', 'AUDIENCES'])
      derived.set(`PEOPLE_${end}`, 'its use of people');
  if (usesMail(value))
    for (const name of ['HOST', 'PORT', 'TLS', 'CA', 'USER', 'PASSWORD'])
      derived.set(`SMTP_${name}`, 'its use of mail');
  const database = databaseUse(value) !== undefined;
  return (name) => derived.get(name) ?? (database && /^PG[A-Z]+$/.test(name) ? 'its database' : undefined);
}

function check(source: Source, path: FieldPath, names: string[], derived: Derived): Diagnostic[] {
  return names.flatMap((name) => {
    const from = derived(name);
    if (from === undefined) return [];
    const words = {
      code: 'derived-variable',
      what: `the variable ${name} is set here`,
      why: `it is derived from ${from}, and the two values would conflict`,
      fix: 'remove it',
    };
    return [diagnosticAt(source, [...path, name], words, 'key')];
  });
}
