import { Provider } from '@pulumi/aws/provider.js';
import type { Environment } from '../model/graph.ts';
import type { Cluster } from '../model/schema/cluster.ts';

/** The part of cluster.yaml that says which account, region and zones of AWS an environment has. */
export type AmazonProvider = Extract<Cluster['provider'], { kind: 'aws' }>;

/** The account's credentials are checked against cluster.yaml: with those of another account nothing is touched. */
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
