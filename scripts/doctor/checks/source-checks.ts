import { type MachineCheck, ok } from '../check-result.ts';
import { clock } from '../clock.ts';
import { asRoot } from '../host.ts';
import { debianSource, printed } from '../machine.ts';
import { imageRegistries, moduleAddress, pending } from '../missing-supply.ts';
import { imageSupply, source } from '../reach.ts';
import { askWeb, isFile, isRegistry } from '../web.ts';
import type { ChecksInput } from './checks-input.ts';
import { supplyHere } from './supply-here.ts';

/** Checks of the servers from which images, modules and packages come, and of the clock by their answers. */
export function sourceChecks({ cluster, lock, images, host }: ChecksInput): MachineCheck[] {
  const registries = Promise.all(imageRegistries().map((url) => askWeb(url, isRegistry)));
  // Builds ignore the settings of 'go env -w', so this check does too.
  const goProxy = printed('go', ['env', 'GOPROXY'], { GOENV: 'off' }).then((value) => {
    const url = moduleAddress(lock, value ?? 'https://proxy.golang.org');
    return url === undefined ? undefined : askWeb(url, isFile);
  });
  const debian = askWeb(`${debianSource().replace(/\/$/, '')}/dists/stable/InRelease`, isFile);
  const npm = askWeb(
    process.env.npm_config_registry ?? 'https://registry.npmjs.org/',
    (status) => status < 500,
  );
  return [
    {
      name: 'images',
      find: async () => imageSupply({ decision: await supplyHere(cluster), registries: await registries }),
    },
    {
      name: 'go modules',
      find: async () => {
        const answer = await goProxy;
        if (answer === undefined) return ok('no proxy: go downloads from each origin');
        return source({
          what: 'program',
          answer,
          pending: pending(lock, images).binaries,
          mend: 'Name a reachable proxy: export GOPROXY=https://…',
        });
      },
    },
    {
      name: 'debian',
      find: async () => {
        const toBuild = (await supplyHere(cluster)).mode === 'build' ? pending(lock, images).images : 0;
        return source({
          what: 'image',
          answer: await debian,
          pending: toBuild,
          mend: asRoot(host, 'apt-get update'),
        });
      },
    },
    {
      name: 'npm registry',
      find: async () =>
        source({ what: 'npm package', answer: await npm, pending: 0, mend: 'npm config get registry' }),
    },
    {
      name: 'clock',
      find: async () => {
        const answers = [...(await registries), await goProxy, await debian, await npm];
        return clock(
          answers.flatMap((answer) => answer?.offset ?? []),
          host,
        );
      },
    },
  ];
}
