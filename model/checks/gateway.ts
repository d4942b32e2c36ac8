import type { Problem } from '../diagnostics/problem.ts';
import { gatewayPorts, gatewayTls } from '../gateway.ts';
import { type Loaded, problemAt } from '../reading/source.ts';
import type { Cluster } from '../schema/cluster.ts';
import { nodePorts } from '../schema/node-ports.ts';

/** How visitors reach the gateway must be possible with the machines of the environment. */
export function checkGateway({ source, value: cluster }: Loaded<Cluster>): Problem[] {
  const tls = gatewayTls(cluster);
  const { kind } = cluster.provider;
  const refuse = (code: string, what: string, why: string, fix: string): Problem[] => [
    problemAt(source, ['gateway', 'tls'], { code, what, why, fix }),
  ];
  if (kind === 'aws') {
    if (tls === 'balancer') return [];
    return refuse(
      'tls-at-the-balancer',
      "the gateway is to end TLS, behind AWS' load balancer",
      'the load balancer ends TLS with a certificate of AWS Certificate Manager, and passes plain HTTP on to the nodes',
      'write tls: balancer, or take the line out',
    );
  }
  if (tls === 'balancer') {
    return refuse(
      'no-balancer',
      'TLS is to end at a load balancer',
      `the provider ${kind} has none: the gateway would serve passwords in plain text`,
      'write tls: authority, or tls: { acme: … }',
    );
  }
  const ports = gatewayPorts(cluster);
  if (ports.http === ports.https) {
    return [
      problemAt(source, ['provider', 'ports', 'https'], {
        code: 'taken',
        what: `port ${ports.https} is that of HTTP and of HTTPS`,
        why: 'a port leads to one of them',
        fix: 'write another number',
      }),
    ];
  }
  if (tls === 'authority' || tls.acme.roots !== undefined) return [];
  if (kind === 'kind') {
    return refuse(
      'acme-out-of-reach',
      `${tls.acme.server} is to give a certificate to a cluster on this machine`,
      'a public ACME server asks each host by its public address (RFC 8555, section 8.3), and this one has none',
      'write tls: authority; a private ACME server is named with its roots',
    );
  }
  if (ports.http === 80) return [];
  return refuse(
    'acme-out-of-reach',
    `${tls.acme.server} asks each host at port 80, and visitors come to port ${ports.http}`,
    'a public ACME server always asks port 80 (RFC 8555, section 8.3)',
    `write provider: { ports: { http: 80, https: 443 } }, and pass these on to the nodes' ports ${nodePorts.http} and ${nodePorts.https}`,
  );
}
