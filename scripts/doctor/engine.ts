import { type Finding, fail, ok, warn } from './check.ts';
import { asRoot, type Host, install } from './host.ts';

/** What is known of container engines on this machine. */
export interface EngineInput {
  host: Host;
  /** The engine that answers. */
  engine: { name: string; private: boolean } | undefined;
  /** Whether a program of this name is in PATH. */
  docker: boolean;
  podman: boolean;
  /** Whether Docker's socket is there, and whether this user may use it. */
  socket: 'absent' | 'denied' | 'usable';
}

/** Whether containers can be run here. */
export function engine({ host, engine: found, docker, podman, socket }: EngineInput): Finding {
  if (found) return ok(found.private ? 'the private Docker engine of Plinth' : found.name);
  if (socket === 'denied') {
    return fail(
      'Docker is here, but this user may not use it',
      'sudo usermod -aG docker "$USER"   (then log out and in again)',
    );
  }
  if (host.platform === 'linux' && host.root && host.packages === 'apt-get') {
    return ok('none answers: init-cluster sets up a private Docker engine, which ends with the cluster');
  }
  if (host.platform === 'linux') {
    if (docker)
      return fail('Docker is installed, but does not answer', asRoot(host, 'systemctl start docker'));
    if (podman)
      return fail('Podman is installed, but does not answer', 'systemctl --user start podman.socket');
    const name = host.packages === 'apt-get' ? 'docker.io' : 'podman';
    return fail(
      'no container engine answers, and only root on Debian or Ubuntu gets a private one',
      `${install(host, name)}${name === 'docker.io' ? ' && sudo usermod -aG docker "$USER"   (then log out and in again)' : ''}`,
    );
  }
  if (docker || podman) {
    const name = docker ? 'Docker' : 'Podman';
    const start = docker ? 'open -a Docker' : 'podman machine start';
    return fail(`${name} is installed, but does not answer`, start);
  }
  return fail('no container engine answers', install(host, 'podman'));
}

/** Without user namespaces only a rootless engine cannot work. */
export function userNamespaces(maximum: string | undefined, host: Host): Finding {
  if (maximum === undefined || Number(maximum) > 0) return ok('allowed');
  if (host.root) return ok('not allowed; only a rootless engine needs them');
  return warn(
    'not allowed: a rootless engine cannot start',
    asRoot(host, 'sysctl user.max_user_namespaces=28633'),
  );
}
