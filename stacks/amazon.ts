import type { Environment } from '../model/graph.ts';
import { Access } from './access/access.ts';
import { type AmazonProvider, awsProvider } from './amazon-provider.ts';
import { Bootstrap } from './bootstrap/bootstrap.ts';
import { Edge } from './edge/edge.ts';
import { Network } from './network/network.ts';
import { Nodes } from './nodes/ec2-nodes.ts';
import { Storage } from './storage/storage.ts';
import { VolumeSnapshots } from './storage/volume-snapshots.ts';

/** Everything from an empty account to a cluster that Flux owns. */
export function amazon(environment: Environment, provider: AmazonProvider): Record<string, unknown> {
  const { cluster } = environment;
  const { account, region } = provider;
  const providers = { aws: awsProvider(environment, provider) };
  const network = new Network('network', { environment, provider }, { providers });
  const storage = new Storage('storage', { cluster, account }, { providers });
  if (cluster.snapshots !== undefined)
    new VolumeSnapshots('volume-snapshots', { cluster, snapshots: cluster.snapshots }, { providers });
  const access = new Access('access', { environment, account, region, storage, nodes: true }, { providers });
  const nodes = new Nodes(
    'nodes',
    { cluster, network, profiles: access.profiles, publicAddresses: provider.nat === 'none' },
    { providers },
  );
  const edge = new Edge('edge', { environment, network, instances: nodes.instances }, { providers });
  const bootstrap = new Bootstrap(
    'bootstrap',
    {
      environment,
      nodes: nodes.addresses,
      endpoint: edge.endpoint,
      sessions: { region },
      issuer: access.issuer,
    },
    { providers, dependsOn: [edge, access] },
  );
  return {
    environment: environment.name,
    nodes: nodes.addresses,
    endpoint: edge.endpoint,
    nameServers: edge.nameServers,
    ...storageOutputs(storage, access),
    kubeconfig: bootstrap.kubeconfig,
  };
}

/** Names of buckets and roles, as outputs for people. */
export function storageOutputs(storage: Storage, access: Access): Record<string, unknown> {
  return {
    buckets: Object.fromEntries(
      Object.entries(storage.buckets).map(([purpose, { bucket }]) => [purpose, bucket.bucket]),
    ),
    serviceAccountIssuer: access.issuer.url,
    serviceAccountRoles: Object.fromEntries([...access.roles].map(([account, role]) => [account, role.arn])),
  };
}
