import type { k8s } from 'cdk8s-plus-28';
import type { Environment } from '../../model/graph.ts';
import { awsAccount, awsAudience, awsRoleName } from '../../model/schema/aws-role.ts';

const file = 'aws-token';

/** Volume and variables by which a pod assumes a role in AWS: a service account token with AWS as its only audience. */
export interface AwsRole {
  /** Token that is valid for one hour; the kubelet replaces it earlier. */
  source: k8s.VolumeProjection;
  env: { name: string; value: string }[];
}

/**
 * The role that the stacks create for a pod's service account, in the form that AWS's SDKs read (IAM, 'AssumeRoleWithWebIdentity').
 * Undefined if they create none.
 *
 * @param name name of the operator or database, from which the role's name is made.
 * @param folder folder in the container where the pod mounts the token.
 */
export function awsRole({ cluster }: Environment, name: string, folder: string): AwsRole | undefined {
  const place = awsAccount(cluster);
  if (place === undefined) return undefined;
  const { account, region } = place;
  return {
    source: { serviceAccountToken: { audience: awsAudience, expirationSeconds: 3600, path: file } },
    env: [
      { name: 'AWS_ROLE_ARN', value: `arn:aws:iam::${account}:role/${awsRoleName(cluster, name)}` },
      { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: `${folder}/${file}` },
      { name: 'AWS_REGION', value: region },
      // Read by the SDK for Python, which barman uses.
      { name: 'AWS_DEFAULT_REGION', value: region },
      { name: 'AWS_STS_REGIONAL_ENDPOINTS', value: 'regional' },
    ],
  };
}
