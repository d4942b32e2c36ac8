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

/** A private, encrypted bucket that keeps deleted objects for a time and outlives the stack. */
export class PrivateBucket extends ComponentResource {
  readonly bucket: Bucket;
  readonly arn: Output<string>;

  constructor(
    name: string,
    args: {
      bucketName: string;
      rules: BucketRules;
      /** A KMS key. Default: keys that S3 manages. */
      keyArn?: Input<string>;
      /** Statements of the bucket's policy, added to the one that requires TLS. */
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
    const place: Place = { name, bucket, below: { parent: bucket } };
    const closed = closeToPublic(place);
    encrypt(place, keyArn);
    keepVersions(place, rules);
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
      { bucket: bucket.id, policy: jsonStringify({ Version: '2012-10-17', Statement: [plain, ...allow] }) },
      { ...place.below, dependsOn: closed },
    );
    this.bucket = bucket;
    this.arn = bucket.arn;
    this.registerOutputs({ arn: this.arn });
  }
}

/** A bucket, and the name and parent of its settings in the stack. */
interface Place {
  name: string;
  bucket: Bucket;
  below: { parent: Bucket };
}

/** Forbids ACLs and public policies; the account owns every object. */
function closeToPublic({ name, bucket, below }: Place): BucketPublicAccessBlock {
  const closed = new BucketPublicAccessBlock(
    name,
    {
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    below,
  );
  new BucketOwnershipControls(
    name,
    { bucket: bucket.id, rule: { objectOwnership: 'BucketOwnerEnforced' } },
    below,
  );
  return closed;
}

/** Encrypts objects with a KMS key, or with keys of S3 if there is none. */
function encrypt({ name, bucket, below }: Place, keyArn: Input<string> | undefined): void {
  const rule =
    keyArn === undefined
      ? { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }
      : {
          applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: keyArn },
          bucketKeyEnabled: true,
        };
  new BucketServerSideEncryptionConfiguration(name, { bucket: bucket.id, rules: [rule] }, below);
}

/** Keeps deleted and overwritten objects for a time, and locks objects if the rules require it. */
function keepVersions({ name, bucket, below }: Place, rules: BucketRules): void {
  const versions = new BucketVersioning(
    name,
    { bucket: bucket.id, versioningConfiguration: { status: 'Enabled' } },
    below,
  );
  const rule = {
    id: 'end',
    status: 'Enabled',
    filter: { prefix: '' },
    noncurrentVersionExpiration: { noncurrentDays: rules.undeleteDays },
    abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
    ...(rules.expireDays === undefined ? {} : { expiration: { days: rules.expireDays } }),
  };
  const after = { ...below, dependsOn: versions };
  new BucketLifecycleConfiguration(name, { bucket: bucket.id, rules: [rule] }, after);
  if (rules.lockDays === undefined) return;
  new BucketObjectLockConfiguration(
    name,
    { bucket: bucket.id, rule: { defaultRetention: { mode: 'GOVERNANCE', days: rules.lockDays } } },
    after,
  );
}
