import type { Instance } from '@pulumi/aws/ec2/instance.js';
import type { SecurityGroup } from '@pulumi/aws/ec2/securityGroup.js';
import type { Subnet } from '@pulumi/aws/ec2/subnet.js';
import { Listener } from '@pulumi/aws/lb/listener.js';
import { LoadBalancer } from '@pulumi/aws/lb/loadBalancer.js';
import { TargetGroup } from '@pulumi/aws/lb/targetGroup.js';
import { TargetGroupAttachment } from '@pulumi/aws/lb/targetGroupAttachment.js';
import type { Input, Resource } from '@pulumi/pulumi/index.js';
import type { Network } from '../network/network.ts';

/** A network load balancer with one listener. Without a certificate it passes TCP on as it is; with one it ends TLS. */
export function balancer(
  name: 'api' | 'gateway',
  args: {
    cluster: string;
    network: Network;
    internal: boolean;
    subnets: Subnet[];
    group: SecurityGroup;
    listenPort: number;
    targetPort: number;
    certificateArn?: Input<string>;
    /** A path at which a target says by HTTPS that it is ready. Default: that it takes connections. */
    readyPath?: string;
    /** By name of node. */
    targets: ReadonlyMap<string, Instance>;
  },
  parent: Resource,
): LoadBalancer {
  const { cluster, network, certificateArn, readyPath, targets } = args;
  const title = `${cluster}-${name}`;
  const tags = { Name: title };
  const found = new LoadBalancer(
    name,
    {
      name: title,
      loadBalancerType: 'network',
      internal: args.internal,
      securityGroups: [args.group.id],
      subnets: args.subnets.map((subnet) => subnet.id),
      enableCrossZoneLoadBalancing: true,
      tags,
    },
    { parent },
  );
  const group = new TargetGroup(
    name,
    {
      name: title,
      vpcId: network.vpcId,
      targetType: 'instance',
      protocol: 'TCP',
      port: args.targetPort,
      // With the caller's address a node that calls itself through the load balancer would get no answer.
      preserveClientIp: String(!args.internal),
      deregistrationDelay: 30,
      healthCheck: {
        interval: 10,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
        port: 'traffic-port',
        ...(readyPath === undefined
          ? { protocol: 'TCP' }
          : { protocol: 'HTTPS', path: readyPath, matcher: '200' }),
      },
      tags,
    },
    { parent: found },
  );
  for (const [node, instance] of targets) {
    new TargetGroupAttachment(
      `${name}-${node}`,
      { targetGroupArn: group.arn, targetId: instance.id, port: args.targetPort },
      { parent: group },
    );
  }
  new Listener(
    name,
    {
      loadBalancerArn: found.arn,
      port: args.listenPort,
      defaultActions: [{ type: 'forward', targetGroupArn: group.arn }],
      ...(certificateArn === undefined
        ? { protocol: 'TCP' }
        : { protocol: 'TLS', certificateArn, sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06' }),
      tags,
    },
    { parent: found },
  );
  return found;
}
