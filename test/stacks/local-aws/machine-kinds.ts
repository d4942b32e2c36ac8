import { arn, plain, type ResourceKind, types } from './resource-kind.ts';

/** EC2 instances, and load balancers in front of them. */
export const machineKinds: Readonly<Record<string, ResourceKind>> = {
  [types.template]: {
    ...plain('lt', {
      required: ['imageId'],
      replaces: ['name'],
      refers: { vpcSecurityGroupIds: types.group, 'iamInstanceProfile.arn': types.profile },
    }),
    computes: ['arn', 'latestVersion'],
    make: ({ account }) => {
      const id = account.nextId('lt');
      return { id, outputs: { arn: arn(account, 'ec2', `launch-template/${id}`), latestVersion: 1 } };
    },
    changes: ['latestVersion'],
    change: ({ outputs }) => ({ latestVersion: Number(outputs.latestVersion) + 1 }),
  },
  [types.instance]: {
    required: ['instanceType', 'subnetId', 'launchTemplate'],
    replaces: ['subnetId', 'launchTemplate', 'associatePublicIpAddress'],
    refers: { subnetId: types.subnet, 'launchTemplate.id': types.template },
    computes: ['arn', 'privateIp'],
    make: ({ account, inputs }) => {
      const id = account.nextId('i');
      const block = String(account.find(types.subnet, inputs.subnetId)?.inputs.cidrBlock ?? '10.0.0.0/24');
      const outputs = {
        arn: arn(account, 'ec2', `instance/${id}`),
        privateIp: block.replace(/\d+\/\d+$/, String(10 + (account.next() % 200))),
      };
      return { id, outputs };
    },
  },
  [types.balancer]: {
    ...elb('loadbalancer', {
      required: ['subnets', 'loadBalancerType'],
      replaces: ['internal', 'loadBalancerType', 'name'],
      refers: { subnets: types.subnet, securityGroups: types.group },
    }),
    computes: ['arn', 'dnsName', 'zoneId'],
    make: ({ account, inputs }) => {
      const id = arn(account, 'elasticloadbalancing', `loadbalancer/net/${inputs.name}/${account.next()}`);
      return {
        id,
        outputs: {
          arn: id,
          dnsName: `${inputs.name}.elb.eu-central-1.amazonaws.com`,
          zoneId: 'Z3F0SRJ5LGBH90',
        },
      };
    },
  },
  [types.targets]: elb('targetgroup', {
    required: ['vpcId', 'port', 'protocol'],
    replaces: ['vpcId', 'port', 'protocol', 'targetType', 'name'],
    refers: { vpcId: types.vpc },
  }),
  'aws:lb/targetGroupAttachment:TargetGroupAttachment': elb('attachment', {
    required: ['targetGroupArn', 'targetId'],
    replaces: ['targetGroupArn', 'targetId', 'port'],
    refers: { targetGroupArn: types.targets, targetId: types.instance },
  }),
  'aws:lb/listener:Listener': elb('listener', {
    required: ['loadBalancerArn', 'defaultActions'],
    replaces: ['loadBalancerArn'],
    refers: { loadBalancerArn: types.balancer, certificateArn: types.certificate },
  }),
};

function elb(what: string, kind: Partial<ResourceKind>): ResourceKind {
  return {
    computes: ['arn'],
    make: ({ account, inputs }) => {
      const id = arn(account, 'elasticloadbalancing', `${what}/${inputs.name ?? ''}/${account.next()}`);
      return { id, outputs: { arn: id } };
    },
    ...kind,
  };
}
