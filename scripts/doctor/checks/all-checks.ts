import { lookup } from 'node:dns/promises';
import type { MachineCheck } from '../check-result.ts';
import { names } from '../host-names.ts';
import type { ChecksInput } from './checks-input.ts';
import { machineChecks } from './machine-checks.ts';
import { sourceChecks } from './source-checks.ts';
import { toolChecks } from './tool-checks.ts';

/**
 * All requirements of the environment on this machine. Several checks use the same servers; each is requested
 * once.
 */
export function allChecks(input: ChecksInput): MachineCheck[] {
  const { hosts, host, cluster } = input;
  const common = [...toolChecks(input), ...sourceChecks(input)];
  if (cluster.provider.kind !== 'kind') return common;
  const hostNames: MachineCheck = {
    name: 'host names',
    find: async () =>
      names(
        await Promise.all(hosts.map(async (name) => ({ name, addresses: await addressesOf(name) }))),
        host,
      ),
  };
  return [...common, hostNames, ...machineChecks(input)];
}

async function addressesOf(name: string): Promise<string[]> {
  return lookup(name, { all: true }).then(
    (found) => found.map(({ address }) => address),
    () => [],
  );
}
