import type { Environment } from '../model/graph.ts';
import type { Cluster } from '../model/schema/cluster.ts';
import { Access } from './access/access.ts';
import { storageOutputs } from './amazon.ts';
import { awsProvider } from './amazon-provider.ts';
import { Bootstrap } from './bootstrap/bootstrap.ts';
import type { NodeAddress } from './nodes/ec2-nodes.ts';
import { Storage } from './storage/storage.ts';

type MachinesProvider = Extract<Cluster['provider'], { kind: 'machines' }>;

/** Existing machines: no nodes are created, and buckets only if cluster.yaml has an account for them. */
export function machines(environment: Environment, { buckets }: MachinesProvider): Record<string, unknown> {
  const { cluster } = environment;
  const nodes = cluster.nodes.map(
    ({ name, role, address = '' }): NodeAddress => ({ name, role, address, privateAddress: address }),
  );
  const stored = buckets && store(environment, buckets);
  const bootstrap = new Bootstrap('bootstrap', {
    environment,
    nodes,
    ...(stored === undefined ? {} : { issuer: stored.access.issuer }),
  });
  return {
    environment: environment.name,
    nodes,
    ...(stored === undefined ? {} : storageOutputs(stored.storage, stored.access)),
    kubeconfig: bootstrap.kubeconfig,
  };
}

function store(environment: Environment, buckets: NonNullable<MachinesProvider['buckets']>) {
  const providers = { aws: awsProvider(environment, buckets) };
  const { account, region } = buckets;
  const storage = new Storage('storage', { cluster: environment.cluster, account }, { providers });
  const access = new Access('access', { environment, account, region, storage, nodes: false }, { providers });
  return { storage, access };
}
