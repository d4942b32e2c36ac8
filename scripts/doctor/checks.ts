import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { homedir, totalmem } from 'node:os';
import { cacheDir, stateDir } from '../../images/cache/paths.ts';
import { containerPlatformSchema, useEnginePlatform } from '../../images/engine/index.ts';
import { type Engine, lookForEngine } from '../../images/index.ts';
import type { Lock } from '../../images/lock/index.ts';
import { findSupply } from '../../images/supply/index.ts';
import { type Cluster, mirrorSetting } from '../../model/schema/cluster.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';
import { capabilities } from './capabilities.ts';
import { cgroups, engineCgroups } from './cgroups.ts';
import { type CheckResult, type MachineCheck, ok } from './check-result.ts';
import { clock } from './clock.ts';
import { debianTools } from './debian-tools.ts';
import { disk, engineDisk } from './disk.ts';
import { engine, userNamespaces } from './engine.ts';
import { go } from './go.ts';
import { asRoot, type Host, install } from './host.ts';
import { names } from './host-names.ts';
import { inotify } from './inotify.ts';
import { kernel } from './kernel.ts';
import {
  availableMemory,
  debianSource,
  dockerEndpoint,
  dockerSocket,
  freeBytes,
  inPath,
  kernelEvidence,
  printed,
  readText,
} from './machine.ts';
import { memory } from './memory.ts';
import { goVersion, imageRegistries, moduleAddress, pending } from './missing-supply.ts';
import { ownFiles } from './own-files.ts';
import { place } from './place.ts';
import { checkPorts, type PortsOf } from './port-uses.ts';
import { imageSupply, source } from './reach.ts';
import { repository } from './repository-drive.ts';
import { tool } from './tool.ts';
import { askWeb, isFile, isRegistry } from './web.ts';

/** Inputs of the checks. */
export interface ChecksInput extends PortsOf {
  /** Host names of apps. */
  hosts: string[];
  lock: Lock;
  host: Host;
}

/**
 * All requirements of the environment on this machine. Several checks use the same servers; each is requested
 * once.
 */
export function checks(input: ChecksInput): MachineCheck[] {
  const { hosts, host, cluster } = input;
  const common = [...toolChecks(input), ...sources(input)];
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

/** Checks of programs that commands start. */
export function toolChecks({
  cluster,
  lock,
  host,
}: Partial<Pick<ChecksInput, 'cluster'>> & Pick<ChecksInput, 'lock' | 'host'>): MachineCheck[] {
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
        const missing = pending(lock).binaries;
        // If images are pulled, programs are downloaded too.
        const toBuild = missing > 0 && (await supplyHere(cluster)).mode === 'build' ? missing : 0;
        return go({ printed: version, toolchain, minimum: goVersion(), toBuild });
      },
    },
  ];
}

function sources({ cluster, lock, host }: ChecksInput): MachineCheck[] {
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
          pending: pending(lock).binaries,
          mend: 'Name a reachable proxy: export GOPROXY=https://…',
        });
      },
    },
    {
      name: 'debian',
      find: async () => {
        const images = (await supplyHere(cluster)).mode === 'build' ? pending(lock).images : 0;
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

/** The engine of this machine, searched once. */
interface FoundEngine {
  looked: ReturnType<typeof lookForEngine>;
  /** Undefined if no engine answers. */
  engine: Promise<Engine | undefined>;
}

/** Checks of this machine and its engine for a Kind cluster, without the network. */
export function machineChecks({ lock, host, ...given }: Omit<ChecksInput, 'hosts'>): MachineCheck[] {
  const { cluster } = given;
  const found = findEngineOnce();
  return [
    ...engineChecks(found, host),
    { name: 'repository', find: () => repository(repositoryRoot, host) },
    { name: 'own files', find: () => ownFiles([cacheDir(), stateDir()], process.getuid?.()) },
    { name: 'ports', find: async () => checkPorts(given, await found.engine) },
    ...spaceChecks(found, { cluster, lock, host }),
    controlGroups(found, host),
    // On other systems, containers run in a virtual machine with its own kernel.
    ...(host.platform === 'linux' ? kernelChecks(found, host) : []),
  ];
}

function findEngineOnce(): FoundEngine {
  const looked = lookForEngine();
  const engine = looked.then((found) => {
    if (!('engine' in found)) return undefined;
    const { info } = found.engine;
    if (containerPlatformSchema.safeParse(info.platform).success) useEnginePlatform(info);
    return found.engine;
  });
  return { looked, engine };
}

function engineChecks({ looked, engine: engineHere }: FoundEngine, host: Host): MachineCheck[] {
  return [
    {
      name: 'engine',
      find: async () => {
        const found = await looked;
        const [docker, podman] = [inPath('docker'), inPath('podman')];
        const said = 'said' in found ? found.said[docker ? 0 : 1] : undefined;
        const start = inPath('orb') ? 'orb start' : inPath('colima') ? 'colima start' : undefined;
        return engine({
          host,
          engine: await engineHere,
          said,
          docker,
          podman,
          start,
          socket: dockerSocket(),
        });
      },
    },
    {
      name: "engine's place",
      find: async () => {
        const found = await engineHere;
        return place({
          machine: found?.info.machine,
          endpoint: found?.name === 'docker' && !found.private ? await dockerEndpoint() : undefined,
          folders: [cacheDir(), stateDir()],
          home: homedir(),
          wsl: host.wsl,
        });
      },
    },
  ];
}

function spaceChecks(
  { engine: engineHere }: FoundEngine,
  { cluster, lock, host }: Pick<ChecksInput, 'cluster' | 'lock' | 'host'>,
): MachineCheck[] {
  return [
    {
      name: 'disk',
      find: async () => {
        await engineHere; // the platform of the engine decides which images are missing
        const missingImages = pending(lock).images;
        return disk({
          folder: cacheDir(),
          freeBytes: freeBytes(cacheDir()),
          // Uses the network only if images are missing.
          supply: missingImages > 0 && (await supplyHere(cluster)).mode === 'build' ? 'build' : 'pull',
          missingImages,
        });
      },
    },
    {
      name: 'debian tools',
      find: async () => {
        await engineHere;
        const toBuild = pending(lock).images > 0 && (await supplyHere(cluster)).mode === 'build';
        const keys = existsSync('/usr/share/keyrings/debian-archive-keyring.gpg');
        return debianTools({ host, toBuild, mmdebstrap: inPath('mmdebstrap'), keys });
      },
    },
    {
      name: "engine's disk",
      find: async () => {
        const info = (await engineHere)?.info;
        if (info === undefined) return ok('that of the cache');
        const local = info.machine === undefined ? freeBytes(info.root) : undefined;
        return engineDisk(info.root, info.freeBytes ?? local, info.machine);
      },
    },
    {
      name: 'memory',
      find: async () => {
        const info = (await engineHere)?.info;
        const machine = info?.machine;
        return memory(
          info === undefined || machine === undefined
            ? { totalBytes: totalmem(), availableBytes: availableMemory(), machine, wsl: host.wsl }
            : { totalBytes: info.memoryBytes, availableBytes: undefined, machine, wsl: host.wsl },
        );
      },
    },
  ];
}

function controlGroups({ engine: engineHere }: FoundEngine, host: Host): MachineCheck {
  return {
    name: 'control groups',
    find: async () => {
      const info = (await engineHere)?.info;
      if (info !== undefined && (info.rootless || info.machine !== undefined)) return engineCgroups(info);
      if (host.platform !== 'linux') return ok('those of the engine count');
      return cgroups({
        mounts: readText('/proc/mounts') ?? '',
        controllers: readText('/sys/fs/cgroup/cgroup.controllers'),
      });
    },
  };
}

function kernelChecks({ engine: engineHere }: FoundEngine, host: Host): MachineCheck[] {
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

/** Several checks use the result; the registries are requested once. */
function supplyHere(cluster: Cluster | undefined): ReturnType<typeof findSupply> {
  supplyFound ??= findSupply(cluster && mirrorSetting(cluster));
  return supplyFound;
}

let supplyFound: ReturnType<typeof findSupply> | undefined;

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
