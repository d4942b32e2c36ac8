import { gatewayPorts, urlOf } from '../../model/gateway.ts';
import type { Environment } from '../../model/graph.ts';

/** Where an app answers, seen from this machine. */
export interface AppUrl {
  app: string;
  url: string;
  host: string;
  /** Port of HTTPS. */
  port: number;
}

/** The addresses of an environment's exposed apps. */
export function urls({ cluster, apps }: Environment): AppUrl[] {
  const { https: port } = gatewayPorts(cluster);
  return apps.flatMap(({ name, host }) =>
    host === undefined ? [] : [{ app: name, host, port, url: urlOf(cluster, host) }],
  );
}
