import type { PublicPort } from '../../model/public-ports.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { nodePorts } from '../../model/schema/node-ports.ts';

/** Members with a security group. `gateway` and `api` are the load balancers of the applications and the API server. */
export type Member = 'gateway' | 'api' | 'control-plane' | 'worker';

/** An allowed flow; everything else is denied. */
export interface NetworkFlow {
  from: Member | 'internet';
  to: Member | 'internet';
  protocol: 'tcp' | 'udp';
  port: number;
  /** The last port of a range. Default: `port` alone. */
  last?: number;
  why: string;
}

/** A public port of an app, to which the load balancer of the applications leads. */
type OpenPort = Pick<PublicPort, 'protocol' | 'number' | 'nodePort'> & { app: string };

/** The required flows: kubeadm's list of ports, flannel's tunnel, ingress and egress. */
export function flows(
  cluster: Pick<Cluster, 'nodes' | 'source'>,
  open: readonly OpenPort[] = [],
): NetworkFlow[] {
  const roles = nodeRoles(cluster);
  const pairs = roles.flatMap((from) => roles.map((to) => ({ from, to })));
  const found: NetworkFlow[] = [
    { from: 'internet', to: 'gateway', protocol: 'tcp', port: 443, why: 'applications' },
    { from: 'internet', to: 'gateway', protocol: 'tcp', port: 80, why: 'redirects to HTTPS' },
    { from: 'gateway', to: appRole(cluster), protocol: 'tcp', port: nodePorts.https, why: 'the gateway' },
    {
      from: 'gateway',
      to: appRole(cluster),
      protocol: 'tcp',
      port: nodePorts.http,
      why: 'redirects to HTTPS',
    },
    { from: 'api', to: 'control-plane', protocol: 'tcp', port: 6443, why: 'the API server' },
    { from: 'control-plane', to: 'control-plane', protocol: 'tcp', port: 2379, last: 2380, why: 'etcd' },
  ];
  for (const { app, protocol, number, nodePort } of open) {
    const why = `the public port ${number} of ${app}`;
    found.push(
      { from: 'internet', to: 'gateway', protocol, port: number, why },
      { from: 'gateway', to: appRole(cluster), protocol, port: nodePort, why },
    );
  }
  for (const role of roles) {
    found.push(
      { from: role, to: 'api', protocol: 'tcp', port: 6443, why: 'kubelets' },
      // The endpoints of the Service `kubernetes` are the control planes themselves.
      { from: role, to: 'control-plane', protocol: 'tcp', port: 6443, why: 'pods that call the API server' },
      { from: role, to: 'internet', protocol: 'tcp', port: 443, why: 'images, packages, AWS, Git' },
      { from: role, to: 'internet', protocol: 'tcp', port: 80, why: "Ubuntu's packages, which are signed" },
    );
    if (cluster.source.kind === 'git' && cluster.source.url.startsWith('ssh:')) {
      const port = Number(new URL(cluster.source.url).port || 22);
      found.push({ from: role, to: 'internet', protocol: 'tcp', port, why: 'Git over SSH' });
    }
  }
  for (const pair of pairs) {
    found.push(
      { ...pair, protocol: 'tcp', port: 10250, why: 'kubelets: logs, exec, metrics' },
      { ...pair, protocol: 'udp', port: 8472, why: 'pods of different nodes: VXLAN' },
    );
  }
  return found;
}

/** The roles that have nodes. */
export function nodeRoles({ nodes }: Pick<Cluster, 'nodes'>): ('control-plane' | 'worker')[] {
  return (['control-plane', 'worker'] as const).filter((role) => nodes.some((node) => node.role === role));
}

/** The role whose nodes run applications. */
export function appRole(cluster: Pick<Cluster, 'nodes'>): 'control-plane' | 'worker' {
  return nodeRoles(cluster).includes('worker') ? 'worker' : 'control-plane';
}
