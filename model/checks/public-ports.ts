import type { App } from '../app.ts';
import type { Diagnostic, Words } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/nearest.ts';
import { publicPorts } from '../public-ports.ts';
import { diagnosticAt, type FieldPath, type Loaded, reference } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';
import { probePort } from '../schema/probe.ts';

/** UDP ports and public ports may have only settings that they support. */
export function checkPublicPorts({ apps, clusters }: Repository): Diagnostic[] {
  return [
    ...apps.flatMap((app) => [...checkUdp(app), ...checkPublic(app)]),
    ...clusters.flatMap((cluster) => apps.flatMap((app) => checkNumbers(cluster, app))),
  ];
}

/** An environment gives other numbers to public ports, and makes none public. */
function checkNumbers({ source, value }: Loaded<Cluster>, app: Loaded<App>): Diagnostic[] {
  const open = publicPorts(app.value).map(({ name }) => name);
  return Object.keys(value.apps[app.name]?.public ?? {}).flatMap((port) =>
    open.includes(port)
      ? []
      : [
          diagnosticAt(
            source,
            ['apps', app.name, 'public', port],
            {
              code: 'no-public-port',
              what: `'${app.name}' has no public port '${port}'`,
              why: `${reference(app.source, ['ports'])} says which ports are public, for all environments`,
              fix: suggest(port, open, `write public: NUMBER at a port in ${app.source.file}`),
            },
            'key',
          ),
        ],
  );
}

/** Nothing that speaks HTTP, gRPC or TLS over TCP can ask a UDP port. */
function checkUdp({ source, value }: Loaded<App>): Diagnostic[] {
  const isUdp = (port: string | undefined) => port !== undefined && value.ports[port]?.protocol === 'udp';
  const asked: [path: FieldPath, port: string | undefined, by: string][] = [
    ...Object.entries(value.probes).map(([name, probe]): [FieldPath, string | undefined, string] => {
      const found = probe && probePort(probe);
      return [['probes', name, found?.key ?? ''], found?.port, 'a probe'];
    }),
    [['exposes', 'port'], value.exposes?.port, 'the gateway'],
    ...Object.entries(value.exposes?.paths ?? {}).map(([path, port]): [FieldPath, string, string] => [
      ['exposes', 'paths', path],
      port,
      'the gateway',
    ]),
    [['metrics', 'port'], value.metrics?.port, 'Prometheus'],
  ];
  return asked
    .filter(([, port]) => isUdp(port))
    .map(([path, port, by]) => diagnosticAt(source, path, udpWords(port ?? '', by)));
}

function udpWords(port: string, by: string): Words {
  return {
    code: 'udp-port',
    what: `${by} is to ask '${port}', which is a UDP port`,
    why: by === 'a probe' ? 'a probe makes connections over TCP' : 'it makes requests over TCP',
    fix:
      by === 'a probe'
        ? 'name a TCP port, or write exec: [...] with a command that asks the process'
        : 'name a TCP port; visitors reach a UDP port by public: NUMBER in ports, not through the gateway',
  };
}

function checkPublic({ source, value }: Loaded<App>): Diagnostic[] {
  return Object.entries(value.ports).flatMap(([name, { tls, protocol, public: number }]) => {
    if (tls === 'mutual' && (number !== undefined || protocol === 'udp')) {
      const words =
        protocol === 'udp'
          ? {
              code: 'mutual-udp',
              what: `'${name}' is a UDP port with mutual TLS`,
              why: 'TLS needs TCP',
              fix: "remove tls, or protocol: 'udp'",
            }
          : {
              code: 'mutual-public',
              what: `'${name}' has mutual TLS and is public`,
              why: 'its certificate has the names of the Service alone, so visitors could not verify it',
              fix: 'add another port for visitors, or remove public',
            };
      return [diagnosticAt(source, ['ports', name, protocol === 'udp' ? 'protocol' : 'public'], words)];
    }
    return [];
  });
}
