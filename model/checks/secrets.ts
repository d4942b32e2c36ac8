import type { App, Use } from '../app.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { compareText, type Words } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/nearest.ts';
import { secretsRead } from '../external.ts';
import { diagnosticAt, type Loaded, reference } from '../reading/source.ts';
import { appNamed, type LoadedSecret, type Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';
import { databaseLogin, databaseUse } from '../schema/database.ts';
import { secretFile, secretObjectName } from '../schema/encrypted-secret.ts';
import type { Login } from '../schema/external.ts';
import { remoteKey, storeTitle } from '../secret-stores.ts';

/**
 * Every used secret must exist, every existing secret must be used, and its recipients must be those of
 * cluster.yaml.
 */
export function checkSecrets(repository: Repository): Diagnostic[] {
  return [
    ...repository.apps.flatMap(checkUsedTwice),
    ...repository.apps.flatMap(checkPull),
    ...repository.clusters.flatMap((cluster) =>
      repository.apps
        .filter(({ name }) => Object.hasOwn(cluster.value.apps, name))
        .flatMap((app) => checkUses(app, cluster, repository)),
    ),
    ...repository.secrets.flatMap((secret) => checkSecret(secret, repository)),
  ];
}

/** The secrets that an app uses, with their indexes in `uses`. */
function usesOf({ uses }: App): [index: number, use: Use<'secret'>][] {
  return uses.flatMap((use, i): [number, Use<'secret'>][] => (use.kind === 'secret' ? [[i, use]] : []));
}

function checkUsedTwice({ source, value }: Loaded<App>): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const secrets = new Set<string>();
  const variables = new Map<string, string>();
  for (const [i, { name, keys, as }] of usesOf(value)) {
    if (secrets.has(name)) {
      diagnostics.push(
        diagnosticAt(source, ['uses', i, 'name'], {
          code: 'use-twice',
          what: `'${value.name}' uses the secret '${name}' twice`,
          why: 'one of the two is probably a typing error',
          fix: 'list all keys in one of them',
        }),
      );
    }
    secrets.add(name);
    for (const [k, key] of keys.entries()) {
      const other = variables.get(key);
      if (as === 'variables' && other !== undefined && other !== name) {
        diagnostics.push(
          diagnosticAt(source, ['uses', i, 'keys', k], {
            code: 'variable-twice',
            what: `the variable ${key} comes from the secret '${name}' and from '${other}'`,
            why: 'a process has each variable once',
            fix: 'rename the key in one of them',
          }),
        );
      }
      if (as === 'variables') variables.set(key, name);
    }
  }
  return diagnostics;
}

/** Registry logins are for upstream images: images that are built here come from the team's registry, which needs none. */
function checkPull({ source, value }: Loaded<App>): Diagnostic[] {
  const images = [value.image, ...[...value.init, ...value.sidecars].map(({ image }) => image)];
  if (images.some((image) => image !== undefined && 'ref' in image)) return [];
  return usesOf(value)
    .filter(([, { as }]) => as === 'pull')
    .map(([i, { name }]) =>
      diagnosticAt(source, ['uses', i, 'as'], {
        code: 'nothing-to-pull',
        what: `the logins in '${name}' are for no image: '${value.name}' has none that is pulled from a registry of others`,
        why: 'its own image comes from the registry of the cluster, which asks for no password',
        fix: 'remove the use; where the Dockerfile starts from a private image, log in where it is built: docker login HOST',
      }),
    );
}

/**
 * A used secret must have values in each environment of the app; otherwise the pod would never start. No render knows those of an external
 * store.
 */
function checkUses(
  app: Loaded<App>,
  cluster: Loaded<Cluster>,
  { secrets, secretFiles }: Repository,
): Diagnostic[] {
  if (cluster.value.secrets.external !== undefined) return [];
  return secretsRead(app.value, cluster.value).flatMap((read) => {
    const { name, keys } = read;
    const place = placeOf(app, read, cluster);
    const secret = secrets.find(
      (each) => each.app === app.name && each.environment === cluster.name && each.name === name,
    );
    const file = secretFile(app.name, cluster.name, name);
    // An unreadable file is reported by its own check.
    if (secret === undefined && secretFiles.has(file)) return [];
    return keys.flatMap((key, k) => {
      if (secret !== undefined && Object.hasOwn(secret.value.data, key)) return [];
      const words = {
        code: 'unset-secret',
        what: `'${app.name}' uses ${key} of the secret '${name}', which has no value in ${cluster.name}`,
        why: secret === undefined ? `there is no ${file}` : `${file} does not have it`,
        fix: `type npm run secrets -- set ${app.name} ${key} --env ${cluster.name}`,
      };
      return [place(k, words)];
    });
  });
}

/** The place that requires a key: `uses` in app.ts, or the external service in cluster.yaml. */
function placeOf(
  { name, source, value }: Loaded<App>,
  read: Login,
  cluster: Loaded<Cluster>,
): (key: number, words: Words) => Diagnostic {
  const own = usesOf(value).find(([, use]) => use.name === read.name);
  if (own !== undefined) return (k, words) => diagnosticAt(source, ['uses', own[0], 'keys', k], words);
  // Only the app that owns a database logs in as its owner.
  const owner = read.name === databaseLogin('owner') ? name : (databaseUse(value)?.of ?? name);
  const of = read.name === 'mail' ? ['mail'] : ['databases', owner];
  return (_, words) => diagnosticAt(cluster.source, ['external', ...of, 'login'], words, 'key');
}

function checkSecret(secret: LoadedSecret, repository: Repository): Diagnostic[] {
  const { apps, appNames, clusters, clusterNames } = repository;
  const { source, app: appName, environment, name, value } = secret;
  const cluster = clusters.find((each) => each.name === environment);
  if (cluster === undefined) {
    // An environment with schema errors is reported by its own check.
    if (clusterNames.has(environment)) return [];
    return [
      diagnosticAt(source, [], {
        code: 'unused-secret',
        what: `the secret belongs to the environment '${environment}', which does not exist`,
        why: `there is no clusters/${environment}/cluster.yaml`,
        fix: suggest(
          environment,
          clusters.map((each) => each.name),
          'remove the file',
        ),
      }),
    ];
  }
  const store = cluster.value.secrets.external;
  if (store !== undefined) {
    return [
      diagnosticAt(source, [], {
        code: 'unused-secret',
        what: `${environment} reads its secrets from ${storeTitle(store)}, not from this file`,
        why: `${reference(cluster.source, ['secrets', 'external'])} says so, and unused secrets are forgotten when a key must be changed`,
        fix: `set its values in the store, at ${remoteKey(store, { environment, app: appName, name })}, then remove ${source.file}`,
      }),
    ];
  }
  const app = appNamed(apps, appName);
  // An app with schema errors is reported by its own check.
  if (app === undefined && appNames.has(appName)) return [];
  const use =
    app !== undefined && Object.hasOwn(cluster.value.apps, appName)
      ? secretsRead(app.value, cluster.value).find((each) => each.name === name)
      : undefined;
  if (use === undefined) {
    return [
      diagnosticAt(source, [], {
        code: 'unused-secret',
        what: `in ${environment}, '${appName}' does not use the secret '${name}'`,
        why: 'unused secrets are forgotten when a key must be changed',
        fix: `remove ${source.file}, or add { kind: 'secret', name: '${name}', keys: [${Object.keys(
          value.data,
        )
          .map((key) => `'${key}'`)
          .join(', ')}] } to the uses of apps/${appName}/app.ts`,
      }),
    ];
  }
  return [
    ...Object.keys(value.data)
      .filter((key) => !use.keys.includes(key))
      .map((key) =>
        diagnosticAt(
          source,
          ['data', key],
          {
            code: 'unused-secret',
            what: `'${appName}' does not use the key ${key} of the secret '${name}'`,
            why: 'unused secrets are forgotten when a key must be changed',
            fix: `type npm run secrets -- remove ${appName} ${key} --env ${environment}, or add it to the keys of the use in apps/${appName}/app.ts`,
          },
          'key',
        ),
      ),
    ...checkObject(secret),
    ...checkRecipients(secret, cluster),
  ];
}

/**
 * Name and namespace of the file must be those of its path, and the keys must be in the order that keeps the
 * MAC valid.
 */
function checkObject({ source, value, app, environment, name }: LoadedSecret): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const wanted = { name: secretObjectName(name), namespace: app };
  for (const field of ['name', 'namespace'] as const) {
    if (value.metadata[field] === wanted[field]) continue;
    diagnostics.push(
      diagnosticAt(source, ['metadata', field], {
        code: 'secret-of-another',
        what: `metadata.${field} is '${value.metadata[field]}'`,
        why: `the path says that it is the secret '${name}' of '${app}'`,
        fix: `write ${field}: ${wanted[field]}`,
      }),
    );
  }
  const keys = Object.keys(value.data);
  const out = keys.find((key, i) => compareText(keys[i - 1] ?? '', key) > 0);
  if (out !== undefined) {
    diagnostics.push(
      diagnosticAt(
        source,
        ['data', out],
        {
          code: 'secret-order',
          what: `the key ${out} is not in sorted order`,
          why: 'rendered keys are sorted, and the MAC of SOPS depends on the order',
          fix: `type npm run secrets -- update-keys --env ${environment}, which writes the keys in order`,
        },
        'key',
      ),
    );
  }
  return diagnostics;
}

function checkRecipients(
  { source, value, environment }: LoadedSecret,
  cluster: Loaded<Cluster>,
): Diagnostic[] {
  const wanted = cluster.value.secrets.recipients;
  const has = value.sops.age.map(({ recipient }) => recipient);
  const missing = Object.keys(wanted).filter((name) => !has.includes(wanted[name] ?? ''));
  const extra = has.filter((recipient) => !Object.values(wanted).includes(recipient));
  if (missing.length + extra.length === 0) return [];
  const said = [
    ...missing.map((name) => `${name} cannot read it`),
    ...extra.map((recipient) => `${recipient} can`),
  ];
  return [
    diagnosticAt(source, ['sops', 'age'], {
      code: 'other-recipients',
      what: `the recipients of the secret are not those of cluster.yaml: ${said.join(', ')}`,
      why: `${reference(cluster.source, ['secrets'])} lists the recipients for ${environment}`,
      fix: `type npm run secrets -- update-keys --env ${environment}`,
    }),
  ];
}
