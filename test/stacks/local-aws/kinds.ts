import { BlockList, isIPv4 } from 'node:net';
import type { Properties } from '../plugin.ts';
import type { Account, Thing } from './account.ts';

/** How one type of resource behaves (AWS provider's documentation of each). */
export interface ResourceKind {
  required?: string[];
  /** Whose change AWS answers with another resource. */
  replaces?: string[];
  /** From property (`a.b` for one inside another) to the type that it names by id or ARN: it must exist, and stays while it is named. */
  refers?: Record<string, string>;
  /** Names of outputs beside the inputs, for previews. */
  computes?: string[];
  make(context: { account: Account; name: string; inputs: Properties }): { id: string; outputs: Properties };
  /** Names of outputs that a change in place alters. */
  changes?: string[];
  /** What a change in place does to outputs beside taking the inputs over. */
  change?(thing: Thing): Properties;
  /** What AWS refuses. */
  faults?(inputs: Properties, account: Account): string[];
}

const arn = (account: Account, service: string, what: string): string =>
  `arn:aws:${service}:eu-central-1:${account.number}:${what}`;

/** A type whose things have an id of their own and nothing else to tell. */
function plain(prefix: string, kind: Omit<ResourceKind, 'make' | 'computes'> = {}): ResourceKind {
  return {
    ...kind,
    computes: ['arn'],
    make: ({ account }) => {
      const id = account.nextId(prefix);
      return { id, outputs: { arn: arn(account, 'ec2', `${prefix}/${id}`) } };
    },
  };
}

/** A part of a bucket, which has the bucket's name for its id. */
function ofBucket(property: string, kind: Partial<ResourceKind> = {}): ResourceKind {
  return {
    required: ['bucket', property].filter((key) => key !== ''),
    replaces: ['bucket'],
    refers: { bucket: bucketType },
    make: ({ inputs }) => ({ id: String(inputs.bucket), outputs: {} }),
    ...kind,
  };
}

const bucketType = 'aws:s3/bucket:Bucket';
const vpc = 'aws:ec2/vpc:Vpc';
const subnet = 'aws:ec2/subnet:Subnet';
const group = 'aws:ec2/securityGroup:SecurityGroup';
const table = 'aws:ec2/routeTable:RouteTable';
const instance = 'aws:ec2/instance:Instance';
const template = 'aws:ec2/launchTemplate:LaunchTemplate';
const role = 'aws:iam/role:Role';
const profile = 'aws:iam/instanceProfile:InstanceProfile';
const balancer = 'aws:lb/loadBalancer:LoadBalancer';
const targets = 'aws:lb/targetGroup:TargetGroup';
const zone = 'aws:route53/zone:Zone';
const certificate = 'aws:acm/certificate:Certificate';
const key = 'aws:kms/key:Key';

const rule: ResourceKind = {
  ...plain('sgr', {
    required: ['securityGroupId', 'ipProtocol', 'fromPort', 'toPort'],
    replaces: ['securityGroupId'],
    refers: { securityGroupId: group, referencedSecurityGroupId: group },
  }),
  faults: ({ cidrIpv4, referencedSecurityGroupId }) =>
    (cidrIpv4 === undefined) === (referencedSecurityGroupId === undefined)
      ? ['exactly one of cidrIpv4 and referencedSecurityGroupId must be given']
      : [],
};

export const kinds: Readonly<Record<string, ResourceKind>> = {
  [vpc]: {
    ...plain('vpc', { required: ['cidrBlock'], replaces: ['cidrBlock'] }),
    faults: ({ cidrBlock }) => cidrFaults(cidrBlock),
  },
  [subnet]: {
    ...plain('subnet', {
      required: ['vpcId', 'cidrBlock'],
      replaces: ['vpcId', 'cidrBlock', 'availabilityZone'],
      refers: { vpcId: vpc },
    }),
    faults: ({ vpcId, cidrBlock }, account) => [
      ...cidrFaults(cidrBlock),
      ...account
        .ofType(subnet)
        .filter((other) => other.inputs.vpcId === vpcId && overlap(other.inputs.cidrBlock, cidrBlock))
        .map((other) => `InvalidSubnet.Conflict: ${cidrBlock} conflicts with ${other.id}`),
    ],
  },
  'aws:ec2/internetGateway:InternetGateway': plain('igw', { required: ['vpcId'], refers: { vpcId: vpc } }),
  'aws:ec2/defaultSecurityGroup:DefaultSecurityGroup': plain('sg', { refers: { vpcId: vpc } }),
  'aws:ec2/eip:Eip': plain('eipalloc'),
  'aws:ec2/natGateway:NatGateway': plain('nat', {
    required: ['subnetId', 'allocationId'],
    replaces: ['subnetId', 'allocationId'],
    refers: { subnetId: subnet, allocationId: 'aws:ec2/eip:Eip' },
  }),
  [table]: plain('rtb', { required: ['vpcId'], replaces: ['vpcId'], refers: { vpcId: vpc } }),
  'aws:ec2/route:Route': plain('r', {
    required: ['routeTableId'],
    replaces: ['routeTableId', 'destinationCidrBlock'],
    refers: {
      routeTableId: table,
      gatewayId: 'aws:ec2/internetGateway:InternetGateway',
      natGatewayId: 'aws:ec2/natGateway:NatGateway',
    },
  }),
  'aws:ec2/routeTableAssociation:RouteTableAssociation': plain('rtbassoc', {
    required: ['subnetId', 'routeTableId'],
    replaces: ['subnetId'],
    refers: { subnetId: subnet, routeTableId: table },
  }),
  'aws:ec2/vpcEndpoint:VpcEndpoint': plain('vpce', {
    required: ['vpcId', 'serviceName'],
    replaces: ['vpcId', 'serviceName'],
    refers: { vpcId: vpc, routeTableIds: table },
  }),
  [group]: plain('sg', {
    required: ['vpcId'],
    replaces: ['vpcId', 'name', 'description'],
    refers: { vpcId: vpc },
  }),
  'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule': rule,
  'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule': rule,
  [template]: {
    ...plain('lt', {
      required: ['imageId'],
      replaces: ['name'],
      refers: { vpcSecurityGroupIds: group, 'iamInstanceProfile.arn': profile },
    }),
    computes: ['arn', 'latestVersion'],
    make: ({ account }) => {
      const id = account.nextId('lt');
      return { id, outputs: { arn: arn(account, 'ec2', `launch-template/${id}`), latestVersion: 1 } };
    },
    changes: ['latestVersion'],
    change: ({ outputs }) => ({ latestVersion: Number(outputs.latestVersion) + 1 }),
  },
  [instance]: {
    required: ['instanceType', 'subnetId', 'launchTemplate'],
    replaces: ['subnetId', 'launchTemplate', 'associatePublicIpAddress'],
    refers: { subnetId: subnet, 'launchTemplate.id': template },
    computes: ['arn', 'privateIp'],
    make: ({ account, inputs }) => {
      const id = account.nextId('i');
      const block = String(account.find(subnet, inputs.subnetId)?.inputs.cidrBlock ?? '10.0.0.0/24');
      const outputs = {
        arn: arn(account, 'ec2', `instance/${id}`),
        privateIp: block.replace(/\d+\/\d+$/, String(10 + (account.next() % 200))),
      };
      return { id, outputs };
    },
  },
  [role]: named('iam', 'role', {
    required: ['assumeRolePolicy'],
    faults: ({ assumeRolePolicy }) => jsonFaults(assumeRolePolicy),
  }),
  'aws:iam/rolePolicy:RolePolicy': {
    required: ['role', 'policy'],
    replaces: ['name', 'role'],
    refers: { role },
    faults: ({ policy }) => jsonFaults(policy),
    make: ({ inputs }) => ({ id: `${inputs.role}:${inputs.name}`, outputs: {} }),
  },
  [profile]: named('iam', 'instance-profile', { refers: { role } }),
  'aws:iam/openIdConnectProvider:OpenIdConnectProvider': {
    required: ['url', 'clientIdLists'],
    replaces: ['url'],
    computes: ['arn'],
    faults: ({ url }) =>
      String(url).startsWith('https://') ? [] : [`ValidationError: ${url} does not begin with https://`],
    make: ({ account, inputs }) => {
      const id = `arn:aws:iam::${account.number}:oidc-provider/${String(inputs.url).slice(8)}`;
      return { id, outputs: { arn: id } };
    },
  },
  [key]: {
    computes: ['arn', 'keyId'],
    faults: ({ policy }) => jsonFaults(policy),
    make: ({ account }) => {
      const keyId = account.nextId('key');
      return { id: keyId, outputs: { keyId, arn: arn(account, 'kms', `key/${keyId}`) } };
    },
  },
  'aws:kms/alias:Alias': {
    required: ['targetKeyId'],
    replaces: ['name'],
    refers: { targetKeyId: key },
    make: ({ inputs }) => ({ id: String(inputs.name), outputs: {} }),
  },
  [bucketType]: {
    required: ['bucket'],
    replaces: ['bucket', 'objectLockEnabled'],
    computes: ['arn', 'bucketRegionalDomainName'],
    faults: ({ bucket }, account) => [
      ...(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(String(bucket)) ? [] : [`InvalidBucketName: ${bucket}`]),
      ...(account.find(bucketType, bucket) !== undefined ? [`BucketAlreadyOwnedByYou: ${bucket}`] : []),
    ],
    make: ({ inputs }) => {
      const id = String(inputs.bucket);
      return {
        id,
        outputs: {
          arn: `arn:aws:s3:::${id}`,
          bucketRegionalDomainName: `${id}.s3.eu-central-1.amazonaws.com`,
        },
      };
    },
  },
  'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock': ofBucket('blockPublicAcls'),
  'aws:s3/bucketOwnershipControls:BucketOwnershipControls': ofBucket('rule'),
  'aws:s3/bucketVersioning:BucketVersioning': ofBucket('versioningConfiguration'),
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration': ofBucket('rules'),
  'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration': ofBucket('rules'),
  'aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration': ofBucket('rule', {
    faults: ({ bucket }, account) =>
      account.find(bucketType, bucket)?.inputs.objectLockEnabled === true
        ? []
        : [`InvalidBucketState: Object Lock is not enabled on ${bucket}`],
  }),
  'aws:s3/bucketPolicy:BucketPolicy': ofBucket('policy', {
    faults: ({ policy }) => jsonFaults(policy),
  }),
  'aws:s3/bucketObjectv2:BucketObjectv2': {
    required: ['bucket', 'key'],
    replaces: ['bucket', 'key'],
    refers: { bucket: bucketType },
    make: ({ inputs }) => ({ id: `${inputs.bucket}/${inputs.key}`, outputs: {} }),
  },
  'aws:cloudfront/originAccessControl:OriginAccessControl': plain('oac'),
  'aws:cloudfront/distribution:Distribution': {
    required: ['origins', 'defaultCacheBehavior', 'restrictions', 'viewerCertificate', 'enabled'],
    computes: ['arn', 'domainName'],
    make: ({ account }) => {
      const id = `E${account.next()}`;
      return {
        id,
        outputs: {
          arn: `arn:aws:cloudfront::${account.number}:distribution/${id}`,
          domainName: `${id.toLowerCase()}.cloudfront.net`,
        },
      };
    },
  },
  [zone]: {
    required: ['name'],
    replaces: ['name'],
    computes: ['arn', 'zoneId', 'nameServers'],
    make: ({ account }) => {
      const id = `Z${account.next()}`;
      return {
        id,
        outputs: {
          zoneId: id,
          arn: `arn:aws:route53:::hostedzone/${id}`,
          nameServers: [1, 2, 3, 4].map((server) => `ns-${server}.awsdns-00.org`),
        },
      };
    },
  },
  'aws:route53/record:Record': {
    required: ['zoneId', 'name', 'type'],
    replaces: ['zoneId', 'name', 'type'],
    refers: { zoneId: zone },
    computes: ['fqdn'],
    make: ({ inputs }) => ({
      id: `${inputs.zoneId}_${inputs.name}_${inputs.type}`,
      outputs: { fqdn: String(inputs.name).replace(/\.$/, '') },
    }),
  },
  [certificate]: {
    required: ['domainName', 'validationMethod'],
    replaces: ['domainName', 'subjectAlternativeNames'],
    computes: ['arn', 'domainValidationOptions'],
    make: ({ account, inputs }) => {
      const id = arn(account, 'acm', `certificate/${account.next()}`);
      const option = (domainName: string) => ({
        domainName,
        resourceRecordName: `_proof.${inputs.domainName}.`,
        resourceRecordType: 'CNAME',
        resourceRecordValue: '_value.acm-validations.aws.',
      });
      const names = [inputs.domainName, ...((inputs.subjectAlternativeNames as string[]) ?? [])].map(String);
      return { id, outputs: { arn: id, domainValidationOptions: names.map(option) } };
    },
  },
  'aws:acm/certificateValidation:CertificateValidation': {
    required: ['certificateArn'],
    replaces: ['certificateArn'],
    refers: { certificateArn: certificate },
    make: ({ account, inputs }) => ({
      id: `validation-${account.next()}`,
      outputs: { certificateArn: inputs.certificateArn },
    }),
  },
  [balancer]: {
    ...elb('loadbalancer', {
      required: ['subnets', 'loadBalancerType'],
      replaces: ['internal', 'loadBalancerType', 'name'],
      refers: { subnets: subnet, securityGroups: group },
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
  [targets]: elb('targetgroup', {
    required: ['vpcId', 'port', 'protocol'],
    replaces: ['vpcId', 'port', 'protocol', 'targetType', 'name'],
    refers: { vpcId: vpc },
  }),
  'aws:lb/targetGroupAttachment:TargetGroupAttachment': elb('attachment', {
    required: ['targetGroupArn', 'targetId'],
    replaces: ['targetGroupArn', 'targetId', 'port'],
    refers: { targetGroupArn: targets, targetId: instance },
  }),
  'aws:lb/listener:Listener': elb('listener', {
    required: ['loadBalancerArn', 'defaultActions'],
    replaces: ['loadBalancerArn'],
    refers: { loadBalancerArn: balancer, certificateArn: certificate },
  }),
};

function named(service: string, what: string, kind: Partial<ResourceKind>): ResourceKind {
  return {
    replaces: ['name'],
    computes: ['arn'],
    make: ({ account, inputs }) => ({
      id: String(inputs.name),
      outputs: { arn: `arn:aws:${service}::${account.number}:${what}/${inputs.name}` },
    }),
    ...kind,
  };
}

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

function jsonFaults(text: unknown): string[] {
  try {
    JSON.parse(String(text));
    return [];
  } catch {
    return [`MalformedPolicyDocument: ${text}`];
  }
}

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
