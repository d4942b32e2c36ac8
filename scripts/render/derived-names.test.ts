import { globSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { field, listField, textField } from '../../charts/kube/field.ts';
import { isIfAbsent } from '../../charts/kube/if-absent.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { podTemplate } from '../../charts/kube/pod-template.ts';
import { order } from '../../charts/order/order.ts';
import type { AppInput } from '../../model/app.ts';
import type { Environment } from '../../model/graph.ts';
import { checkRepository } from '../../model/load-graph.ts';
import type { OperatorInput } from '../../model/operator.ts';
import type { Loaded, Source } from '../../model/reading/source.ts';
import { databaseCluster } from '../../model/schema/database.ts';
import { PackageLock } from '../../model/schema/package-lock.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { components } from './components.ts';

const folder = new URL('../../operators/', import.meta.url);
const modules = await Promise.all(
  globSync('*/operator.ts', { cwd: folder }).map(
    (file): Promise<{ default: OperatorInput }> => import(new URL(file, folder).href),
  ),
);
const described = modules
  .map((module) => module.default)
  .filter(({ only }) => only?.includes('kind') ?? true);
/** Those that run beside each other. */
const operators = described.filter(({ stores }) => stores?.includes('light') ?? true);

/** Parts of names that are derived: what is made of them is as near to a collision as a name can be. */
const part = fc.constantFrom(
  ...[
    'a',
    'b',
    'x',
    'db',
    'server',
    'client',
    'database',
    'apps',
    'app',
    'migrations',
    'rw',
    'ro',
    'r',
    'owner',
  ],
  ...[
    'ca',
    'ca-1',
    'trust',
    'peers',
    'roots',
    'people',
    'environment',
    'default',
    'deny',
    'identity',
    'tmp',
    'role',
  ],
  ...[
    'binding',
    'replication',
    'no',
    'password',
    'gateway',
    'registry',
    'flux',
    'sync',
    'crds',
    'platform',
    'self',
  ],
  ...[
    'signed',
    'pg',
    'order',
    'all',
    'cnpg',
    'system',
    'address',
    'dir',
    'backup',
    'traefik',
    'cert',
    'manager',
  ],
);
const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('-'));

interface Drawn {
  name: string;
  mutual: boolean;
  database: boolean;
  migrations: boolean;
  host: string | undefined;
  calls: number[];
  queries: number;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  name,
  mutual: fc.boolean(),
  database: fc.boolean(),
  migrations: fc.boolean(),
  host: fc.option(name, { nil: undefined }),
  calls: fc.array(fc.nat(7), { maxLength: 3 }),
  queries: fc.nat(7),
});

const world = fc.record({
  apps: fc.uniqueArray(drawn, { minLength: 2, maxLength: 5, selector: (app) => app.name }),
  people: fc.uniqueArray(name, { maxLength: 3 }),
  authorities: fc.constantFrom('self-signed', 'intermediate'),
});

/** As somebody would write it in app.ts. Calls lead to apps that come later: no round. */
function written(all: readonly Drawn[], index: number): Partial<AppInput> & { name: string } {
  const app = all[index];
  if (app === undefined) throw new Error('no app');
  const later = all.slice(index + 1);
  const called = new Set(app.calls.flatMap((i) => later[i % Math.max(1, later.length)] ?? []));
  const owners = all.filter(({ database }) => database);
  const queried = owners[app.queries % Math.max(1, owners.length)];
  return {
    name: app.name,
    ports: {
      http: { port: 8080 },
      ...(app.mutual ? { grpc: { port: 8443, tls: 'mutual' as const } } : {}),
    },
    ...(app.database
      ? {
          database: {
            storage: '1Gi',
            ...(app.migrations ? { migrations: { build: './migrations' as const } } : {}),
          },
        }
      : {}),
    uses: [
      ...[...called].map(({ name: of, mutual }) => ({
        kind: 'app' as const,
        app: of,
        port: mutual ? 'grpc' : 'http',
      })),
      ...(queried === undefined
        ? []
        : [{ kind: 'database' as const, of: queried.name, as: 'read-write' as const }]),
    ],
    ...(app.host === undefined ? {} : { exposes: { port: 'http', host: app.host } }),
    identity: { reload: 'files' },
  };
}

function environmentOf({
  apps,
  people,
  authorities,
}: typeof world extends fc.Arbitrary<infer W> ? W : never) {
  const mutual = apps.filter((app) => app.mutual).map((app) => app.name);
  return environment({
    apps: apps.map((app, i) => ({
      ...testApp(written(apps, i)),
      ...(app.database && app.migrations ? { migrationsRef: 'example.org/migrations:v1' } : {}),
    })),
    operators,
    cluster: {
      name: 'test',
      nodes: [{ name: 'control-plane', role: 'control-plane' }],
      identity: { authorities },
      observability: { store: 'light' },
      people:
        mutual.length === 0 ? {} : Object.fromEntries(people.map((person) => [person, { uses: mutual }])),
      apps: Object.fromEntries(apps.map((app) => [app.name, null])),
    },
  });
}

/** Whether the checks of the descriptions accept it, without those of files and of the real lock file. */
function taken(env: Environment): boolean {
  const place: Source['place'] = () => ({
    line: 1,
    column: 1,
    underlined: { text: '', start: 0, length: 1 },
  });
  const loaded = <T>(of: string, file: string, value: T): Loaded<T> => ({
    name: of,
    source: { file, value, place, written: () => undefined },
    value,
  });
  const diagnostics = checkRepository('/nowhere', {
    clusters: [loaded('test', 'clusters/test/cluster.yaml', env.cluster)],
    apps: env.apps.map((app) => loaded(app.name, `apps/${app.name}/app.ts`, app)),
    operators: environment({ operators: described }).operators.map((operator) =>
      loaded(operator.name, `operators/${operator.name}/operator.ts`, operator),
    ),
    secrets: [],
    secretFiles: new Set(),
    published: [],
    previews: [],
    clusterNames: new Set(['test']),
    lock: loaded('lock', 'images/lock.yaml', env.lock),
    packageLock: new PackageLock('/nowhere'),
    appNames: new Set(env.apps.map((app) => app.name)),
  });
  const elsewhere = ['no-dockerfile', 'not-locked'];
  return diagnostics.every(({ code }) => elsewhere.includes(code));
}

/** Everything that has a name of its own, with the space in which no other may have it. */
function namesOf(env: Environment, all: Component[] = components(env)): string[] {
  return [
    ...all.map((component) => `folder and Kustomization ${component.name}`),
    ...['platform', 'crds', 'flux-sync'].map((own) => `folder and Kustomization ${own}`),
    `host registry.${env.cluster.domain}`,
    ...all.flatMap(({ objects }) =>
      objects.flatMap((object) => {
        if (isIfAbsent(object)) return [];
        const { kind, apiVersion, metadata } = object;
        const group = apiVersion.split('/').slice(0, -1).join('');
        const space = metadata.namespace ?? '';
        const made = (of: string, ...names: string[]) => names.map((each) => `${of} ${space}/${each}`);
        const pod = field(podTemplate(object), 'spec');
        const containers = listField(pod, 'containers');
        return [
          `${kind}.${group} ${space}/${metadata.name}`,
          // What others make of an object: cert-manager, CloudNativePG, trust-manager.
          ...(kind === 'Certificate' ? made('Secret.', textField(object, 'spec', 'secretName') ?? '') : []),
          ...(kind === 'Cluster'
            ? [
                ...made('Service.', ...['rw', 'r', 'ro'].map((end) => `${metadata.name}-${end}`)),
                ...made('Secret.', ...['app', 'superuser', 'ca'].map((end) => `${metadata.name}-${end}`)),
                ...made('ServiceAccount.', metadata.name),
              ]
            : []),
          ...(kind === 'Bundle' && field(object, 'spec', 'target', 'configMap') !== undefined
            ? env.apps.map((app) => `ConfigMap. ${app.name}/${metadata.name}`)
            : []),
          ...(kind === 'HTTPRoute'
            ? listField(object, 'spec', 'hostnames').map((host) => `host ${host}`)
            : []),
          ...listField(pod, 'volumes').map(
            (volume) => `volume of ${kind} ${space}/${metadata.name}: ${textField(volume, 'name')}`,
          ),
          ...containers.flatMap((container, i) => [
            ...listField(container, 'env').map(
              (each) => `variable of ${i} of ${kind} ${space}/${metadata.name}: ${textField(each, 'name')}`,
            ),
            ...listField(container, 'volumeMounts').map(
              (each) =>
                `folder of ${i} of ${kind} ${space}/${metadata.name}: ${textField(each, 'mountPath')}`,
            ),
          ]),
        ];
      }),
    ),
  ];
}

it('no two derived things of apps, databases and people share a name if the checks accept them', () => {
  let passed = 0;
  fc.assert(
    fc.property(world, (given) => {
      const env = environmentOf(given);
      if (!taken(env)) return;
      // What order() refuses is said at a line, too.
      const all = components(env);
      const { diagnostics } = order(env, all);
      const refused = diagnostics.filter(({ code }) => code === 'name-taken');
      if (refused.length > 0) return;
      passed++;
      const names = namesOf(env, all);
      expect(names.filter((each, i) => names.indexOf(each) !== i)).toEqual([]);
    }),
    { numRuns: 80 },
  );
  // Else it would have looked at nothing.
  expect(passed).toBeGreaterThan(20);
}, 120_000);

it.each<[string, Drawn[], string[]]>([
  [
    'an app that calls one named server, and is a server itself',
    [app('orders', { mutual: true, calls: [0] }), app('server', { mutual: true })],
    [],
  ],
  [
    'an app that calls one named database, and queries one',
    [app('orders', { database: true, calls: [0] }), app('database', { mutual: true })],
    [],
  ],
  [
    'two people whose names and apps are the same when they are joined',
    [app('a-b', { mutual: true }), app('b', { mutual: true })],
    ['x', 'x-a'],
  ],
  ['a database named as a keyword', [app('order', { database: true, migrations: true })], []],
  ['a database named as pg_hba.conf names all of them', [app('all', { database: true })], []],
])('%s: each has its own name', (_, apps, people) => {
  const env = environmentOf({ apps, people, authorities: 'intermediate' });
  expect(taken(env)).toBe(true);
  const names = namesOf(env);
  expect(names.filter((each, i) => names.indexOf(each) !== i)).toEqual([]);
});

function app(name: string, more: Partial<Drawn>): Drawn {
  return {
    name,
    mutual: false,
    database: false,
    migrations: false,
    host: undefined,
    calls: [],
    queries: 0,
    ...more,
  };
}

it('the name of a database is not that of another app', () => {
  expect(databaseCluster('shop')).toBe('shop-db');
  const env = environmentOf({
    apps: [app('shop', { database: true }), app('shop-db', {})],
    people: [],
    authorities: 'self-signed',
  });
  expect(taken(env)).toBe(false);
});
