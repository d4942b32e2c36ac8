import type { MachineCheck } from '../check-result.ts';
import { go } from '../go.ts';
import { install } from '../host.ts';
import { printed } from '../machine.ts';
import { goVersion, pending } from '../missing-supply.ts';
import { tool } from '../tool.ts';
import type { ChecksInput } from './checks-input.ts';
import { supplyHere } from './supply-here.ts';

/** Checks of programs that commands start. */
export function toolChecks({
  cluster,
  lock,
  images,
  host,
}: Partial<Pick<ChecksInput, 'cluster'>> & Pick<ChecksInput, 'lock' | 'images' | 'host'>): MachineCheck[] {
  return [
    {
      name: 'node',
      find: () =>
        tool({ name: 'node', printed: process.version, minimum: '24.0.0', mend: 'npm ci && npm run doctor' }),
    },
    {
      name: 'npm',
      find: async () =>
        tool({
          name: 'npm',
          printed:
            /npm\/(\S+)/.exec(process.env.npm_config_user_agent ?? '')?.[1] ??
            (await printed('npm', ['--version'])),
          minimum: '9.0.0',
          mend: install(host, 'npm'),
        }),
    },
    {
      name: 'git',
      find: async () =>
        tool({
          name: 'git',
          printed: await printed('git', ['--version']),
          minimum: '2.30.0',
          mend: install(host, 'git'),
        }),
    },
    {
      name: 'tar',
      find: async () =>
        tool({ name: 'tar', printed: await printed('tar', ['--version']), mend: install(host, 'tar') }),
    },
    {
      name: 'go',
      find: async () => {
        const [version, toolchain = ''] = await Promise.all([
          printed('go', ['version']),
          printed('go', ['env', 'GOTOOLCHAIN']),
        ]);
        const missing = pending(lock, images).binaries;
        // If images are pulled, programs are downloaded too.
        const toBuild = missing > 0 && (await supplyHere(cluster)).mode === 'build' ? missing : 0;
        return go({ printed: version, toolchain, minimum: goVersion(), toBuild });
      },
    },
  ];
}
