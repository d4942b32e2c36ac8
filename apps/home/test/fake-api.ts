import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '../src/objects.ts';

/** An API server that knows lists and watches, and does what a test tells it. */
export interface FakeApi {
  url: string;
  /** `GET PATH?QUERY` of each request, with the token that came with it. */
  requests: { path: string; watch: boolean; from: string; token: string }[];
  /** Creates or changes an object and tells the watches. */
  put(path: string, object: KubeObject): void;
  remove(path: string, name: string): void;
  /** Answers a path that is no list with this object. */
  answer(path: string, object: object): void;
  /** Answers this path with an error until it is set to undefined. */
  refuse(path: string, status: number | undefined): void;
  /** Ends every watch: as the server does after its timeout, or as a network does that breaks. */
  endWatches(how: 'orderly' | 'broken' | 'gone'): void;
  close(): Promise<void>;
}

/** Every list that the front page reads. */
export const paths = {
  nodes: '/api/v1/nodes',
  events: '/api/v1/events',
  pods: '/api/v1/pods',
  deployments: '/apis/apps/v1/deployments',
  statefulSets: '/apis/apps/v1/statefulsets',
  schedules: '/apis/batch/v1/cronjobs',
  kustomizations: '/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations',
  gitRepositories: '/apis/source.toolkit.fluxcd.io/v1/gitrepositories',
  routes: '/apis/gateway.networking.k8s.io/v1/httproutes',
  certificates: '/apis/cert-manager.io/v1/certificates',
} as const;

/** The errors that somebody resolved. */
export const resolvedErrors = '/api/v1/namespaces/victoria-logs/configmaps/resolved-errors';

/** Starts it on a free port; every list is empty. */
export async function fakeApi(): Promise<FakeApi> {
  const lists = new Map<string, Map<string, KubeObject>>(
    Object.values(paths).map((path) => [path, new Map()]),
  );
  const refused = new Map<string, number>();
  const answers = new Map<string, object>();
  const watches = new Set<{ path: string; response: ServerResponse }>();
  const requests: FakeApi['requests'] = [];
  let version = 100;

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://api');
    const watch = searchParams.get('watch') === 'true';
    requests.push({
      path: pathname,
      watch,
      from: searchParams.get('resourceVersion') ?? '',
      token: request.headers.authorization ?? '',
    });
    const list = lists.get(pathname);
    const answer = answers.get(pathname);
    const status = refused.get(pathname) ?? (list || answer ? 200 : 404);
    response.writeHead(status, { 'content-type': 'application/json' });
    if (answer && status === 200) {
      response.end(JSON.stringify(answer));
    } else if (!list || status !== 200) {
      response.end(JSON.stringify({ kind: 'Status', code: status, message: `refused with ${status}` }));
    } else if (watch) {
      const entry = { path: pathname, response };
      watches.add(entry);
      response.on('close', () => watches.delete(entry));
      response.flushHeaders();
    } else {
      response.end(
        JSON.stringify({ metadata: { resourceVersion: String(version) }, items: [...list.values()] }),
      );
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));

  function tell(path: string, type: string, object: KubeObject): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    for (const watch of watches) {
      if (watch.path !== path) continue;
      // In two pieces: a network cuts where it likes.
      watch.response.write(line.slice(0, 20));
      watch.response.write(line.slice(20));
    }
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    put(path, object) {
      const list = lists.get(path) ?? new Map<string, KubeObject>();
      version += 1;
      const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
      const known = list.has(object.metadata.name);
      list.set(object.metadata.name, stored);
      tell(path, known ? 'MODIFIED' : 'ADDED', stored);
    },
    remove(path, name) {
      const object = lists.get(path)?.get(name);
      if (!object) return;
      lists.get(path)?.delete(name);
      version += 1;
      tell(path, 'DELETED', {
        ...object,
        metadata: { ...object.metadata, resourceVersion: String(version) },
      });
    },
    answer(path, object) {
      answers.set(path, object);
    },
    refuse(path, status) {
      if (status === undefined) refused.delete(path);
      else refused.set(path, status);
    },
    endWatches(how) {
      for (const { response } of watches) {
        if (how === 'broken') response.destroy();
        else if (how === 'orderly') response.end();
        else
          response.end(`${JSON.stringify({ type: 'ERROR', object: { code: 410, message: 'too old' } })}\n`);
      }
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
