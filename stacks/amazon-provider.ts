import { Provider } from '@pulumi/aws/provider.js';
import type { Environment } from '../model/graph.ts';
import type { Cluster } from '../model/schema/cluster.ts';

/** The part of cluster.yaml with the AWS account, region and zones of an environment. */
export type AmazonProvider = Extract<Cluster['provider'], { kind: 'aws' }>;

/** AWS provider that is limited to the account of cluster.yaml: credentials of another account are refused before any change. */
export function awsProvider(
  { name, cluster }: Environment,
  { account, region }: { account: string; region: string },
): Provider {
  return new Provider('aws', {
    region: region as NonNullable<ConstructorParameters<typeof Provider>[1]>['region'] & string,
    allowedAccountIds: [account],
    defaultTags: { tags: { 'plinth:environment': name, 'plinth:cluster': cluster.name } },
  });
}
