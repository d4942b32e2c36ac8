import { existsSync } from 'node:fs';
import { release } from 'node:os';

/** Properties of this machine on which the suggested commands depend. */
export interface Host {
  platform: NodeJS.Platform;
  root: boolean;
  /** Whether this is a WSL distribution. */
  wsl: boolean;
  packages: 'apt-get' | 'dnf' | 'brew' | undefined;
}

/** This machine. */
export function thisHost(): Host {
  return {
    platform: process.platform,
    root: process.getuid?.() === 0,
    wsl: process.platform === 'linux' && /microsoft/i.test(release()),
    packages: existsSync('/usr/bin/apt-get')
      ? 'apt-get'
      : existsSync('/usr/bin/dnf')
        ? 'dnf'
        : process.platform === 'darwin'
          ? 'brew'
          : undefined,
  };
}

/** The command, with sudo unless the current user is root. */
export function asRoot(host: Host, command: string): string {
  return host.root ? command : `sudo ${command}`;
}

/** The command that installs a package. */
export function install(host: Host, name: string): string {
  if (host.packages === 'brew') return `brew install ${name}`;
  if (host.packages) return asRoot(host, `${host.packages} install ${name}`);
  return `Install ${name} with your system's package manager.`;
}

/** Commands that set a kernel parameter, now and after a reboot. */
export function setKernelParameter(host: Host, assignment: string): string {
  const keep = `echo '${assignment}' | ${asRoot(host, 'tee -a /etc/sysctl.d/99-plinth.conf')}`;
  return `${asRoot(host, `sysctl '${assignment}'`)} && ${keep}`;
}
