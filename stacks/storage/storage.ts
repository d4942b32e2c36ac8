import { Alias } from '@pulumi/aws/kms/alias.js';
import { Key } from '@pulumi/aws/kms/key.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi/index.js';
import { bucketName } from '../../model/schema/aws-role.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { PrivateBucket } from './private-bucket.ts';
import { bucketRules, type Purpose } from './purposes.ts';

/** Buckets for data that must outlive the nodes, encrypted with one key. */
export class Storage extends ComponentResource {
  readonly buckets: Readonly<Record<Purpose, PrivateBucket>>;
  readonly keyArn: Output<string>;

  constructor(
    name: string,
    { cluster, account }: { cluster: Cluster; account: string },
    options?: ComponentResourceOptions,
  ) {
    super('plinth:stacks:Storage', name, {}, options);
    const key = new Key(
      'storage',
      {
        description: `${cluster.name}: backups, logs and traces`,
        enableKeyRotation: true,
        deletionWindowInDays: 30,
        // Only IAM grants rights.
        policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'ByIam',
              Effect: 'Allow',
              Principal: { AWS: `arn:aws:iam::${account}:root` },
              Action: 'kms:*',
              Resource: '*',
            },
          ],
        }),
      },
      { parent: this, protect: true },
    );
    new Alias('storage', { name: `alias/${cluster.name}-storage`, targetKeyId: key.keyId }, { parent: key });
    const rules = bucketRules(cluster);
    const bucket = (purpose: Purpose) =>
      new PrivateBucket(
        purpose,
        {
          bucketName: bucketName(cluster.name, purpose, account),
          rules: rules[purpose],
          keyArn: key.arn,
        },
        { parent: this },
      );
    this.buckets = {
      backups: bucket('backups'),
      etcd: bucket('etcd'),
      logs: bucket('logs'),
      traces: bucket('traces'),
    };
    this.keyArn = key.arn;
    this.registerOutputs({ keyArn: this.keyArn });
  }
}
