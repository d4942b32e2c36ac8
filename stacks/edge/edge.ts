import type { Instance } from '@pulumi/aws/ec2/instance.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi/index.js';
import { gatewayPorts } from '../../model/gateway.ts';
import type { Environment } from '../../model/graph.ts';
import { publicPortsOf } from '../../model/public-ports.ts';
import { nodePorts } from '../../model/schema/node-ports.ts';
import type { Network } from '../network/network.ts';
import { appRole } from '../network/network-flows.ts';
import { balancer } from './balancer.ts';
import { Domain, internalName } from './domain.ts';

/**
 * The two load balancers: a public one for applications, and an internal one for the API server, which has no public
 * address; people reach it through the session manager (docs/nodes-on-aws.md).
 */
export class Edge extends ComponentResource {
  readonly nameServers: Output<string[]>;
  /** Name of the API server for kubelets and kubeadm, at port 6443. */
  readonly endpoint: string;

  constructor(
    name: string,
    args: { environment: Environment; network: Network; instances: ReadonlyMap<string, Instance> },
    options?: ComponentResourceOptions,
  ) {
    super('plinth:stacks:Edge', name, {}, options);
    const { environment, network, instances } = args;
    const { cluster } = environment;
    const withRole = (role: string) =>
      new Map(
        [...instances].filter(([node]) =>
          cluster.nodes.some((known) => known.name === node && known.role === role),
        ),
      );
    const domain = new Domain('domain', cluster.domain, { parent: this });
    const api = balancer(
      'api',
      {
        cluster: cluster.name,
        network,
        internal: true,
        subnets: network.nodeSubnets,
        group: network.groups.api,
        doors: [{ name: 'api', listenPort: 6443, targetPort: 6443, readyPath: '/readyz' }],
        targets: withRole('control-plane'),
      },
      this,
    );
    const ports = gatewayPorts(cluster);
    const gateway = balancer(
      'gateway',
      {
        cluster: cluster.name,
        network,
        internal: false,
        subnets: network.publicSubnets,
        group: network.groups.gateway,
        doors: [
          {
            name: 'gateway',
            listenPort: ports.https,
            targetPort: nodePorts.https,
            certificateArn: domain.certificateArn,
          },
          // The gateway redirects it to HTTPS.
          { name: 'gateway-http', listenPort: ports.http, targetPort: nodePorts.http },
          ...publicPortsOf(environment).map(({ protocol, number, nodePort }) => ({
            name: `${protocol}-${number}`,
            listenPort: number,
            targetPort: nodePort,
            ...(protocol === 'udp' ? { protocol: 'UDP' as const, readyPort: nodePorts.https } : {}),
          })),
        ],
        targets: withRole(appRole(cluster)),
      },
      this,
    );
    domain.leads(gateway);
    this.nameServers = domain.nameServers;
    this.endpoint = internalName(cluster.name, network.vpcId, api, this);
    this.registerOutputs({ nameServers: this.nameServers, endpoint: this.endpoint });
  }
}
