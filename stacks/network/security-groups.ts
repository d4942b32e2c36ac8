import { SecurityGroup } from '@pulumi/aws/ec2/securityGroup.js';
import { SecurityGroupEgressRule } from '@pulumi/aws/vpc/securityGroupEgressRule.js';
import { SecurityGroupIngressRule } from '@pulumi/aws/vpc/securityGroupIngressRule.js';
import type { Input, Resource } from '@pulumi/pulumi';
import type { Member, NetworkFlow } from './network-flows.ts';

const members: readonly Member[] = ['gateway', 'api', 'control-plane', 'worker'];

/** One group per member, with a rule at both ends of each flow: all other traffic is denied on both sides. */
export function securityGroups(
  cluster: string,
  vpcId: Input<string>,
  flows: readonly NetworkFlow[],
  parent: Resource,
): Record<Member, SecurityGroup> {
  const group = (member: Member) =>
    new SecurityGroup(
      member,
      {
        name: `${cluster}-${member}`,
        description: `${cluster}: ${member}`,
        vpcId,
        tags: { Name: `${cluster}-${member}` },
      },
      { parent },
    );
  const groups = Object.fromEntries(members.map((member) => [member, group(member)])) as Record<
    Member,
    SecurityGroup
  >;
  for (const flow of flows) {
    const { from, to, protocol, port, last = port, why } = flow;
    const name = `${from}-to-${to}-${protocol}-${port}`;
    const ports = { ipProtocol: protocol, fromPort: port, toPort: last, description: why };
    if (to !== 'internet') {
      new SecurityGroupIngressRule(
        name,
        { securityGroupId: groups[to].id, ...ports, ...otherEnd(from) },
        { parent: groups[to] },
      );
    }
    if (from !== 'internet') {
      new SecurityGroupEgressRule(
        name,
        { securityGroupId: groups[from].id, ...ports, ...otherEnd(to) },
        { parent: groups[from] },
      );
    }
  }
  return groups;

  function otherEnd(end: NetworkFlow['from']) {
    return end === 'internet' ? { cidrIpv4: '0.0.0.0/0' } : { referencedSecurityGroupId: groups[end].id };
  }
}
