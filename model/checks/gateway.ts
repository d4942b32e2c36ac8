import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { gatewayPorts, gatewayTls } from '../gateway.ts';
import { diagnosticAt, type FieldPath, type Loaded } from '../reading/source.ts';
import type { Cluster } from '../schema/cluster.ts';
import { nodePorts } from '../schema/node-ports.ts';

/** The gateway settings must be possible with the provider of the environment. */
export function checkGateway({ source, value: cluster }: Loaded<Cluster>): Diagnostic[] {
  const tls = gatewayTls(cluster);
  const { kind } = cluster.provider;
  const refuse = (code: string, what: string, why: string, fix: string): Diagnostic[] => [
    diagnosticAt(source, ['gateway', 'tls'], { code, what, why, fix }),
  ];
  if (kind === 'aws') {
    if (tls === 'balancer') return [];
    return refuse(
      'tls-at-the-balancer',
      'tls is set to end TLS at the gateway, behind the load balancer of AWS',
      'the load balancer ends TLS with a certificate of AWS Certificate Manager, and sends plain HTTP to the nodes',
      'write tls: balancer, or remove the line',
    );
  }
  if (tls === 'balancer') {
    return refuse(
      'no-balancer',
      'tls is set to end TLS at a load balancer',
      `the provider ${kind} has none: the gateway would serve plain HTTP`,
      'write tls: authority, or tls: { acme: … }',
    );
  }
  const ports = gatewayPorts(cluster);
  if (ports.http === ports.https) {
    return [
      diagnosticAt(source, ['provider', 'ports', 'https'], {
        code: 'taken',
        what: `port ${ports.https} is used for HTTP and HTTPS`,
        why: 'each needs a port of its own',
        fix: 'write another number',
      }),
    ];
  }
  if (tls === 'authority' || tls.acme.roots !== undefined) return [];
  if (kind === 'kind') {
    return refuse(
      'acme-out-of-reach',
      `a cluster on this machine asks ${tls.acme.server} for certificates`,
      'a public ACME server connects to each host at its public address (RFC 8555, section 8.3), and this machine has none',
      'write tls: authority, or, for a private ACME server, its roots',
    );
  }
  if (ports.http === 80) return checkPublicNames({ source, value: cluster });
  return refuse(
    'acme-out-of-reach',
    `${tls.acme.server} connects to port 80, but the gateway's HTTP port is ${ports.http}`,
    'the HTTP-01 challenge of a public ACME server always uses port 80 (RFC 8555, section 8.3)',
    `write provider: { ports: { http: 80, https: 443 } }, and forward these to the ports ${nodePorts.http} and ${nodePorts.https} of the nodes`,
  );
}

/** Top-level domains of no public authority (RFC 6761, RFC 6762, RFC 7686, ICANN's `internal`, and the cluster's own). */
const inside = /(^|\.)(localhost|local|internal|test|example|invalid|onion|arpa|svc|lan|home)$/;

/** One certificate has all names: a name that the ACME server refuses takes it from all apps. */
function checkPublicNames({
  source,
  value: { domain, apps },
}: Pick<Loaded<Cluster>, 'source' | 'value'>): Diagnostic[] {
  const names: [name: string, path: FieldPath][] = [
    [domain, ['domain']],
    ...Object.entries(apps).flatMap(([app, override]) =>
      (override?.hosts ?? []).map((host, i): [string, FieldPath] => [host, ['apps', app, 'hosts', i]]),
    ),
  ];
  return names
    .filter(([name]) => inside.test(name) || !name.includes('.'))
    .map(([name, path]) =>
      diagnosticAt(source, path, {
        code: 'no-public-name',
        what: `a public ACME server gives no certificate for ${name}`,
        why: 'the name is not below a public domain, and all apps would be left without a certificate, because one has all names',
        fix: 'write a name below a domain of your own, or tls: authority under gateway',
      }),
    );
}
