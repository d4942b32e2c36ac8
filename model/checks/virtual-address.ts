import type { Problem } from '../diagnostics/problem.ts';
import { type Loaded, problemAt } from '../reading/source.ts';
import type { Cluster } from '../schema/cluster.ts';

/** The address that control planes hold among themselves has to be one at which nothing else is found. */
export function checkVirtualAddress({ source, value }: Loaded<Cluster>): Problem[] {
  const wrong = fault(value);
  if (wrong === undefined) return [];
  return [problemAt(source, ['kubernetes', 'virtualAddress'], { code: 'virtual-address', ...wrong })];
}

function fault({ kubernetes, provider, nodes }: Cluster): Pick<Problem, 'what' | 'why' | 'fix'> | undefined {
  const { virtualAddress, endpoint, distribution } = kubernetes;
  if (virtualAddress === undefined) return undefined;
  if (provider.kind !== 'machines' || distribution !== 'kubeadm') {
    return {
      what: `${provider.kind === 'machines' ? distribution : `the provider ${provider.kind}`} has no virtual address`,
      why: 'only control planes that Ansible makes by kubeadm pass one among themselves',
      fix: 'leave virtualAddress out',
    };
  }
  if (endpoint !== undefined) {
    return {
      what: 'the API server has both an endpoint and a virtual address',
      why: 'nodes look for it at one address',
      fix: 'leave one of them out',
    };
  }
  const taken = nodes.find(({ address }) => address === virtualAddress);
  if (taken === undefined) return undefined;
  return {
    what: `the virtual address is that of '${taken.name}'`,
    why: 'it goes from one control plane to another, and a machine keeps its own',
    fix: 'write a free address of the same network',
  };
}
