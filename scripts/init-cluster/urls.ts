import { gatewayPorts, urlOf } from '../../model/gateway.ts';
import type { Environment } from '../../model/graph.ts';

/** The address of an app, as seen from this machine. */
export interface AppUrl {
  app: string;
  url: string;
  host: string;
  /** HTTPS port. */
  port: number;
  /** Path of its readiness probe; undefined if that is not an HTTP request. */
  ready?: string;
}

/** The addresses of an environment's exposed apps. */
export function urls({ cluster, apps }: Environment): AppUrl[] {
  const { https: port } = gatewayPorts(cluster);
  return apps.flatMap(({ name, host, probes: { ready } }) => {
    if (host === undefined) return [];
    const path = ready !== undefined && 'path' in ready ? ready.path : undefined;
    return [
      { app: name, host, port, url: urlOf(cluster, host), ...(path === undefined ? {} : { ready: path }) },
    ];
  });
}
