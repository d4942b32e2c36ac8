import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { runEngine } from '../../images/engine/index.ts';
import { findEngine } from '../../images/index.ts';

/**
 * Possible remains of a cluster on a machine, as lines: containers, networks and volumes of the engine that runs, engine
 * processes, network links, mounts and firewall chains. Two readings are equal when nothing was left and nothing of
 * others was taken.
 */
export async function machineState(): Promise<string[]> {
  const engine = await findEngine();
  const listed =
    engine === undefined
      ? []
      : await Promise.all([
          runEngine(engine, ['ps', '--all', '--format', 'container {{.Names}}']),
          runEngine(engine, ['network', 'ls', '--format', 'network {{.Name}}']),
        ]);
  const { stdout: processes } = await execa('ps', ['-eo', 'stat=,comm='], { reject: false });
  const engines = processes
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    // A killed process that its parent has not asked about yet holds nothing any more.
    .filter(([state = '']) => !state.startsWith('Z'))
    .map(([, name = '']) => name)
    .filter((name) => /^(dockerd|containerd|containerd-shim|kubelet|docker-proxy|runc)/.test(name))
    .map((name) => `process ${name}`);
  const { stdout: links } = await execa('ip', ['-brief', 'link'], { reject: false });
  const { stdout: rules } = await execa('iptables-save', [], { reject: false });
  const mounts = await readFile('/proc/mounts', 'utf8');
  return [
    ...listed.flatMap((text) => text.split('\n')).filter(Boolean),
    ...engines,
    ...links.split('\n').map((line) => `link ${line.split(/[\s@]/)[0]}`),
    ...mounts.split('\n').map((line) => `mount ${line.split(' ')[1]}`),
    // Empty built-in chains come with the first look at a table.
    ...rules
      .split('\n')
      .filter((line) => /^(:\S+ -|-A)/.test(line))
      .map((line) => `firewall ${line.replace(/\[.*\]/, '').trim()}`),
  ].sort();
}
