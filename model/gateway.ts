import type { EnvironmentApp } from './graph.ts';
import type { Cluster } from './schema/cluster.ts';
import type { Acme } from './schema/gateway.ts';

/** Who gives the gateway its certificate. */
export type GatewayTls = 'authority' | 'balancer' | { acme: Acme };

export function gatewayTls({ gateway, provider }: Pick<Cluster, 'gateway' | 'provider'>): GatewayTls {
  return gateway.tls ?? (provider.kind === 'aws' ? 'balancer' : 'authority');
}

/** The ports at which visitors reach the gateway. HTTP leads to HTTPS. */
export function gatewayPorts({ provider }: Pick<Cluster, 'provider'>): { http: number; https: number } {
  return provider.kind === 'aws' ? { http: 80, https: 443 } : provider.ports;
}

/** The address of a host at the gateway: to type into a browser. */
export function urlOf(cluster: Pick<Cluster, 'provider'>, host: string): string {
  const { https } = gatewayPorts(cluster);
  return https === 443 ? `https://${host}` : `https://${host}:${https}`;
}

/** The address of an app; none where the app is not exposed. */
export function publicUrl(cluster: Pick<Cluster, 'provider'>, { host }: EnvironmentApp): string | undefined {
  return host === undefined ? undefined : urlOf(cluster, host);
}

/** The namespace of the gateway and its certificate. */
export const gatewayNamespace = 'gateway';

/** The authority of the gateway, and its Certificate. */
export const gatewayAuthority = 'gateway';
