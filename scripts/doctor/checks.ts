import { lookup } from 'node:dns/promises';
import { totalmem } from 'node:os';
import { type Engine, findEngine, runEngine } from '../../images/engine.ts';
import { cacheDir } from '../../images/paths.ts';
import { registryName, registryPort } from '../../images/registry.ts';
import { supplyMode } from '../../images/supply-mode.ts';
import type { Cluster } from '../../model/cluster.ts';
import type { Lock } from '../../model/lock.ts';
import { capabilities } from './capabilities.ts';
import { cgroups } from './cgroups.ts';
import { type Check, ok } from './check.ts';
import { clock } from './clock.ts';
import { disk } from './disk.ts';
import { engine, userNamespaces } from './engine.ts';
import { go } from './go.ts';
import { asRoot, type Host, install } from './host.ts';
import { inotify } from './inotify.ts';
import { kernel } from './kernel.ts';
import {
  availableMemory,
  debianSource,
  dockerSocket,
  freeBytes,
  inPath,
  kernelEvidence,
  listener,
  portState,
  printed,
  readText,
} from './machine.ts';
import { memory } from './memory.ts';
import { names } from './names.ts';
import { type PortUse, ports } from './ports.ts';
import { imageSupply, source } from './reach.ts';
import { goVersion, imageRegistries, moduleAddress, pending } from './supply.ts';
import { tool } from './tool.ts';
import { askWeb, isFile, isRegistry } from './web.ts';

/** What the checks are about. */
export interface ChecksInput {
  environment: string;
  cluster: Cluster;
  /** Host names at which apps answer. */
  hosts: string[];
  lock: Lock;
  host: Host;
}

/** Everything that this machine needs for the environment. Several checks ask the same servers; each is asked once. */
export function checks(input: ChecksInput): Check[] {
  const common = [...tools(input), ...sources(input)];
  return input.cluster.provider.kind === 'kind' ? [...common, ...forContainers(input)] : common;
}

function tools({ lock, host }: ChecksInput): Check[] {
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
        const toBuild = (await supplyMode()) === 'build' ? pending(lock).binaries : 0;
        return go({ printed: version, toolchain, minimum: goVersion(), toBuild });
      },
    },
  ];
}

function sources({ lock, host }: ChecksInput): Check[] {
  const registries = Promise.all(imageRegistries(lock).map((url) => askWeb(url, isRegistry)));
  // Builds do not read what 'go env -w' wrote, so that is not asked here either.
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
      find: async () =>
        imageSupply({
          supply: await supplyMode(),
          forced: ['pull', 'build'].includes(process.env.PLINTH_SUPPLY ?? ''),
          registries: await registries,
        }),
    },
    {
      name: 'go modules',
      find: async () => {
        const answer = await goProxy;
        if (answer === undefined) return ok('no proxy: go asks each origin itself');
        return source({
          what: 'program',
          answer,
          pending: pending(lock).binaries,
          mend: 'Name a proxy that can be reached: export GOPROXY=https://…',
        });
      },
    },
    {
      name: 'debian',
      find: async () => {
        const images = (await supplyMode()) === 'build' ? pending(lock).images : 0;
        return source({
          what: 'image',
          answer: await debian,
          pending: images,
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

function forContainers({ environment, cluster, hosts, lock, host }: ChecksInput): Check[] {
  const engineHere = findEngine();
  const checks: Check[] = [
    {
      name: 'engine',
      find: async () =>
        engine({
          host,
          engine: await engineHere,
          docker: inPath('docker'),
          podman: inPath('podman'),
          socket: dockerSocket(),
        }),
    },
    { name: 'ports', find: async () => checkPorts(environment, cluster, await engineHere) },
    {
      name: 'disk',
      find: async () =>
        disk({
          folder: cacheDir(),
          freeBytes: freeBytes(cacheDir()),
          supply: await supplyMode(),
          missingImages: pending(lock).images,
        }),
    },
    { name: 'memory', find: () => memory(totalmem(), availableMemory() ?? totalmem()) },
    {
      name: 'host names',
      find: async () =>
        names(
          await Promise.all(hosts.map(async (name) => ({ name, addresses: await addressesOf(name) }))),
          host,
        ),
    },
  ];
  // Elsewhere containers run in a virtual machine that brings its own kernel.
  if (host.platform !== 'linux') return checks;
  return [
    ...checks,
    { name: 'kernel', find: () => kernel(kernelEvidence(), host) },
    {
      name: 'control groups',
      find: () =>
        cgroups({
          mounts: readText('/proc/mounts') ?? '',
          controllers: readText('/sys/fs/cgroup/cgroup.controllers'),
        }),
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
        inotify(
          { max_user_watches: limit('max_user_watches'), max_user_instances: limit('max_user_instances') },
          host,
        ),
    },
  ];
}

function limit(name: string): number | undefined {
  const text = readText(`/proc/sys/fs/inotify/${name}`);
  return text === undefined ? undefined : Number(text);
}

async function addressesOf(name: string): Promise<string[]> {
  return lookup(name, { all: true }).then(
    (found) => found.map(({ address }) => address),
    () => [],
  );
}

async function checkPorts(environment: string, { name, provider }: Cluster, found: Engine | undefined) {
  const uses: PortUse[] = [
    { port: registryPort(), what: 'the mirror registry', setting: 'export PLINTH_REGISTRY_PORT=…' },
  ];
  if (provider.kind === 'kind') {
    const what = { http: 'the gateway', https: 'the gateway with TLS', registry: 'the registry' };
    for (const key of ['http', 'https', 'registry'] as const) {
      const setting = `provider.ports.${key} in clusters/${environment}/cluster.yaml`;
      uses.push({ port: provider.ports[key], what: what[key], setting });
    }
  }
  const published = found
    ? await runEngine(found, ['ps', '--format', '{{.Names}} {{.Ports}}'], { timeoutSeconds: 3 })
    : '';
  const inputs = await Promise.all(
    uses.map(async (use) => {
      const state = await portState(use.port);
      if (state !== 'taken') return { ...use, state };
      const line = published.split('\n').find((text) => text.includes(`:${use.port}->`));
      return { ...use, state, container: line?.split(' ')[0], process: await listener(use.port) };
    }),
  );
  return ports(inputs, [registryName, `${name}-control-plane`]);
}
