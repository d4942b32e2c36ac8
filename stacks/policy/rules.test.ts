import { describe, expect, it } from 'vitest';
import { type PlannedResource, rules } from './rules.ts';

/** Everything that the rules have against a resource. */
function faults(type: string, props: Record<string, unknown>, protect = true): string[] {
  const asked: PlannedResource = { type, name: 'x', props, protect };
  return rules.flatMap((rule) => rule.faults(asked).map((fault) => `${rule.name}: ${fault}`));
}

const ingress = 'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule';
const instance = 'aws:ec2/instance:Instance';
const template = 'aws:ec2/launchTemplate:LaunchTemplate';
const rolePolicy = 'aws:iam/rolePolicy:RolePolicy';
const bucketPolicy = 'aws:s3/bucketPolicy:BucketPolicy';
const sound = { rootBlockDevice: { encrypted: true }, launchTemplate: { id: 'lt-1' } };
const policy = (...Statement: object[]) => ({ policy: JSON.stringify({ Statement }) });

describe('policy', () => {
  it.each<[string, string, Record<string, unknown>, boolean, string]>([
    [
      'SSH for everyone',
      ingress,
      { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' },
      true,
      'closed-security-groups: the whole internet can reach port 22 to 22: name a security group instead',
    ],
    [
      'SSH for one',
      ingress,
      { ipProtocol: 'tcp', fromPort: 20, toPort: 30, cidrIpv4: '192.0.2.1/32' },
      true,
      'closed-security-groups: port 22 is open: SSH goes through the session manager, which needs no port',
    ],
    [
      'a range from HTTP to HTTPS for everyone',
      ingress,
      { ipProtocol: 'tcp', fromPort: 80, toPort: 443, cidrIpv4: '0.0.0.0/0' },
      true,
      'closed-security-groups: the whole internet can reach port 80 to 443: name a security group instead',
    ],
    [
      'every port over IPv6',
      ingress,
      { ipProtocol: '-1', cidrIpv6: '::/0' },
      true,
      'closed-security-groups: the whole internet can reach every port: name a security group instead',
    ],
    [
      'rules inside a group',
      'aws:ec2/securityGroup:SecurityGroup',
      { ingress: [{ protocol: '-1' }] },
      true,
      'closed-security-groups: it has inline rules: write each as a SecurityGroupIngressRule, which is checked',
    ],
    [
      'a disk in clear',
      instance,
      { launchTemplate: {}, rootBlockDevice: { volumeSize: 8 } },
      true,
      'encrypted-disks: a disk is not encrypted: write encrypted: true',
    ],
    [
      'a volume in clear',
      'aws:ebs/volume:Volume',
      { encrypted: false },
      true,
      'encrypted-disks: a disk is not encrypted: write encrypted: true',
    ],
    [
      'version 1 of the metadata service',
      template,
      { metadataOptions: { httpTokens: 'optional', httpPutResponseHopLimit: 1 } },
      true,
      "metadata-version-2: write metadataOptions.httpTokens: 'required'",
    ],
    [
      'an instance that pods can borrow from',
      instance,
      { rootBlockDevice: { encrypted: true }, metadataOptions: { httpTokens: 'required' } },
      true,
      'metadata-version-2: write metadataOptions.httpPutResponseHopLimit: 1',
    ],
    [
      'a bucket that is half closed',
      'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock',
      { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true },
      true,
      'private-buckets: write restrictPublicBuckets: true',
    ],
    [
      'a bucket for everyone',
      bucketPolicy,
      policy({ Sid: 'All', Effect: 'Allow', Principal: { AWS: ['*'] }, Action: 's3:GetObject' }),
      true,
      'private-buckets: the statement All allows everyone: name the principals',
    ],
    [
      'a right to everything of a service',
      rolePolicy,
      policy({ Sid: 'Much', Effect: 'Allow', Action: ['s3:GetObject', 's3:*'], Resource: '*' }),
      true,
      'least-privilege: the statement Much allows s3:*: name the actions',
    ],
    [
      'a policy of AWS',
      'aws:iam/rolePolicyAttachment:RolePolicyAttachment',
      {},
      true,
      "least-privilege: AWS's managed policies grant more than needed: write a RolePolicy with the actions",
    ],
    [
      'a node that may be replaced',
      instance,
      sound,
      false,
      'protected-data: it has data: write protect: true. To delete it on purpose: pulumi state unprotect URN',
    ],
    [
      'a bucket that may go',
      'aws:s3/bucket:Bucket',
      {},
      false,
      'protected-data: it has data: write protect: true. To delete it on purpose: pulumi state unprotect URN',
    ],
  ])('refuses %s', (_what, type, props, protect, fault) => {
    expect(faults(type, props, protect)).toContain(fault);
  });

  it.each<[string, string, Record<string, unknown>]>([
    [
      'HTTP for everyone, which leads to HTTPS',
      ingress,
      { ipProtocol: 'tcp', fromPort: 80, toPort: 80, cidrIpv4: '0.0.0.0/0' },
    ],
    ['HTTPS for everyone', ingress, { ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIpv4: '0.0.0.0/0' }],
    [
      'the API server for a group',
      ingress,
      { ipProtocol: 'tcp', fromPort: 6443, toPort: 6443, referencedSecurityGroupId: 'sg-1' },
    ],
    ['a sound instance', instance, sound],
    [
      'a bucket that refuses everyone without TLS',
      bucketPolicy,
      policy({ Sid: 'Tls', Effect: 'Deny', Principal: '*', Action: 's3:*' }),
    ],
    ['a policy that is not known yet', rolePolicy, { policy: '04da6b54-80e4-46f7-96ec-b56ff0331ba9' }],
  ])('accepts %s', (_what, type, props) => {
    expect(faults(type, props)).toEqual([]);
  });
});
