import type { InstanceProfile } from '@pulumi/aws/iam/instanceProfile.js';
import { Role } from '@pulumi/aws/iam/role.js';
import { RolePolicy } from '@pulumi/aws/iam/rolePolicy.js';
import { ComponentResource, type ComponentResourceOptions, type Input } from '@pulumi/pulumi/index.js';
import { interpolate, jsonStringify } from '@pulumi/pulumi/output.js';
import type { Environment } from '../../model/graph.ts';
import { awsRoleName } from '../../model/schema/aws-role.ts';
import { nodeRoles } from '../network/network-flows.ts';
import type { Storage } from '../storage/storage.ts';
import { Issuer } from './issuer.ts';
import { nodeRole, writeSnapshots } from './node-role.ts';
import { policy, type Statement } from './policy.ts';
import {
  type BucketUser,
  bucketUsers,
  type SecretReader,
  type ServiceAccount,
  secretReaders,
  volumeUsers,
} from './service-accounts.ts';
import { useOfVolumes } from './volumes.ts';

/** IAM roles of the account: one per role of nodes, and one per service account that uses a bucket, creates disks or reads secrets. */
export class Access extends ComponentResource {
  readonly issuer: Issuer;
  /** Instance profiles by role of nodes; empty if the stacks create no nodes. */
  readonly profiles: ReadonlyMap<'control-plane' | 'worker', InstanceProfile>;
  /** IAM roles by `NAMESPACE/SERVICEACCOUNT`. */
  readonly roles: ReadonlyMap<string, Role>;

  constructor(
    name: string,
    args: {
      environment: Environment;
      account: string;
      region: string;
      storage: Storage;
      /** Whether the nodes are EC2 instances. */
      nodes: boolean;
    },
    options?: ComponentResourceOptions,
  ) {
    super('plinth:stacks:Access', name, {}, options);
    const { environment, account, region, storage, nodes } = args;
    const { cluster } = environment;
    this.issuer = new Issuer('issuer', { cluster: cluster.name, account, region }, { parent: this });
    const snapshots = writeSnapshots(storage.buckets.etcd.arn, storage.keyArn);
    this.profiles = new Map(
      (nodes ? nodeRoles(cluster) : []).map((role) => [
        role,
        nodeRole(cluster.name, role, role === 'control-plane' ? snapshots : [], this),
      ]),
    );
    this.roles = new Map(
      [
        ...bucketUsers(environment).map((user) => ({ user, statements: useOfBucket(user, storage) })),
        ...volumeUsers(environment).map((user) => ({
          user,
          statements: useOfVolumes(cluster.name, { account, region }),
        })),
        ...secretReaders(environment).map((user) => ({ user, statements: [useOfSecrets(user, account)] })),
      ].map(({ user, statements }) => [
        `${user.namespace}/${user.serviceAccount}`,
        this.serviceAccountRole(cluster, user, statements),
      ]),
    );
    this.registerOutputs({ issuer: this.issuer.url });
  }

  private serviceAccountRole(
    cluster: Environment['cluster'],
    account: ServiceAccount,
    statements: Input<Statement>[],
  ): Role {
    const role = new Role(
      account.name,
      { name: awsRoleName(cluster, account.name), assumeRolePolicy: this.issuer.trust(account) },
      { parent: this },
    );
    new RolePolicy(
      account.name,
      {
        name: account.name,
        role: role.name,
        policy: jsonStringify(policy(...statements)),
      },
      { parent: role },
    );
    return role;
  }
}

/** Rights to read, write and delete objects in a bucket or one of its folders, without rights on the bucket itself. */
function useOfBucket({ bucket, folder }: BucketUser, storage: Storage): Input<Statement>[] {
  const { arn } = storage.buckets[bucket];
  const objects = folder === undefined ? '*' : `${folder}/*`;
  return [
    {
      Sid: 'Objects',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      Resource: interpolate`${arn}/${objects}`,
    },
    {
      Sid: 'List',
      Effect: 'Allow',
      Action: 's3:ListBucket',
      Resource: arn,
      ...(folder === undefined ? {} : { Condition: { StringLike: { 's3:prefix': objects } } }),
    },
    {
      Sid: 'Encryption',
      Effect: 'Allow',
      Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
      Resource: storage.keyArn,
    },
  ];
}

/** Right to read the secrets of one app, and no others. Their keys are those of Amazon: a key of your own needs a right of its own. */
function useOfSecrets({ region, names }: SecretReader, account: string): Statement {
  return {
    Sid: 'Secrets',
    Effect: 'Allow',
    Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
    Resource: `arn:aws:secretsmanager:${region}:${account}:secret:${names}`,
  };
}
