/** Input of a rule: a resource as the program declares it, before the engine acts. */
export interface PlannedResource {
  type: string;
  name: string;
  props: Record<string, unknown>;
  /** Whether the resource is protected from deletion and replacement. */
  protect: boolean;
}

export interface ResourceRule {
  name: string;
  description: string;
  /** Violations of a resource, one sentence each; empty if the rule does not apply. */
  faults(asked: PlannedResource): string[];
}

/** Ports that are open to the internet: HTTPS, and HTTP, which redirects to it. */
const openPorts: readonly number[] = [80, 443];

/** Types with data that cannot be recreated: objects, keys, etcd, volumes. */
const holdsData: ReadonlySet<string> = new Set([
  'aws:s3/bucket:Bucket',
  'aws:kms/key:Key',
  'aws:ec2/instance:Instance',
  'aws:ebs/volume:Volume',
]);

/** A public zone: the registrar delegates to its name servers. */
const publicZone = 'aws:route53/zone:Zone';

export const rules: readonly ResourceRule[] = [
  {
    name: 'closed-security-groups',
    description:
      'The internet reaches only ports 443 and 80, and nobody reaches port 22: SSH goes through the session manager.',
    faults: ({ type, props }) => {
      if (type === 'aws:ec2/securityGroup:SecurityGroup') {
        return list(props.ingress).length === 0
          ? []
          : ['it has inline rules: write each as a SecurityGroupIngressRule, which is checked'];
      }
      if (type === 'aws:ec2/securityGroupRule:SecurityGroupRule') {
        return ['write it as a SecurityGroupIngressRule or SecurityGroupEgressRule, which are checked'];
      }
      if (type !== 'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule') return [];
      const from = Number(props.fromPort ?? 0);
      const to = Number(props.toPort ?? 65535);
      const everyPort = props.ipProtocol === '-1';
      const open = [props.cidrIpv4, props.cidrIpv6].some(
        (range) => range === '0.0.0.0/0' || range === '::/0',
      );
      return [
        ...(open && (everyPort || from !== to || !openPorts.includes(from))
          ? [
              `the whole internet can reach ${everyPort ? 'every port' : `port ${from} to ${to}`}: name a security group instead`,
            ]
          : []),
        ...(everyPort || (props.ipProtocol === 'tcp' && from <= 22 && to >= 22)
          ? ['port 22 is open: SSH goes through the session manager, which needs no port']
          : []),
      ];
    },
  },
  {
    name: 'encrypted-disks',
    description: 'Every disk is encrypted.',
    faults: ({ type, props }) => {
      const disks: unknown[] =
        type === 'aws:ec2/instance:Instance'
          ? [props.rootBlockDevice ?? {}, ...list(props.ebsBlockDevices)]
          : type === 'aws:ec2/launchTemplate:LaunchTemplate'
            ? list(props.blockDeviceMappings).map((mapping) => record(mapping).ebs ?? {})
            : type === 'aws:ebs/volume:Volume'
              ? [props]
              : [];
      return disks
        .filter((disk) => ![true, 'true'].includes(record(disk).encrypted as boolean | string))
        .map(() => 'a disk is not encrypted: write encrypted: true');
    },
  },
  {
    name: 'metadata-version-2',
    description:
      'Instances give their credentials only through version 2 of the metadata service, and not to pods.',
    faults: ({ type, props }) => {
      const template = type === 'aws:ec2/launchTemplate:LaunchTemplate';
      if (!template && (type !== 'aws:ec2/instance:Instance' || props.launchTemplate !== undefined))
        return [];
      const { httpTokens, httpPutResponseHopLimit } = record(props.metadataOptions);
      return [
        ...(httpTokens === 'required' ? [] : ["write metadataOptions.httpTokens: 'required'"]),
        ...(httpPutResponseHopLimit === 1 ? [] : ['write metadataOptions.httpPutResponseHopLimit: 1']),
      ];
    },
  },
  {
    name: 'private-buckets',
    description: 'No bucket is public.',
    faults: ({ type, props }) => {
      if (
        type === 'aws:s3/bucketAcl:BucketAcl' ||
        type === 'aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration'
      ) {
        return ['buckets have neither ACLs nor websites: use a bucket policy'];
      }
      if (type === 'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock') {
        return ['blockPublicAcls', 'blockPublicPolicy', 'ignorePublicAcls', 'restrictPublicBuckets']
          .filter((key) => props[key] !== true)
          .map((key) => `write ${key}: true`);
      }
      if (type !== 'aws:s3/bucketPolicy:BucketPolicy') return [];
      return statements(props.policy)
        .filter(({ Effect, Principal }) => Effect === 'Allow' && isEveryone(Principal))
        .map(({ Sid }) => `the statement ${String(Sid)} allows everyone: name the principals`);
    },
  },
  {
    name: 'least-privilege',
    description: 'No role has all actions of a service.',
    faults: ({ type, props }) => {
      if (type === 'aws:iam/rolePolicyAttachment:RolePolicyAttachment') {
        return ["AWS's managed policies grant more than needed: write a RolePolicy with the actions"];
      }
      if (type !== 'aws:iam/rolePolicy:RolePolicy') return [];
      return statements(props.policy)
        .filter(({ Effect }) => Effect === 'Allow')
        .flatMap(({ Sid, Action }) => list(Action).map((action) => ({ Sid, action: String(action) })))
        .filter(({ action }) => /^\*$|:\*$/.test(action))
        .map(({ Sid, action }) => `the statement ${String(Sid)} allows ${action}: name the actions`);
    },
  },
  {
    name: 'protected-data',
    description: 'Resources with data are protected, so that the engine refuses to delete or replace them.',
    faults: ({ type, props, protect }) =>
      (holdsData.has(type) || (type === publicZone && props.vpcs === undefined)) && !protect
        ? ['it has data: write protect: true. To delete it on purpose: pulumi state unprotect URN']
        : [],
  },
];

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function list(value: unknown): unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
}

/** Statements of a policy; empty in a preview while the policy is unknown. */
function statements(policy: unknown): Record<string, unknown>[] {
  if (typeof policy !== 'string' || !policy.startsWith('{')) return [];
  return list(record(JSON.parse(policy)).Statement).map(record);
}

function isEveryone(principal: unknown): boolean {
  return principal === '*' || list(record(principal).AWS).includes('*');
}
