import type { EnvironmentApp } from './graph.ts';
import type { Cluster } from './schema/cluster.ts';
import type { Acme } from './schema/gateway.ts';

/** The origin of the gateway's certificate. */
export type GatewayTls = 'authority' | 'balancer' | { acme: Acme };

export function gatewayTls({ gateway, provider }: Pick<Cluster, 'gateway' | 'provider'>): GatewayTls {
  return gateway.tls ?? (provider.kind === 'aws' ? 'balancer' : 'authority');
}

/** The ports at which visitors reach the gateway. HTTP redirects to HTTPS. */
export function gatewayPorts({ provider }: Pick<Cluster, 'provider'>): { http: number; https: number } {
  return provider.kind === 'aws' ? { http: 80, https: 443 } : provider.ports;
}

/** The URL of a host at the gateway. */
export function urlOf(cluster: Pick<Cluster, 'provider'>, host: string): string {
  const { https } = gatewayPorts(cluster);
  return https === 443 ? `https://${host}` : `https://${host}:${https}`;
}

/** The URL of an app; undefined if it is not exposed. */
export function publicUrl(cluster: Pick<Cluster, 'provider'>, { host }: EnvironmentApp): string | undefined {
  return host === undefined ? undefined : urlOf(cluster, host);
}

/** The namespace of the gateway and its certificate. */
export const gatewayNamespace = 'gateway';

/** The name of the gateway's authority and of its Certificate. */
export const gatewayAuthority = 'gateway';
