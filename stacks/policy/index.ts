import { PolicyPack, type ResourceValidationPolicy, type StackValidationPolicy } from '@pulumi/policy';
import { rules } from './rules.ts';

const bucket = 'aws:s3/bucket:Bucket';

/** A rule about several resources: a bucket's public access block is a separate resource. */
const closedBuckets: StackValidationPolicy = {
  name: 'closed-buckets',
  description: 'Each bucket is private, encrypted and versioned.',
  validateStack: ({ resources }, report) => {
    const needed = {
      'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock': 'has no public access block',
      'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration':
        'is not encrypted',
      'aws:s3/bucketVersioning:BucketVersioning': 'has no versioning',
    };
    for (const { urn } of resources.filter(({ type }) => type === bucket)) {
      for (const [type, fault] of Object.entries(needed)) {
        const found = resources.some(
          (other) =>
            other.type === type && (other.propertyDependencies.bucket ?? []).some((used) => used.urn === urn),
        );
        if (!found) report(`it ${fault}: use PrivateBucket`, urn);
      }
    }
  },
};

new PolicyPack('plinth', {
  enforcementLevel: 'mandatory',
  policies: [
    ...rules.map(
      ({ name, description, faults }): ResourceValidationPolicy => ({
        name,
        description,
        validateResource: ({ type, name, props, opts }, report) => {
          for (const fault of faults({ type, name, props, protect: opts.protect === true })) report(fault);
        },
      }),
    ),
    closedBuckets,
  ],
});
