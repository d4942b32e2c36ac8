import { jsonFaults, type ResourceKind, types } from './resource-kind.ts';

/** S3. */
export const bucketKinds: Readonly<Record<string, ResourceKind>> = {
  [types.bucket]: {
    required: ['bucket'],
    replaces: ['bucket', 'objectLockEnabled'],
    computes: ['arn', 'bucketRegionalDomainName'],
    faults: ({ bucket }, account) => [
      ...(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(String(bucket)) ? [] : [`InvalidBucketName: ${bucket}`]),
      ...(account.find(types.bucket, bucket) !== undefined ? [`BucketAlreadyOwnedByYou: ${bucket}`] : []),
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
      account.find(types.bucket, bucket)?.inputs.objectLockEnabled === true
        ? []
        : [`InvalidBucketState: Object Lock is not enabled on ${bucket}`],
  }),
  'aws:s3/bucketPolicy:BucketPolicy': ofBucket('policy', {
    faults: ({ policy }) => jsonFaults(policy),
  }),
  'aws:s3/bucketObjectv2:BucketObjectv2': {
    required: ['bucket', 'key'],
    replaces: ['bucket', 'key'],
    refers: { bucket: types.bucket },
    make: ({ inputs }) => ({ id: `${inputs.bucket}/${inputs.key}`, outputs: {} }),
  },
};

/** A part of a bucket, which has the bucket's name for its id. */
function ofBucket(property: string, kind: Partial<ResourceKind> = {}): ResourceKind {
  return {
    required: ['bucket', property].filter((key) => key !== ''),
    replaces: ['bucket'],
    refers: { bucket: types.bucket },
    make: ({ inputs }) => ({ id: String(inputs.bucket), outputs: {} }),
    ...kind,
  };
}
