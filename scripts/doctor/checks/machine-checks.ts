import { cacheDir, stateDir } from '../../../images/cache/paths.ts';
import { repositoryRoot } from '../../repository/read-cluster.ts';
import type { MachineCheck } from '../check-result.ts';
import { ownFiles } from '../own-files.ts';
import { checkPorts } from '../port-uses.ts';
import { repository } from '../repository-drive.ts';
import type { ChecksInput } from './checks-input.ts';
import { controlGroups, engineChecks } from './engine-checks.ts';
import { findEngineOnce } from './found-engine.ts';
import { kernelChecks } from './kernel-checks.ts';
import { spaceChecks } from './space-checks.ts';

/** Checks of this machine and its engine for a Kind cluster, without the network. */
export function machineChecks({ lock, images, host, ...given }: Omit<ChecksInput, 'hosts'>): MachineCheck[] {
  const { cluster } = given;
  const found = findEngineOnce();
  return [
    ...engineChecks(found, host),
    { name: 'repository', find: () => repository(repositoryRoot, host) },
    { name: 'own files', find: () => ownFiles([cacheDir(), stateDir()], process.getuid?.()) },
    { name: 'ports', find: async () => checkPorts(given, await found.engine) },
    ...spaceChecks(found, { cluster, lock, images, host }),
    controlGroups(found, host),
    // On other systems, containers run in a virtual machine with its own kernel.
    ...(host.platform === 'linux' ? kernelChecks(found, host) : []),
  ];
}
