import type { App } from '../app.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { isAskedBySignIn } from '../identity.ts';
import { isOptionalPeople, needsSignIn, personHeader, tokenAudiences } from '../people.ts';
import { diagnosticAt, type FieldPath, type Loaded, reference } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';

/** Sign-in settings of an app must be possible in its environments and with its protocol. */
export function checkPeopleOfApps({ apps, clusters }: Repository): Diagnostic[] {
  const ofApps = apps.flatMap((app) => [
    ...checkAccounts(app, clusters),
    ...checkProtocol(app),
    ...checkHeader(app),
    ...checkAudience(app, apps),
  ]);
  return [...ofApps, ...clusters.flatMap((cluster) => checkRights(cluster, apps))];
}

/** The proxy asks the app by its certificate, and a port without one could be anybody. */
function checkRights({ source, value, name }: Loaded<Cluster>, apps: Repository['apps']): Diagnostic[] {
  const rights = value.signIn?.rights;
  if (rights === undefined) return [];
  const app = Object.hasOwn(value.apps, rights) ? apps.find((each) => each.name === rights) : undefined;
  if (app === undefined) {
    return [
      diagnosticAt(source, ['signIn', 'rights'], {
        code: 'no-rights-app',
        what: `'${rights}' provides the rights of people, and does not run in ${name}`,
        why: 'the proxy would admit nobody, because no app could report the rights of people',
        fix: `add ${rights}: to apps of ${source.file}, or take rights out`,
      }),
    ];
  }
  if (isAskedBySignIn(app.value)) return [];
  return [
    diagnosticAt(source, ['signIn', 'rights'], {
      code: 'rights-not-mutual',
      what: `'${rights}' provides the rights of people, and the proxy does not call it over mutual TLS`,
      why: `${app.source.file} exposes no port with tls: 'mutual' together with signIn: true`,
      fix: `write exposes: { port: '…', signIn: true } there, with a port that has tls: 'mutual'`,
    }),
  ];
}

/** The places of an app's two sign-in settings; none where the app has none, or can do without. */
function written({ value }: Loaded<App>): { path: FieldPath; what: string }[] {
  const use = value.uses.findIndex((each) => each.kind === 'people' && !isOptionalPeople(each));
  return [
    ...(needsSignIn(value)
      ? [{ path: ['exposes', 'signIn'], what: `'${value.name}' requires sign-in` }]
      : []),
    ...(use === -1 ? [] : [{ path: ['uses', use], what: `'${value.name}' verifies the tokens of people` }]),
  ];
}

function checkAccounts(app: Loaded<App>, clusters: Repository['clusters']): Diagnostic[] {
  const without = clusters.filter(
    ({ value }) => Object.hasOwn(value.apps, app.name) && value.signIn === undefined,
  );
  return without.flatMap((cluster) =>
    written(app).map(({ path, what }) =>
      diagnosticAt(app.source, path, {
        code: 'no-accounts',
        what: `${what}, but '${cluster.name}' has no accounts`,
        why: `the app runs there (${reference(cluster.source, ['apps', app.name])}), and ${cluster.source.file} has no signIn`,
        fix: `add signIn: { mail: { kind: mailpit } } to ${cluster.source.file}, or remove ${app.name} from its apps`,
      }),
    ),
  );
}

/** A gRPC call has no cookie and follows no redirect to a page. */
function checkProtocol({ source, value }: Loaded<App>): Diagnostic[] {
  if (!needsSignIn(value) || value.exposes?.protocol !== 'grpc') return [];
  return [
    diagnosticAt(source, ['exposes', 'signIn'], {
      code: 'sign-in-without-pages',
      what: "signIn: true cannot be combined with protocol: 'grpc'",
      why: 'gRPC clients have no cookie and cannot be redirected to a page',
      fix: "remove signIn, or expose a port that serves HTTP and have its app call this one with uses: [{ kind: 'app' }]",
    }),
  ];
}

/** Only the proxy may set the header with the visitor's identity. */
function checkHeader({ source, value }: Loaded<App>): Diagnostic[] {
  if (value.exposes === undefined || !needsSignIn(value)) return [];
  const names = Object.keys(value.exposes.headers.request);
  return names
    .filter((name) => name.toLowerCase().replaceAll('_', '-') === personHeader)
    .map((name) =>
      diagnosticAt(
        source,
        ['exposes', 'headers', 'request', name],
        {
          code: 'derived-header',
          what: `the header ${name} is set here`,
          why: 'the sign-in proxy sets it, and removes it from requests of visitors',
          fix: 'remove it',
        },
        'key',
      ),
    );
}

/** An app that verifies tokens must be the audience of some token. */
function checkAudience(app: Loaded<App>, apps: Repository['apps']): Diagnostic[] {
  const use = app.value.uses.findIndex((each) => each.kind === 'people' && !isOptionalPeople(each));
  const everyApp = { apps: apps.map(({ value }) => value) };
  if (use === -1 || tokenAudiences(everyApp, app.value).length > 0) return [];
  return [
    diagnosticAt(app.source, ['uses', use], {
      code: 'no-tokens',
      what: `'${app.name}' verifies the tokens of people, but receives none`,
      why: 'neither it nor an app that uses it has signIn: true',
      fix: `write signIn: true in exposes of ${app.source.file}, or remove this use`,
    }),
  ];
}
