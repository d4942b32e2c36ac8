import { DefaultSecurityGroup } from '@pulumi/aws/ec2/defaultSecurityGroup.js';
import { Eip } from '@pulumi/aws/ec2/eip.js';
import { InternetGateway } from '@pulumi/aws/ec2/internetGateway.js';
import { NatGateway } from '@pulumi/aws/ec2/natGateway.js';
import { Route } from '@pulumi/aws/ec2/route.js';
import { RouteTable } from '@pulumi/aws/ec2/routeTable.js';
import { RouteTableAssociation } from '@pulumi/aws/ec2/routeTableAssociation.js';
import type { SecurityGroup } from '@pulumi/aws/ec2/securityGroup.js';
import { Subnet } from '@pulumi/aws/ec2/subnet.js';
import { Vpc } from '@pulumi/aws/ec2/vpc.js';
import { VpcEndpoint } from '@pulumi/aws/ec2/vpcEndpoint.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi/index.js';
import type { Environment } from '../../model/graph.ts';
import { publicPortsOf } from '../../model/public-ports.ts';
import { nodeCidr, publicCidr, vpcCidr, zoneNames } from '../../model/vpc-addresses.ts';
import type { AmazonProvider } from '../amazon-provider.ts';
import { flows, type Member } from './network-flows.ts';
import { securityGroups } from './security-groups.ts';

/** VPC, subnets in each zone, routes to the internet, and security groups. */
export class Network extends ComponentResource {
  readonly vpcId: Output<string>;
  /** Public subnets for load balancers, one per zone. */
  readonly publicSubnets: Subnet[];
  /** Subnets for nodes, one per zone; the public ones if there is no NAT gateway. */
  readonly nodeSubnets: Subnet[];
  readonly groups: Readonly<Record<Member, SecurityGroup>>;

  constructor(
    name: string,
    { environment, provider }: { environment: Environment; provider: AmazonProvider },
    options?: ComponentResourceOptions,
  ) {
    super('plinth:stacks:Network', name, {}, options);
    const { cluster } = environment;
    const named = (what: string) => ({ tags: { Name: `${cluster.name}-${what}` } });
    const zones = zoneNames(provider.region, provider.zones);
    const vpc = new Vpc(
      'vpc',
      { cidrBlock: vpcCidr, enableDnsSupport: true, enableDnsHostnames: true, ...named('vpc') },
      { parent: this },
    );
    const inVpc = { vpcId: vpc.id };
    // AWS creates this group with every VPC and allows traffic between its members; without rules it denies all.
    new DefaultSecurityGroup(
      'unused',
      { ...inVpc, ingress: [], egress: [], ...named('unused') },
      { parent: vpc },
    );
    const internet = new InternetGateway('internet', { ...inVpc, ...named('internet') }, { parent: vpc });
    const publicTable = new RouteTable('public', { ...inVpc, ...named('public') }, { parent: vpc });
    new Route(
      'public-out',
      { routeTableId: publicTable.id, destinationCidrBlock: '0.0.0.0/0', gatewayId: internet.id },
      { parent: publicTable },
    );
    this.publicSubnets = zones.map((availabilityZone, zone) =>
      this.subnet(`public-${zone + 1}`, vpc, publicTable, {
        availabilityZone,
        cidrBlock: publicCidr(zone),
        ...named(`public-${zone + 1}`),
      }),
    );
    const nodeTables: RouteTable[] = [];
    this.nodeSubnets =
      provider.nat === 'none'
        ? this.publicSubnets
        : zones.map((availabilityZone, zone) => {
            const gateways = provider.nat === 'one' ? 1 : zones.length;
            if (zone < gateways) {
              nodeTables.push(this.wayOut(`nodes-${zone + 1}`, vpc, this.publicSubnets[zone], named));
            }
            return this.subnet(`nodes-${zone + 1}`, vpc, nodeTables[zone] ?? nodeTables[0], {
              availabilityZone,
              cidrBlock: nodeCidr(zone),
              ...named(`nodes-${zone + 1}`),
            });
          });
    // Backups, logs and traces go to S3 without the NAT gateway, which charges for each gigabyte.
    new VpcEndpoint(
      's3',
      {
        ...inVpc,
        serviceName: `com.amazonaws.${provider.region}.s3`,
        vpcEndpointType: 'Gateway',
        routeTableIds: [publicTable, ...nodeTables].map((table) => table.id),
        ...named('s3'),
      },
      { parent: vpc },
    );
    this.groups = securityGroups(cluster.name, vpc.id, flows(cluster, publicPortsOf(environment)), this);
    this.vpcId = vpc.id;
    this.registerOutputs({ vpcId: this.vpcId });
  }

  private subnet(
    name: string,
    vpc: Vpc,
    table: RouteTable | undefined,
    args: { availabilityZone: string; cidrBlock: string; tags: Record<string, string> },
  ): Subnet {
    if (table === undefined) throw new Error(`the subnet ${name} has no route table`);
    const subnet = new Subnet(name, { vpcId: vpc.id, mapPublicIpOnLaunch: false, ...args }, { parent: vpc });
    new RouteTableAssociation(name, { subnetId: subnet.id, routeTableId: table.id }, { parent: subnet });
    return subnet;
  }

  /** A route table with a default route to a NAT gateway in a public subnet. */
  private wayOut(
    name: string,
    vpc: Vpc,
    publicSubnet: Subnet | undefined,
    named: (what: string) => { tags: Record<string, string> },
  ): RouteTable {
    if (publicSubnet === undefined) throw new Error(`the NAT gateway ${name} has no subnet`);
    const address = new Eip(name, { domain: 'vpc', ...named(name) }, { parent: vpc });
    const nat = new NatGateway(
      name,
      { allocationId: address.id, subnetId: publicSubnet.id, ...named(name) },
      { parent: vpc },
    );
    const table = new RouteTable(name, { vpcId: vpc.id, ...named(name) }, { parent: vpc });
    new Route(
      `${name}-out`,
      { routeTableId: table.id, destinationCidrBlock: '0.0.0.0/0', natGatewayId: nat.id },
      { parent: table },
    );
    return table;
  }
}
