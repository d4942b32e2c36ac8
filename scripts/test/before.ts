import { readEntry } from '../../images/cache/index.ts';
import { recipeOf } from '../../images/go/index.ts';
import type { Lock } from '../../images/lock/index.ts';
import type { MachineCheck } from '../doctor/check-result.ts';
import { machineChecks } from '../doctor/checks/machine-checks.ts';
import { toolChecks } from '../doctor/checks/tool-checks.ts';
import { chromium, findChromium } from '../doctor/chromium.ts';
import { type Host, install } from '../doctor/host.ts';
import { inPath, printed } from '../doctor/machine.ts';
import { tool } from '../doctor/tool.ts';
import { readCluster } from '../repository/read-cluster.ts';
import type { MissingPrograms } from './background-builds.ts';

/** Checks of this machine for the selected tests, before the first one starts. */
export function checksBefore(
  parts: { browser: boolean; clusters: boolean },
  lock: Lock,
  host: Host,
): MachineCheck[] {
  const environment = 'dev';
  const tools = toolChecks({ lock, host }).filter(({ name }) => parts.clusters || name !== 'go');
  const browser: MachineCheck = { name: 'chromium', find: () => chromium(findChromium(), host) };
  const python: MachineCheck = {
    name: 'python3',
    find: async () =>
      tool({
        name: 'python3',
        printed: await printed('python3', ['--version']),
        minimum: '3.11.0',
        mend: install(host, 'python3 python3-venv'),
      }),
  };
  // The tests' own clusters use other ports.
  const cluster = readCluster(environment);
  const machine = machineChecks({ environment, cluster, apps: [], lock, host }).filter(
    ({ name }) => name !== 'ports',
  );
  return [...tools, ...(parts.browser ? [browser] : []), ...(parts.clusters ? [python, ...machine] : [])];
}

/** Programs of which no file and no image that runs on every machine is published. */
const onlyBuilt = ['kratos', 'pulumi', 'versitygw'];

/** Programs of the tests that this machine does not have and cannot build, since it has no Go. */
export function lackingWithoutGo(lock: Lock): string[] {
  if (inPath('go')) return [];
  return onlyBuilt.filter((name) => {
    if (name === 'pulumi' && inPath(name)) return false;
    return readEntry(recipeOf(lock, name)) === undefined;
  });
}

/** Messages about the builds that the tests need, with their duration; empty if the cache has everything. */
export function buildsBefore({ tests, cluster }: MissingPrograms): string[] {
  return [
    ...(tests.length === 0
      ? []
      : [`The cache lacks ${tests.join(', ')}: built before the unit tests, up to 15 minutes on two cores.`]),
    ...(cluster.length === 0
      ? []
      : [
          `The cache lacks ${cluster.join(', ')}: built when a cluster needs them, or beside other tests, ` +
            'up to half an hour on two cores, once per machine.',
        ]),
  ];
}
