import { beforeAll, describe, expect, it } from 'vitest';
import { asked, environment, ofType, one, type RequestedResource } from '../../test/stacks/mocked-engine.ts';
import type { Statement } from '../access/policy.ts';
import { amazon } from '../amazon.ts';
import type { AmazonProvider } from '../amazon-provider.ts';

const names = ['backups', 'etcd', 'issuer', 'logs', 'traces'];

describe('buckets', () => {
  let resources: RequestedResource[];
  beforeAll(async () => {
    const env = environment();
    resources = await asked(() => amazon(env, env.cluster.provider as AmazonProvider));
  });

  const inputs = (type: string, name: string) => one(resources, type, name).inputs;
  const bucketOf = (name: string) => inputs('aws:s3/bucket:Bucket', name);

  it('are the expected ones, with names that no other account has', () => {
    expect(
      ofType(resources, 'aws:s3/bucket:Bucket')
        .map(({ inputs }) => inputs.bucket)
        .sort(),
    ).toEqual(names.map((name) => `shop-${name}-111122223333`));
  });

  it.each(names)('%s is private, encrypted and versioned', (name) => {
    expect(inputs('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock', name)).toEqual({
      bucket: `${name}-id`,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(inputs('aws:s3/bucketVersioning:BucketVersioning', name)).toMatchObject({
      versioningConfiguration: { status: 'Enabled' },
    });
    const encryption = inputs(
      'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
      name,
    );
    expect(encryption.rules).toMatchObject([
      {
        applyServerSideEncryptionByDefault:
          name === 'issuer'
            ? { sseAlgorithm: 'AES256' }
            : { sseAlgorithm: 'aws:kms', kmsMasterKeyId: 'arn:storage' },
      },
    ]);
    expect(bucketOf(name).forceDestroy).toBe(false);
  });

  it.each(names)('%s requires TLS, and only CloudFront may read, only the public keys', (name) => {
    const policy = String(inputs('aws:s3/bucketPolicy:BucketPolicy', name).policy);
    const [tls, ...more]: Statement[] = JSON.parse(policy).Statement;
    expect(tls).toMatchObject({
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    expect(more).toEqual(
      name === 'issuer'
        ? [
            {
              Sid: 'CloudFrontReads',
              Effect: 'Allow',
              Principal: { Service: 'cloudfront.amazonaws.com' },
              Action: 's3:GetObject',
              Resource: 'arn:aws:s3:::shop-issuer-111122223333/*',
              Condition: { StringEquals: { 'AWS:SourceArn': 'arn:issuer' } },
            },
          ]
        : [],
    );
  });

  it('lock backups and snapshots, and nothing that its writer must be able to delete', () => {
    const locks = ofType(resources, 'aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration');
    expect(locks.map(({ name, inputs }) => [name, inputs.rule])).toEqual([
      ['backups', { defaultRetention: { mode: 'GOVERNANCE', days: 14 } }],
      ['etcd', { defaultRetention: { mode: 'GOVERNANCE', days: 14 } }],
    ]);
    expect(names.filter((name) => bucketOf(name).objectLockEnabled === true)).toEqual(['backups', 'etcd']);
  });

  it('keep logs and traces a day longer than cluster.yaml, in whole days', () => {
    const days = (name: string) => {
      const { rules } = inputs('aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration', name);
      return (rules as { expiration?: { days: number } }[])[0]?.expiration?.days;
    };
    expect(Object.fromEntries(names.map((name) => [name, days(name)]))).toEqual({
      backups: undefined,
      etcd: 30,
      issuer: undefined,
      logs: 15,
      traces: 3,
    });
  });
});

describe('snapshots of volumes', () => {
  const policyType = 'aws:dlm/lifecyclePolicy:LifecyclePolicy';
  const made = (snapshots: string) => {
    const env = environment((text) => text.replace('apps: {}', `${snapshots}\napps: {}`));
    return asked(() => amazon(env, env.cluster.provider as AmazonProvider));
  };

  it('cover all volumes of the cluster and no others, at the interval of cluster.yaml', async () => {
    const resources = await made("snapshots: { every: 12, at: '01:30', keep: 14 }");
    expect(one(resources, policyType, 'snapshots').inputs).toMatchObject({
      state: 'ENABLED',
      policyDetails: {
        resourceTypes: ['VOLUME'],
        targetTags: { 'kubernetes.io/cluster/shop': 'owned' },
        schedules: [
          {
            createRule: { interval: 12, intervalUnit: 'HOURS', times: '01:30' },
            retainRule: { count: 14 },
            copyTags: true,
          },
        ],
      },
    });
    const { policy } = one(resources, 'aws:iam/rolePolicy:RolePolicy', 'snapshots').inputs;
    const { Statement }: { Statement: Statement[] } = JSON.parse(String(policy));
    const bounds = (action: string) =>
      Statement.filter(({ Action }) => [Action].flat().includes(action)).map(({ Condition }) => Condition);
    expect(bounds('ec2:DeleteSnapshot')).toEqual([
      { StringEquals: { 'aws:ResourceTag/plinth.io/snapshots-of': 'shop' } },
    ]);
    expect(bounds('ec2:CreateSnapshot')).toContainEqual({
      StringEquals: { 'aws:ResourceTag/kubernetes.io/cluster/shop': 'owned' },
    });
  });

  it('exist only if cluster.yaml asks for them', async () => {
    expect(ofType(await made(''), policyType)).toEqual([]);
  });
});
