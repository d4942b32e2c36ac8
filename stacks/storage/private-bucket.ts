import { Bucket } from '@pulumi/aws/s3/bucket.js';
import { BucketLifecycleConfiguration } from '@pulumi/aws/s3/bucketLifecycleConfiguration.js';
import { BucketObjectLockConfiguration } from '@pulumi/aws/s3/bucketObjectLockConfiguration.js';
import { BucketOwnershipControls } from '@pulumi/aws/s3/bucketOwnershipControls.js';
import { BucketPolicy } from '@pulumi/aws/s3/bucketPolicy.js';
import { BucketPublicAccessBlock } from '@pulumi/aws/s3/bucketPublicAccessBlock.js';
import { BucketServerSideEncryptionConfiguration } from '@pulumi/aws/s3/bucketServerSideEncryptionConfiguration.js';
import { BucketVersioning } from '@pulumi/aws/s3/bucketVersioning.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
} from '@pulumi/pulumi/index.js';
import { jsonStringify } from '@pulumi/pulumi/output.js';
import type { Statement } from '../access/policy.ts';
import type { BucketRules } from './purposes.ts';

/** A bucket that nobody reaches from outside, encrypted, with a way back from deletion, and kept when the stack goes. */
export class PrivateBucket extends ComponentResource {
  readonly bucket: Bucket;
  readonly arn: Output<string>;

  constructor(
    name: string,
    args: {
      bucketName: string;
      rules: BucketRules;
      /** A KMS key. Default: keys that S3 keeps by itself. */
      keyArn?: Input<string>;
      /** What else the bucket's policy says, beside that it speaks TLS only. */
      allow?: Input<Statement>[];
    },
    options?: ComponentResourceOptions,
  ) {
    super('plinth:stacks:PrivateBucket', name, {}, options);
    const { bucketName, rules, keyArn, allow = [] } = args;
    const bucket = new Bucket(
      name,
      {
        bucket: bucketName,
        objectLockEnabled: rules.lockDays !== undefined,
        forceDestroy: false,
        tags: { Name: bucketName },
      },
      { parent: this, protect: true },
    );
    const inBucket = { bucket: bucket.id };
    const below = { parent: bucket };
    const closed = new BucketPublicAccessBlock(
      name,
      {
        ...inBucket,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      below,
    );
    new BucketOwnershipControls(
      name,
      { ...inBucket, rule: { objectOwnership: 'BucketOwnerEnforced' } },
      below,
    );
    const versions = new BucketVersioning(
      name,
      { ...inBucket, versioningConfiguration: { status: 'Enabled' } },
      below,
    );
    new BucketServerSideEncryptionConfiguration(
      name,
      {
        ...inBucket,
        rules: [
          keyArn === undefined
            ? { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }
            : {
                applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: keyArn },
                bucketKeyEnabled: true,
              },
        ],
      },
      below,
    );
    new BucketLifecycleConfiguration(
      name,
      {
        ...inBucket,
        rules: [
          {
            id: 'end',
            status: 'Enabled',
            filter: { prefix: '' },
            noncurrentVersionExpiration: { noncurrentDays: rules.undeleteDays },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
            ...(rules.expireDays === undefined ? {} : { expiration: { days: rules.expireDays } }),
          },
        ],
      },
      { ...below, dependsOn: versions },
    );
    if (rules.lockDays !== undefined) {
      new BucketObjectLockConfiguration(
        name,
        { ...inBucket, rule: { defaultRetention: { mode: 'GOVERNANCE', days: rules.lockDays } } },
        { ...below, dependsOn: versions },
      );
    }
    const plain: Input<Statement> = {
      Sid: 'OnlyByTls',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [bucket.arn, bucket.arn.apply((arn) => `${arn}/*`)],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    new BucketPolicy(
      name,
      { ...inBucket, policy: jsonStringify({ Version: '2012-10-17', Statement: [plain, ...allow] }) },
      { ...below, dependsOn: closed },
    );
    this.bucket = bucket;
    this.arn = bucket.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
