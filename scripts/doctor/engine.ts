import { coerce, gte } from 'semver';
import { behindDocker, containerPlatformSchema, type EngineInfo } from '../../images/engine/index.ts';
import { type CheckResult, fail, ok, warn } from './check-result.ts';
import { asRoot, type Host, install } from './host.ts';

/** Facts about container engines on this machine. */
export interface EngineInput {
  host: Host;
  /** The engine that answers. */
  engine: { info: EngineInfo; private: boolean } | undefined;
  /** Reason why no engine answers, from the client in PATH. */
  said?: string | undefined;
  /** Whether a program of this name is in PATH. */
  docker: boolean;
  podman: boolean;
  /** Command that starts the virtual machine of an installed engine, if known. */
  start?: string | undefined;
  /** Whether Docker's socket exists, and whether this user may use it. */
  socket: 'absent' | 'denied' | 'usable';
}

/**
 * Minimum versions: cgroups v2 and rootless nodes need Docker 20.10; container names on networks need Podman
 * 4.
 */
const minimum = { docker: '20.10.0', podman: '4.0.0' } as const;

/** Whether containers can run here. */
export function engine(input: EngineInput): CheckResult {
  const { host, engine: found, said, docker, podman, start, socket } = input;
  if (found) return answering(found, host);
  if (said === behindDocker && !podman) return fail(said, install(host, 'podman'));
  const why = said === undefined ? '' : ` (${said})`;
  if (socket === 'denied') {
    return fail(
      'Docker is installed, but this user may not use it',
      'sudo usermod -aG docker "$USER"   (then log out and in again)',
    );
  }
  if (host.platform === 'linux' && host.root && host.packages === 'apt-get') {
    return ok(
      'none answers: init-cluster sets up a private Docker engine, which is removed with the cluster',
    );
  }
  const name = docker ? 'Docker' : 'Podman';
  if (docker || podman) {
    return fail(`${name} is installed, but does not answer${why}`, start ?? startLine(host, name));
  }
  if (host.platform !== 'linux') return fail('no container engine answers', install(host, 'podman'));
  const wanted = host.packages === 'apt-get' ? 'docker.io' : 'podman';
  return fail(
    'no container engine answers, and a private one needs root on Debian or Ubuntu',
    `${install(host, wanted)}${wanted === 'docker.io' ? ' && sudo usermod -aG docker "$USER"   (then log out and in again)' : ''}`,
  );
}

function startLine(host: Host, name: 'Docker' | 'Podman'): string {
  if (name === 'Podman') return host.platform === 'linux' ? 'podman info' : 'podman machine start';
  if (host.platform !== 'linux') return 'open -a Docker';
  if (!host.wsl) return asRoot(host, 'systemctl start docker');
  return `${asRoot(host, 'service docker start')}   (or in Docker Desktop: Settings, Resources, WSL integration)`;
}

function answering({ info, private: own }: NonNullable<EngineInput['engine']>, host: Host): CheckResult {
  const { version, platform, machine, rootless } = info;
  const name = info.name === 'docker' ? 'Docker' : 'Podman';
  const found = [
    `${own ? "Plinth's private " : ''}${name} ${version}`,
    ...(rootless ? ['rootless'] : []),
    ...(machine === undefined ? [] : [`in ${machine}`]),
    platform,
  ].join(', ');
  if (!gte(coerce(version) ?? '0.0.0', minimum[info.name])) {
    const where = {
      docker: 'https://docs.docker.com/engine/install/',
      podman: 'https://podman.io/docs/installation',
    };
    return fail(
      `${found}: at least ${minimum[info.name]} is needed`,
      `Install a newer one: ${where[info.name]}`,
    );
  }
  if (!containerPlatformSchema.safeParse(platform).success) {
    return fail(
      `${found}: images exist only for ${containerPlatformSchema.options.join(' and ')}`,
      platform.startsWith('windows/')
        ? 'In the menu of Docker Desktop: Switch to Linux containers'
        : 'Use an engine on another machine: docker context use NAME',
    );
  }
  if (info.noNames) {
    return fail(
      `${found}: aardvark-dns is not installed, without which nodes do not find the mirror by its name`,
      install(host, 'aardvark-dns'),
    );
  }
  return ok(found);
}

/** Only a rootless engine needs user namespaces. */
export function userNamespaces(maximum: string | undefined, host: Host): CheckResult {
  if (maximum === undefined || Number(maximum) > 0) return ok('allowed');
  if (host.root) return ok('not allowed; only a rootless engine needs them');
  return warn(
    'not allowed: a rootless engine cannot start',
    asRoot(host, 'sysctl user.max_user_namespaces=28633'),
  );
}
