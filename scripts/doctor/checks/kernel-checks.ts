import type { Engine } from '../../../images/index.ts';
import { capabilities } from '../capabilities.ts';
import { type CheckResult, type MachineCheck, ok } from '../check-result.ts';
import { userNamespaces } from '../engine.ts';
import type { Host } from '../host.ts';
import { inotify } from '../inotify.ts';
import { kernel } from '../kernel.ts';
import { kernelEvidence, readText } from '../machine.ts';
import type { FoundEngine } from './found-engine.ts';

/** Checks of the features and limits of this Linux kernel. */
export function kernelChecks({ engine: engineHere }: FoundEngine, host: Host): MachineCheck[] {
  /** The kernel of this machine does not matter if the engine has a virtual machine. */
  const unlessVirtual = async (find: (found: Engine | undefined) => CheckResult): Promise<CheckResult> => {
    const found = await engineHere;
    return found?.info.machine === undefined ? find(found) : ok(`the kernel of ${found.info.machine} counts`);
  };
  return [
    {
      name: 'kernel',
      find: () => unlessVirtual((found) => kernel(kernelEvidence(), host, found?.info.rootless)),
    },
    {
      name: 'capabilities',
      find: async () =>
        capabilities({
          status: readText('/proc/self/status') ?? '',
          engineAnswers: (await engineHere) !== undefined,
          root: host.root,
        }),
    },
    {
      name: 'user namespaces',
      find: () => userNamespaces(readText('/proc/sys/user/max_user_namespaces'), host),
    },
    {
      name: 'inotify',
      find: () =>
        unlessVirtual(() =>
          inotify(
            { max_user_watches: limit('max_user_watches'), max_user_instances: limit('max_user_instances') },
            host,
          ),
        ),
    },
  ];
}

function limit(name: string): number | undefined {
  const text = readText(`/proc/sys/fs/inotify/${name}`);
  return text === undefined ? undefined : Number(text);
}
