import type { Instance } from '@pulumi/aws/ec2/instance.js';
import type { SecurityGroup } from '@pulumi/aws/ec2/securityGroup.js';
import type { Subnet } from '@pulumi/aws/ec2/subnet.js';
import { Listener } from '@pulumi/aws/lb/listener.js';
import { LoadBalancer } from '@pulumi/aws/lb/loadBalancer.js';
import { TargetGroup } from '@pulumi/aws/lb/targetGroup.js';
import { TargetGroupAttachment } from '@pulumi/aws/lb/targetGroupAttachment.js';
import type { Input, Resource } from '@pulumi/pulumi/index.js';
import type { Network } from '../network/network.ts';

/** One port of a load balancer. With a certificate it terminates TLS; without one it forwards TCP. */
export interface BalancerPort {
  /** Name of its resources. */
  name: string;
  listenPort: number;
  targetPort: number;
  certificateArn?: Input<string>;
  /** HTTPS path of the health check. Default: a TCP connection is enough. */
  readyPath?: string;
  /** Default: TCP. */
  protocol?: 'UDP';
  /** TCP port of the health check, which a UDP port cannot answer. Default: the target port. */
  readyPort?: number;
}

/** A network load balancer with one listener per port. */
export function balancer(
  name: 'api' | 'gateway',
  args: {
    cluster: string;
    network: Network;
    internal: boolean;
    subnets: Subnet[];
    group: SecurityGroup;
    doors: BalancerPort[];
    /** Instances by name of node. */
    targets: ReadonlyMap<string, Instance>;
  },
  parent: Resource,
): LoadBalancer {
  const title = `${args.cluster}-${name}`;
  const found = new LoadBalancer(
    name,
    {
      name: title,
      loadBalancerType: 'network',
      internal: args.internal,
      securityGroups: [args.group.id],
      subnets: args.subnets.map((subnet) => subnet.id),
      enableCrossZoneLoadBalancing: true,
      tags: { Name: title },
    },
    { parent },
  );
  for (const each of args.doors) door(each, found, args);
  return found;
}

function door(
  { name, listenPort, targetPort, certificateArn, readyPath, protocol: given, readyPort }: BalancerPort,
  balancer: LoadBalancer,
  args: { cluster: string; network: Network; internal: boolean; targets: ReadonlyMap<string, Instance> },
): void {
  const protocol = given ?? 'TCP';
  const title = `${args.cluster}-${name}`;
  const tags = { Name: title };
  const group = new TargetGroup(
    name,
    {
      name: title,
      vpcId: args.network.vpcId,
      targetType: 'instance',
      protocol,
      port: targetPort,
      // If the client address were preserved, a node that calls itself through the load balancer would get no answer.
      preserveClientIp: String(!args.internal),
      deregistrationDelay: 30,
      healthCheck: {
        interval: 10,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
        port: readyPort === undefined ? 'traffic-port' : String(readyPort),
        ...(readyPath === undefined
          ? { protocol: 'TCP' }
          : { protocol: 'HTTPS', path: readyPath, matcher: '200' }),
      },
      tags,
    },
    { parent: balancer },
  );
  for (const [node, instance] of args.targets) {
    new TargetGroupAttachment(
      `${name}-${node}`,
      { targetGroupArn: group.arn, targetId: instance.id, port: targetPort },
      { parent: group },
    );
  }
  new Listener(
    name,
    {
      loadBalancerArn: balancer.arn,
      port: listenPort,
      defaultActions: [{ type: 'forward', targetGroupArn: group.arn }],
      ...(certificateArn === undefined
        ? { protocol }
        : { protocol: 'TLS', certificateArn, sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06' }),
      tags,
    },
    { parent: balancer },
  );
}
