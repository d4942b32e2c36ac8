import { InstanceProfile } from '@pulumi/aws/iam/instanceProfile.js';
import { Role } from '@pulumi/aws/iam/role.js';
import { RolePolicy } from '@pulumi/aws/iam/rolePolicy.js';
import type { Input, Resource } from '@pulumi/pulumi/index.js';
import { interpolate, jsonStringify } from '@pulumi/pulumi/output.js';
import type { Statement } from './policy.ts';
import { policy } from './policy.ts';

/** Rights of the session manager's agent, without the further rights of AWS's managed policy. */
const sessions: Statement = {
  Sid: 'Sessions',
  Effect: 'Allow',
  Action: [
    'ssm:UpdateInstanceInformation',
    'ssmmessages:CreateControlChannel',
    'ssmmessages:CreateDataChannel',
    'ssmmessages:OpenControlChannel',
    'ssmmessages:OpenDataChannel',
  ],
  Resource: '*',
};

/** Control planes can write snapshots, but not read or delete them: an attacker on a node must not destroy the backups. */
export function writeSnapshots(bucketArn: Input<string>, keyArn: Input<string>): Input<Statement>[] {
  return [
    {
      Sid: 'WriteSnapshots',
      Effect: 'Allow',
      Action: 's3:PutObject',
      Resource: interpolate`${bucketArn}/*`,
    },
    { Sid: 'EncryptSnapshots', Effect: 'Allow', Action: 'kms:GenerateDataKey', Resource: keyArn },
  ];
}

/** IAM role of a node; pods have their own roles. */
export function nodeRole(
  cluster: string,
  role: string,
  statements: Input<Statement>[],
  parent: Resource,
): InstanceProfile {
  const nodes = new Role(
    role,
    {
      name: `${cluster}-${role}`,
      assumeRolePolicy: jsonStringify(
        policy({
          Sid: 'Instances',
          Effect: 'Allow',
          Principal: { Service: 'ec2.amazonaws.com' },
          Action: 'sts:AssumeRole',
        }),
      ),
    },
    { parent },
  );
  new RolePolicy(
    role,
    { name: role, role: nodes.name, policy: jsonStringify(policy(sessions, ...statements)) },
    { parent: nodes },
  );
  return new InstanceProfile(role, { name: `${cluster}-${role}`, role: nodes.name }, { parent: nodes });
}
