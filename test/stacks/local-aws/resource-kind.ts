import type { Properties } from '../plugin.ts';
import type { Account, Thing } from './account.ts';

/** How one type of resource behaves (AWS provider's documentation of each). */
export interface ResourceKind {
  required?: string[];
  /** Properties whose change makes AWS replace the resource. */
  replaces?: string[];
  /** From a property (`a.b` if nested) to the type to which its id or ARN refers: that resource must exist, and cannot be deleted while referred to. */
  refers?: Record<string, string>;
  /** Names of outputs beside the inputs, for previews. */
  computes?: string[];
  make(context: { account: Account; name: string; inputs: Properties }): { id: string; outputs: Properties };
  /** Names of outputs that a change in place alters. */
  changes?: string[];
  /** Changes of outputs by an update in place, in addition to the new inputs. */
  change?(thing: Thing): Properties;
  /** Reasons for which AWS refuses the inputs. */
  faults?(inputs: Properties, account: Account): string[];
}

/** The ARN of a resource in the region of the account. */
export const arn = (account: Account, service: string, what: string): string =>
  `arn:aws:${service}:eu-central-1:${account.number}:${what}`;

/** A type of resource whose only output is its id. */
export function plain(prefix: string, kind: Omit<ResourceKind, 'make' | 'computes'> = {}): ResourceKind {
  return {
    ...kind,
    computes: ['arn'],
    make: ({ account }) => {
      const id = account.nextId(prefix);
      return { id, outputs: { arn: arn(account, 'ec2', `${prefix}/${id}`) } };
    },
  };
}

/** A type whose id is the name of the resource. */
export function named(service: string, what: string, kind: Partial<ResourceKind>): ResourceKind {
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

/** Refuses a policy document that is no JSON. */
export function jsonFaults(text: unknown): string[] {
  try {
    JSON.parse(String(text));
    return [];
  } catch {
    return [`MalformedPolicyDocument: ${text}`];
  }
}

/** Types of resources to which others refer, as Pulumi writes them. */
export const types = {
  bucket: 'aws:s3/bucket:Bucket',
  vpc: 'aws:ec2/vpc:Vpc',
  subnet: 'aws:ec2/subnet:Subnet',
  group: 'aws:ec2/securityGroup:SecurityGroup',
  table: 'aws:ec2/routeTable:RouteTable',
  instance: 'aws:ec2/instance:Instance',
  template: 'aws:ec2/launchTemplate:LaunchTemplate',
  role: 'aws:iam/role:Role',
  profile: 'aws:iam/instanceProfile:InstanceProfile',
  balancer: 'aws:lb/loadBalancer:LoadBalancer',
  targets: 'aws:lb/targetGroup:TargetGroup',
  zone: 'aws:route53/zone:Zone',
  certificate: 'aws:acm/certificate:Certificate',
  key: 'aws:kms/key:Key',
} as const;
