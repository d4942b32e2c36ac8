/** A port of a Service in the variables of a process. */
export interface ServiceAddress {
  /** Host as in the variable: `jobs.jobs.svc.cluster.local`. */
  host: string;
  service: string;
  namespace: string;
  port: number;
}

const name = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const address = new RegExp(
  `(?:(https?)://)?\\b((${name})\\.(${name})\\.svc(?:\\.cluster\\.local)?)(?![\\w.-])(?::(\\d+))?`,
  'g',
);
const defaultPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };

/**
 * The Services that variables name: `NAME.NAMESPACE.svc:PORT`, a URL, or a host beside a variable with its port (`PGHOST` and `PGPORT`). A
 * name without a port is ignored.
 */
export function addressesIn(env: Readonly<Record<string, string>>): ServiceAddress[] {
  const found = new Map<string, ServiceAddress>();
  for (const [variable, value] of Object.entries(env)) {
    for (const [, scheme = '', host = '', service = '', namespace = '', written] of value.matchAll(address)) {
      const beside = variable.endsWith('HOST') ? env[variable.replace(/HOST$/, 'PORT')] : undefined;
      const port = Number(written ?? beside ?? defaultPorts[scheme]);
      if (Number.isInteger(port)) found.set(`${host}:${port}`, { host, service, namespace, port });
    }
  }
  return [...found.values()];
}
