import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosticAt, type Loaded } from '../reading/source.ts';
import type { Cluster } from '../schema/cluster.ts';

/** The virtual address of the control planes must be free, and the provider must support it. */
export function checkVirtualAddress({ source, value }: Loaded<Cluster>): Diagnostic[] {
  const wrong = fault(value);
  if (wrong === undefined) return [];
  return [diagnosticAt(source, ['kubernetes', 'virtualAddress'], { code: 'virtual-address', ...wrong })];
}

function fault({
  kubernetes,
  provider,
  nodes,
}: Cluster): Pick<Diagnostic, 'what' | 'why' | 'fix'> | undefined {
  const { virtualAddress, endpoint, distribution } = kubernetes;
  if (virtualAddress === undefined) return undefined;
  if (provider.kind !== 'machines' || distribution !== 'kubeadm') {
    return {
      what: `${provider.kind === 'machines' ? distribution : `the provider ${provider.kind}`} has no virtual address`,
      why: 'only control planes that Ansible installs with kubeadm can share a virtual address',
      fix: 'remove virtualAddress',
    };
  }
  if (endpoint !== undefined) {
    return {
      what: 'the API server has both an endpoint and a virtual address',
      why: 'nodes use one address of the API server',
      fix: 'remove one of them',
    };
  }
  const taken = nodes.find(({ address }) => address === virtualAddress);
  if (taken === undefined) return undefined;
  return {
    what: `the virtual address is the address of '${taken.name}'`,
    why: "it moves between control planes, and a machine's own address cannot",
    fix: 'write a free address of the same network',
  };
}
