import { execa } from 'execa';
import { z } from 'zod';

/** Platforms for which this repository's images are pulled and built. */
export const containerPlatformSchema = z.enum(['linux/amd64', 'linux/arm64']);
export type ContainerPlatform = z.infer<typeof containerPlatformSchema>;

/** Information about an engine and its machine, which can be a virtual machine. */
export interface EngineInfo {
  name: 'docker' | 'podman';
  version: string;
  /** OS/ARCHITECTURE of the machine that runs the containers, in Go's notation. */
  platform: string;
  /** Product that provides the engine's virtual machine; undefined if the engine runs directly on this machine. */
  machine: string | undefined;
  /** Whether it is rootless, so that root in a container is the engine's user. */
  rootless: boolean;
  /** Whether SELinux confines its containers, so that they cannot read mounted folders of users. */
  selinux: boolean;
  /** Whether it lacks the name server of its networks, without which containers do not find each other by name. */
  noNames: boolean;
  processors: number;
  memoryBytes: number;
  cgroups: 1 | 2;
  /** Controllers of control groups that containers need and this engine cannot use. */
  missingControllers: string[];
  /** Folder of images and volumes, on its machine. */
  root: string;
  /** Free space at `root`, if the engine reports it. */
  freeBytes: number | undefined;
  /** Context of Docker's client, which is also the name of a BuildKit builder. */
  context: string;
  /** Whether the client has the plugin buildx, which BuildKit requires since Docker 23. */
  buildx: boolean;
}

/** Reason why an answer of Podman through Docker's client is not used. */
export const behindDocker = "docker reaches Podman by its socket, and Podman's own client is used for it";

/** https://docs.docker.com/reference/api/engine/ (SystemInfo), with the client's additions. */
const dockerSchema = z
  .object({
    ServerVersion: z.string(),
    ProductLicense: z.string().default(''),
    OSType: z.string(),
    Architecture: z.string(),
    OperatingSystem: z.string().default(''),
    Name: z.string().default(''),
    NCPU: z.number().default(0),
    MemTotal: z.number().default(0),
    CgroupVersion: z.string().default('1'),
    CgroupDriver: z.string().default(''),
    MemoryLimit: z.boolean().default(true),
    PidsLimit: z.boolean().default(true),
    CPUShares: z.boolean().default(true),
    SecurityOptions: z.array(z.string()).nullish(),
    DockerRootDir: z.string().default('/var/lib/docker'),
    ClientInfo: z
      .object({
        Context: z.string().default('default'),
        Plugins: z.array(z.object({ Name: z.string(), Err: z.string().optional() })).nullish(),
      })
      .default({ Context: 'default' }),
  })
  // Podman answers Docker's client too, where that is sent to its socket. It has differences that only its own client covers.
  .refine(({ ProductLicense }) => ProductLicense !== 'Apache-2.0', { error: behindDocker })
  .transform((info): EngineInfo => {
    const has = (name: string): boolean =>
      (info.SecurityOptions ?? []).some((option) => option.split(',').includes(`name=${name}`));
    const can = { cpu: info.CPUShares, memory: info.MemoryLimit, pids: info.PidsLimit };
    return {
      name: 'docker',
      version: info.ServerVersion,
      platform: platformOf(info.OSType, info.Architecture),
      machine: machineOf(info.OperatingSystem, info.Name),
      rootless: has('rootless'),
      selinux: has('selinux'),
      noNames: false,
      processors: info.NCPU,
      memoryBytes: info.MemTotal,
      cgroups: info.CgroupVersion === '2' ? 2 : 1,
      // Without a driver the three say nothing (Kind's own check of a rootless engine).
      missingControllers: Object.entries(can)
        .filter(([, yes]) => !yes || info.CgroupDriver === 'none')
        .map(([name]) => name),
      root: info.DockerRootDir,
      freeBytes: undefined,
      context: info.ClientInfo.Context,
      buildx: (info.ClientInfo.Plugins ?? []).some(({ Name, Err }) => Name === 'buildx' && Err === undefined),
    };
  });

/** https://docs.podman.io/en/latest/markdown/podman-info.1.html */
const podmanSchema = z
  .object({
    host: z.object({
      arch: z.string(),
      os: z.string(),
      cpus: z.number().default(0),
      memTotal: z.number().default(0),
      cgroupVersion: z.string().default('v1'),
      cgroupControllers: z.array(z.string()).nullish(),
      serviceIsRemote: z.boolean().default(false),
      /** From Podman 4.4 on. */
      networkBackendInfo: z.object({ dns: z.object({ path: z.string().optional() }).optional() }).optional(),
      security: z.object({ rootless: z.boolean(), selinuxEnabled: z.boolean().default(false) }),
    }),
    store: z.object({
      graphRoot: z.string(),
      graphRootAllocated: z.number().optional(),
      graphRootUsed: z.number().optional(),
    }),
    version: z.object({ Version: z.string() }),
  })
  .transform(({ host, store, version }): EngineInfo => {
    const { graphRootAllocated: allocated, graphRootUsed: used } = store;
    const controllers = host.cgroupControllers ?? [];
    return {
      name: 'podman',
      version: version.Version,
      platform: platformOf(host.os, host.arch),
      machine: host.serviceIsRemote ? 'podman machine' : undefined,
      rootless: host.security.rootless,
      selinux: host.security.selinuxEnabled,
      noNames: host.networkBackendInfo !== undefined && !host.networkBackendInfo.dns?.path,
      processors: host.cpus,
      memoryBytes: host.memTotal,
      cgroups: host.cgroupVersion === 'v2' ? 2 : 1,
      missingControllers:
        host.cgroupVersion === 'v2'
          ? ['cpu', 'memory', 'pids'].filter((name) => !controllers.includes(name))
          : [],
      root: store.graphRoot,
      freeBytes: allocated === undefined || used === undefined ? undefined : allocated - used,
      context: 'default',
      buildx: false,
    };
  });

/** Output of `info --format '{{json .}}'`, also Podman's, because `docker` can be Podman. */
const infoSchema = z.union([podmanSchema, dockerSchema]);

/** Docker's client exits with 0 on some server errors and has them in its output. */
const serverErrorsSchema = z.object({ ServerErrors: z.array(z.string()).min(1) });

/** Queries an engine through its client. Returns its information, or the reason why it does not answer, in one line. */
export async function askEngine(
  command: string,
  env: Record<string, string> = {},
  seconds = 10,
): Promise<{ info: EngineInfo } | { why: string }> {
  const { failed, code, stdout, stderr, timedOut, shortMessage } = await execa(
    command,
    ['info', '--format', '{{json .}}'],
    { env, stdin: 'ignore', timeout: seconds * 1000, reject: false },
  );
  if (code === 'ENOENT') return { why: `${command} is not installed` };
  if (timedOut) return { why: `${command} info does not end within ${seconds} s` };
  if (failed) return { why: firstLine(stderr) ?? firstLine(shortMessage) ?? `${command} info failed` };
  return parseEngineInfo(stdout);
}

/** Parses the output of `info --format '{{json .}}'`. */
export function parseEngineInfo(text: string): { info: EngineInfo } | { why: string } {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return { why: `info printed no JSON: ${firstLine(text) ?? 'nothing'}` };
  }
  const errors = serverErrorsSchema.safeParse(answer);
  if (errors.success) return { why: errors.data.ServerErrors.join('; ') };
  const info = infoSchema.safeParse(answer);
  if (info.success) return { info: info.data };
  const refused = dockerSchema
    .safeParse(answer)
    .error?.issues.some(({ message }) => message === behindDocker);
  return { why: refused ? behindDocker : 'info names neither a version nor a platform' };
}

function firstLine(text = ''): string | undefined {
  return text.trim().split('\n')[0] || undefined;
}

/** The kernel's names are x86_64 and aarch64, Go's are amd64 and arm64; Docker reports the kernel's, Podman Go's. */
function platformOf(system: string, architecture: string): string {
  const names: Record<string, string> = { x86_64: 'amd64', aarch64: 'arm64' };
  return `${system}/${names[architecture] ?? architecture}`;
}

/** Recognises the product by the engine's operating system, or by the host name of its virtual machine. */
function machineOf(system: string, name: string): string | undefined {
  if (/^(Docker Desktop|OrbStack|Rancher Desktop)/.test(system)) return system.replace(/ WSL.*/, '');
  if (/^colima(-|$)/.test(name)) return 'colima';
  if (name === 'lima-rancher-desktop') return 'Rancher Desktop';
  return name.startsWith('lima-') ? 'Lima' : undefined;
}
