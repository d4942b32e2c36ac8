import type { Environment } from '../../model/graph.ts';

/** Where an app answers, seen from this machine. */
export interface AppUrl {
  app: string;
  url: string;
  host: string;
  port: number;
}

/** The addresses of an environment's exposed apps. */
export function urls({ cluster, apps }: Environment): AppUrl[] {
  const port = cluster.provider.kind === 'kind' ? cluster.provider.ports.http : 80;
  return apps.flatMap(({ name, host }) =>
    host === undefined
      ? []
      : [{ app: name, host, port, url: `http://${host}${port === 80 ? '' : `:${port}`}` }],
  );
}
