import type { App } from '../app.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { hostNames } from '../environment.ts';
import { gatewayPorts } from '../gateway.ts';
import { diagnosticAt, type FieldPath, type Loaded, reference } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';
import type { Exposes } from '../schema/exposes.ts';
import { checkMiddleware } from './middleware.ts';
import { checkOwnedHeaders } from './owned-headers.ts';

/** Longest list of rules, of host names, and of headers that a filter sets (Gateway API v1, HTTPRoute). */
const longestList = 16;

/** A route must be one that the Gateway API takes, and each path must lead somewhere. */
export function checkExposed(app: Loaded<App>, { clusters }: Pick<Repository, 'clusters'>): Diagnostic[] {
  const { exposes } = app.value;
  if (exposes === undefined) return [];
  return [
    ...checkPaths(app, exposes),
    ...checkRedirects(app, exposes, clusters),
    ...checkHeaders(app, exposes),
    ...checkOwnedHeaders(app, exposes),
    ...checkRules(app, exposes),
    ...checkHostCount(app, exposes, clusters),
    ...checkGrpc(app, exposes),
    ...checkMiddleware(app, exposes),
  ];
}

/** Each path has one target. A slash at the end of a prefix means nothing (HTTPPathMatch). */
function checkPaths({ source }: Loaded<App>, { paths, redirects }: Exposes): Diagnostic[] {
  const twice = (path: FieldPath, what: string, fix: string): Diagnostic =>
    diagnosticAt(source, path, { code: 'path-twice', what, why: 'a path has one target', fix }, 'key');
  const both = Object.keys(redirects).filter((path) => Object.hasOwn(paths, path));
  const ended = Object.keys(paths).filter(
    (path) => path !== '/' && path.endsWith('/') && Object.hasOwn(paths, path.slice(0, -1)),
  );
  return [
    ...both.map((path) =>
      twice(
        ['exposes', 'redirects', path],
        `'${path}' is in paths and in redirects`,
        'remove one of the two',
      ),
    ),
    ...ended.map((path) =>
      twice(
        ['exposes', 'paths', path],
        `'${path}' and '${path.slice(0, -1)}' are the same path`,
        'remove one of the two',
      ),
    ),
  ];
}

/** A redirect must not lead back to itself, by a path or by an address of the app in an environment. */
function checkRedirects(
  app: Loaded<App>,
  { redirects }: Exposes,
  clusters: Repository['clusters'],
): Diagnostic[] {
  const { source } = app;
  const own = new Set(clusters.flatMap((cluster) => originsOf(app, cluster.value)));
  const targets = new Map(
    Object.entries(redirects).map(([path, given]) => {
      const to = typeof given === 'string' ? given : given.to;
      const [, origin, there] = /^(https:\/\/[^/]+)(.*)$/.exec(to) ?? [];
      return [path, origin !== undefined && own.has(origin) ? there || '/' : to];
    }),
  );
  const reported = new Set<string>();
  return [...targets.keys()].flatMap((start) => {
    const way = [start];
    for (let next = targets.get(start); next !== undefined && targets.has(next); next = targets.get(next)) {
      if (next !== start) {
        // A circle that this one only leads to is reported where it begins.
        if (way.includes(next)) return [];
        way.push(next);
        continue;
      }
      if (way.some((path) => reported.has(path))) return [];
      for (const path of way) reported.add(path);
      return [
        diagnosticAt(
          source,
          ['exposes', 'redirects', start],
          {
            code: 'redirect-circle',
            what: `the redirects lead back to themselves: ${[...way, start].join(' → ')}`,
            why: 'a browser gives up after some rounds and shows an error',
            fix: 'write another target',
          },
          'key',
        ),
      ];
    }
    return [];
  });
}

/** The addresses of an app in an environment, with and without the usual port. */
function originsOf(app: Loaded<App>, cluster: Cluster): string[] {
  if (!Object.hasOwn(cluster.apps, app.value.name)) return [];
  const { https } = gatewayPorts(cluster);
  return hostNames(app, cluster).flatMap((host) => [
    `https://${host}:${https}`,
    ...(https === 443 ? [`https://${host}`] : []),
  ]);
}

/** Names of headers are the same in capital and small letters (RFC 9110). */
function checkHeaders({ source }: Loaded<App>, { headers }: Exposes): Diagnostic[] {
  return (['request', 'response'] as const).flatMap((side) => {
    const names = Object.keys(headers[side]);
    const first = new Map<string, string>();
    const twice = names.flatMap((name) => {
      const other = first.get(name.toLowerCase());
      if (other === undefined) {
        first.set(name.toLowerCase(), name);
        return [];
      }
      const place: FieldPath = ['exposes', 'headers', side, name];
      return [
        diagnosticAt(
          source,
          place,
          {
            code: 'header-twice',
            what: `'${name}' and '${other}' are the same header`,
            why: `${reference(source, ['exposes', 'headers', side, other])} has the first one, and only one would be set`,
            fix: 'remove one of the two',
          },
          'key',
        ),
      ];
    });
    // Outside of a laptop the gateway adds one header to answers.
    const most = side === 'response' ? longestList - 1 : longestList;
    return names.length <= most
      ? twice
      : [...twice, tooMany(source, ['exposes', 'headers', side], `${names.length} headers`, most)];
  });
}

/** A route has a rule for each path, for each redirect, and for all other paths. */
function checkRules({ source }: Loaded<App>, { paths, redirects }: Exposes): Diagnostic[] {
  const count = Object.keys(paths).length + Object.keys(redirects).length;
  if (count < longestList) return [];
  const key = Object.keys(redirects).length > 0 ? 'redirects' : 'paths';
  return [tooMany(source, ['exposes', key], `${count} paths and redirects`, longestList - 1)];
}

function checkHostCount(
  { name, source, value }: Loaded<App>,
  { hosts }: Exposes,
  clusters: Repository['clusters'],
): Diagnostic[] {
  const own = 1 + hosts.length;
  if (own > longestList) return [tooMany(source, ['exposes', 'hosts'], `${own} host names`, longestList)];
  return clusters.flatMap((cluster) => {
    const count = own + (cluster.value.apps[value.name]?.hosts ?? []).length;
    if (count <= longestList) return [];
    return [tooMany(cluster.source, ['apps', name, 'hosts'], `${count} host names`, longestList)];
  });
}

function tooMany(source: Loaded<App>['source'], path: FieldPath, what: string, most: number): Diagnostic {
  return diagnosticAt(
    source,
    path,
    {
      code: 'too-many-for-a-route',
      what: `the app has ${what}`,
      why: `a route of the Gateway API takes at most ${most} of them`,
      fix: 'remove some, and let the app answer them itself',
    },
    'key',
  );
}

function checkGrpc({ source }: Loaded<App>, { protocol, paths, redirects, headers }: Exposes): Diagnostic[] {
  if (protocol === 'http') return [];
  const written = [
    ['paths', paths],
    ['redirects', redirects],
  ] as const;
  const answers = Object.keys(headers.response);
  const words = {
    code: 'grpc-without-answer-headers',
    what: "headers.response cannot be combined with protocol: 'grpc'",
    why: 'the gateway, Traefik, refuses all calls of a gRPC route that sets headers of answers',
    fix: 'remove headers.response, and let the app set them itself',
  };
  const ofAnswers =
    answers.length > 0 ? [diagnosticAt(source, ['exposes', 'headers', 'response'], words, 'key')] : [];
  const both = written
    .filter(([, map]) => Object.keys(map).length > 0)
    .map(([key]) =>
      diagnosticAt(
        source,
        ['exposes', key],
        {
          code: 'grpc-without-paths',
          what: `${key} cannot be combined with protocol: 'grpc'`,
          why: 'gRPC calls name a service and a method, which the app routes itself',
          fix: `remove ${key} or protocol`,
        },
        'key',
      ),
    );
  return [...both, ...ofAnswers];
}
