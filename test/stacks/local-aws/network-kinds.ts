import { BlockList, isIPv4 } from 'node:net';
import { plain, type ResourceKind, types } from './resource-kind.ts';

const rule: ResourceKind = {
  ...plain('sgr', {
    required: ['securityGroupId', 'ipProtocol', 'fromPort', 'toPort'],
    replaces: ['securityGroupId'],
    refers: { securityGroupId: types.group, referencedSecurityGroupId: types.group },
  }),
  faults: ({ cidrIpv4, referencedSecurityGroupId }) =>
    (cidrIpv4 === undefined) === (referencedSecurityGroupId === undefined)
      ? ['exactly one of cidrIpv4 and referencedSecurityGroupId must be given']
      : [],
};

/** VPC, subnets, routes and security groups. */
export const networkKinds: Readonly<Record<string, ResourceKind>> = {
  [types.vpc]: {
    ...plain('vpc', { required: ['cidrBlock'], replaces: ['cidrBlock'] }),
    faults: ({ cidrBlock }) => cidrFaults(cidrBlock),
  },
  [types.subnet]: {
    ...plain('subnet', {
      required: ['vpcId', 'cidrBlock'],
      replaces: ['vpcId', 'cidrBlock', 'availabilityZone'],
      refers: { vpcId: types.vpc },
    }),
    faults: ({ vpcId, cidrBlock }, account) => [
      ...cidrFaults(cidrBlock),
      ...account
        .ofType(types.subnet)
        .filter((other) => other.inputs.vpcId === vpcId && overlap(other.inputs.cidrBlock, cidrBlock))
        .map((other) => `InvalidSubnet.Conflict: ${cidrBlock} conflicts with ${other.id}`),
    ],
  },
  'aws:ec2/internetGateway:InternetGateway': plain('igw', {
    required: ['vpcId'],
    refers: { vpcId: types.vpc },
  }),
  'aws:ec2/defaultSecurityGroup:DefaultSecurityGroup': plain('sg', { refers: { vpcId: types.vpc } }),
  'aws:ec2/eip:Eip': plain('eipalloc'),
  'aws:ec2/natGateway:NatGateway': plain('nat', {
    required: ['subnetId', 'allocationId'],
    replaces: ['subnetId', 'allocationId'],
    refers: { subnetId: types.subnet, allocationId: 'aws:ec2/eip:Eip' },
  }),
  [types.table]: plain('rtb', { required: ['vpcId'], replaces: ['vpcId'], refers: { vpcId: types.vpc } }),
  'aws:ec2/route:Route': plain('r', {
    required: ['routeTableId'],
    replaces: ['routeTableId', 'destinationCidrBlock'],
    refers: {
      routeTableId: types.table,
      gatewayId: 'aws:ec2/internetGateway:InternetGateway',
      natGatewayId: 'aws:ec2/natGateway:NatGateway',
    },
  }),
  'aws:ec2/routeTableAssociation:RouteTableAssociation': plain('rtbassoc', {
    required: ['subnetId', 'routeTableId'],
    replaces: ['subnetId'],
    refers: { subnetId: types.subnet, routeTableId: types.table },
  }),
  'aws:ec2/vpcEndpoint:VpcEndpoint': plain('vpce', {
    required: ['vpcId', 'serviceName'],
    replaces: ['vpcId', 'serviceName'],
    refers: { vpcId: types.vpc, routeTableIds: types.table },
  }),
  [types.group]: plain('sg', {
    required: ['vpcId'],
    replaces: ['vpcId', 'name', 'description'],
    refers: { vpcId: types.vpc },
  }),
  'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule': rule,
  'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule': rule,
};

function cidrFaults(cidr: unknown): string[] {
  const [address = '', bits = ''] = String(cidr).split('/');
  return isIPv4(address) && Number(bits) >= 16 && Number(bits) <= 28
    ? []
    : [`InvalidVpc.Range: ${cidr} is no range from /16 to /28`];
}

function overlap(one: unknown, other: unknown): boolean {
  const inside = (range: string, address: string): boolean => {
    const [net = '', bits = ''] = range.split('/');
    const list = new BlockList();
    list.addSubnet(net, Number(bits), 'ipv4');
    return list.check(address);
  };
  const first = (range: unknown): string => String(range).split('/')[0] ?? '';
  return inside(String(one), first(other)) || inside(String(other), first(one));
}
