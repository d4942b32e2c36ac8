import { beforeAll, describe, expect, it } from 'vitest';
import { testApp } from '../../test/charts/fixture.ts';
import { asked, environment, ofType, one, type RequestedResource } from '../../test/stacks/mocked-engine.ts';
import { amazon } from '../amazon.ts';
import type { AmazonProvider } from '../amazon-provider.ts';

const ingress = 'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule';
const egress = 'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule';

/** `FROM > TO PROTOCOL/PORTS` of every rule at one end. */
function ends(resources: RequestedResource[], type: string): string[] {
  const inward = type === ingress;
  return ofType(resources, type)
    .map(({ inputs }) => {
      const here = String(inputs.securityGroupId).replace(/-id$/, '');
      const there = String(inputs.referencedSecurityGroupId ?? inputs.cidrIpv4).replace(/-id$/, '');
      const ports =
        inputs.fromPort === inputs.toPort ? inputs.fromPort : `${inputs.fromPort}-${inputs.toPort}`;
      return `${inward ? there : here} > ${inward ? here : there} ${inputs.ipProtocol}/${ports}`;
    })
    .sort();
}

async function network(change?: (text: string) => string): Promise<RequestedResource[]> {
  const env = environment(change);
  return asked(() => amazon(env, env.cluster.provider as AmazonProvider));
}

describe('who can reach whom', () => {
  let resources: RequestedResource[];
  beforeAll(async () => {
    resources = await network();
  });

  it('equals the expected list', () => {
    expect(ends(resources, ingress)).toEqual([
      '0.0.0.0/0 > gateway tcp/443',
      '0.0.0.0/0 > gateway tcp/80',
      'api > control-plane tcp/6443',
      'control-plane > api tcp/6443',
      'control-plane > control-plane tcp/10250',
      'control-plane > control-plane tcp/2379-2380',
      'control-plane > control-plane tcp/6443',
      'control-plane > control-plane udp/8472',
      'control-plane > worker tcp/10250',
      'control-plane > worker udp/8472',
      'gateway > worker tcp/30080',
      'gateway > worker tcp/30443',
      'worker > api tcp/6443',
      'worker > control-plane tcp/10250',
      'worker > control-plane tcp/6443',
      'worker > control-plane udp/8472',
      'worker > worker tcp/10250',
      'worker > worker udp/8472',
    ]);
  });

  it('is allowed at both ends, and nodes have egress to the web only', () => {
    const inside = (flow: string) => !flow.includes('0.0.0.0/0');
    expect(ends(resources, egress).filter(inside)).toEqual(ends(resources, ingress).filter(inside));
    expect(ends(resources, egress).filter((flow) => !inside(flow))).toEqual([
      'control-plane > 0.0.0.0/0 tcp/443',
      'control-plane > 0.0.0.0/0 tcp/80',
      'worker > 0.0.0.0/0 tcp/443',
      'worker > 0.0.0.0/0 tcp/80',
    ]);
  });

  it('has no rules in the default group of the VPC', () => {
    const [unused] = ofType(resources, 'aws:ec2/defaultSecurityGroup:DefaultSecurityGroup');
    expect(unused?.inputs).toMatchObject({ ingress: [], egress: [] });
  });

  it('gives nodes no public address, and the API server no public load balancer', () => {
    const instances = ofType(resources, 'aws:ec2/instance:Instance');
    expect(instances.map(({ inputs }) => inputs.associatePublicIpAddress)).toEqual([false, false, false]);
    expect(instances.map(({ inputs }) => inputs.subnetId)).toEqual([
      'nodes-1-id',
      'nodes-1-id',
      'nodes-2-id',
    ]);
    expect(one(resources, 'aws:lb/loadBalancer:LoadBalancer', 'api').inputs).toMatchObject({
      internal: true,
      subnets: ['nodes-1-id', 'nodes-2-id', 'nodes-3-id'],
      securityGroups: ['api-id'],
    });
  });

  it('opens the ports of Git over SSH only if it is used', async () => {
    const ssh = await network((text) =>
      text.replace('https://git.example.org', 'ssh://git@git.example.org:2222'),
    );
    expect(ends(ssh, egress)).toContain('worker > 0.0.0.0/0 tcp/2222');
  });

  it('includes the public ports of apps behind the load balancer, which probes a UDP port by TCP', async () => {
    const env = environment();
    const broker = testApp({
      name: 'broker',
      ports: {
        http: { port: 8080 },
        mqtt: { port: 1884, public: 1883 },
        dns: { port: 53, protocol: 'udp', public: 53 },
      },
    });
    const made = await asked(() =>
      amazon({ ...env, apps: [broker] }, env.cluster.provider as AmazonProvider),
    );
    const added = ends(made, ingress).filter((flow) => !ends(resources, ingress).includes(flow));
    expect(added).toEqual([
      '0.0.0.0/0 > gateway tcp/1883',
      '0.0.0.0/0 > gateway udp/53',
      'gateway > worker tcp/31883',
      'gateway > worker udp/30053',
    ]);
    expect(one(made, 'aws:lb/listener:Listener', 'udp-53').inputs).toMatchObject({
      port: 53,
      protocol: 'UDP',
    });
    expect(one(made, 'aws:lb/targetGroup:TargetGroup', 'udp-53').inputs).toMatchObject({
      port: 30053,
      protocol: 'UDP',
      healthCheck: { protocol: 'TCP', port: '30443' },
    });
    expect(one(made, 'aws:lb/targetGroup:TargetGroup', 'tcp-1883').inputs).toMatchObject({
      port: 31883,
      protocol: 'TCP',
      healthCheck: { port: 'traffic-port' },
    });
  });

  it('sends gateway traffic to control planes if there are no workers', async () => {
    const alone = await network((text) => text.replace(/^ {2}- .*role: worker.*\n/gm, ''));
    expect(ends(alone, ingress).filter((flow) => flow.startsWith('gateway'))).toEqual([
      'gateway > control-plane tcp/30080',
      'gateway > control-plane tcp/30443',
    ]);
    expect(ends(alone, ingress).filter((flow) => flow.includes('worker'))).toEqual([]);
  });
});

describe('the way out', () => {
  const nat = 'aws:ec2/natGateway:NatGateway';
  const association = 'aws:ec2/routeTableAssociation:RouteTableAssociation';
  const tables = (resources: RequestedResource[]) =>
    ofType(resources, association)
      .filter(({ name }) => name.startsWith('nodes'))
      .map(({ inputs }) => inputs.routeTableId);

  it('is one NAT gateway for all zones', async () => {
    const resources = await network();
    expect(ofType(resources, nat)).toHaveLength(1);
    expect(tables(resources)).toEqual(['nodes-1-id', 'nodes-1-id', 'nodes-1-id']);
  });

  it('is one NAT gateway per zone to tolerate the loss of a zone', async () => {
    const resources = await network((text) => text.replace('nat: one', 'nat: per-zone'));
    expect(ofType(resources, nat)).toHaveLength(3);
    expect(tables(resources)).toEqual(['nodes-1-id', 'nodes-2-id', 'nodes-3-id']);
  });

  it('is the public address of each node without NAT, to which nobody may connect', async () => {
    const resources = await network((text) => text.replace('nat: one', 'nat: none'));
    expect(ofType(resources, nat)).toEqual([]);
    const instances = ofType(resources, 'aws:ec2/instance:Instance');
    expect(instances.map(({ inputs }) => [inputs.associatePublicIpAddress, inputs.subnetId])).toEqual([
      [true, 'public-1-id'],
      [true, 'public-1-id'],
      [true, 'public-2-id'],
    ]);
    expect(ends(resources, ingress).filter((flow) => flow.startsWith('0.0.0.0/0'))).toEqual([
      '0.0.0.0/0 > gateway tcp/443',
      '0.0.0.0/0 > gateway tcp/80',
    ]);
  });
});
