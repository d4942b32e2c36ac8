import { runEngine } from '../../images/engine/index.ts';
import type { Engine } from '../../images/index.ts';
import { networkName } from '../../images/mirror/index.ts';
import { hostUser } from './host-image.ts';

const label = 'plinth.test-hosts';

/** A machine of a test, which is a container with systemd and sshd. */
export interface TestHost {
  name: string;
  address: string;
}

/** Starts a machine on the network of the mirror, in a cgroup namespace of its own, and lets `publicKey` log in. */
export async function startHost(
  engine: Engine,
  image: string,
  name: string,
  publicKey: string,
): Promise<TestHost> {
  const container = containerName(name);
  await runEngine(engine, [
    ...['run', '--detach', '--tty', '--name', container, '--hostname', name, '--label', label],
    ...['--privileged', '--cgroupns', 'private', '--security-opt', 'seccomp=unconfined'],
    ...['--tmpfs', '/tmp', '--tmpfs', '/run', '--volume', '/var'],
    // The engine answers names at an address of the loopback, to which Kind's entry point leads what pods ask.
    ...['--network', networkName, '--sysctl', 'net.ipv4.conf.all.route_localnet=1'],
    image,
  ]);
  const home = `/home/${hostUser}`;
  const script = `install -d -o ${hostUser} -m 0700 ${home}/.ssh && cat > ${home}/.ssh/authorized_keys && chown ${hostUser} ${home}/.ssh/authorized_keys`;
  await runEngine(engine, ['exec', '-i', container, 'sh', '-c', script], { input: publicKey });
  await waitForSsh(engine, container);
  const format = `{{(index .NetworkSettings.Networks "${networkName}").IPAddress}}`;
  return { name, address: (await runEngine(engine, ['inspect', '--format', format, container])).trim() };
}

/** Takes a machine away at once, with its disk: as when it burns down. */
export async function killHost(engine: Engine, name: string): Promise<void> {
  await runEngine(engine, ['rm', '--force', '--volumes', containerName(name)]);
}

/** Names of all machines that there are. */
export async function hostNames(engine: Engine): Promise<string[]> {
  const text = await runEngine(engine, [
    'ps',
    '--all',
    '--filter',
    `label=${label}`,
    '--format',
    '{{.Names}}',
  ]);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(containerName('').length))
    .sort();
}

/** Output of a bash script on a machine. */
export async function onHost(engine: Engine, name: string, script: string): Promise<string> {
  return (await runEngine(engine, ['exec', containerName(name), 'bash', '-c', script])).trim();
}

function containerName(name: string): string {
  return `plinth-host-${name}`;
}

async function waitForSsh(engine: Engine, container: string): Promise<void> {
  const script =
    'for try in $(seq 300); do systemctl is-active --quiet ssh && exit 0; sleep 0.2; done; journalctl -n 20; exit 1';
  await runEngine(engine, ['exec', container, 'sh', '-c', script], { timeoutSeconds: 90 });
}
