import type { k8s } from 'cdk8s-plus-28';
import type { Environment } from '../../model/graph.ts';
import { awsAccount, awsAudience, awsRoleName } from '../../model/schema/aws-role.ts';

const file = 'aws-token';

/** By what a pod takes a role in AWS: a token of its service account for nobody else, and where the SDKs find it. */
export interface AwsRole {
  /** The kubelet writes a new token before this one's hour has passed. */
  source: k8s.VolumeProjection;
  env: { name: string; value: string }[];
}

/**
 * The role that the stacks make for the service account of a pod, as AWS's SDKs look for it (IAM, 'AssumeRoleWithWebIdentity').
 * Nothing where they make none.
 *
 * @param name what the role is named after.
 * @param folder where the pod mounts the token.
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
      // Of the SDK for Python, which barman is written with.
      { name: 'AWS_DEFAULT_REGION', value: region },
      { name: 'AWS_STS_REGIONAL_ENDPOINTS', value: 'regional' },
    ],
  };
}
