import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stateDir } from '../../images/cache/paths.ts';
import { Failure } from '../cli/failure.ts';
import { ansibleEnvironment, ansibleRoot } from './tools.ts';

/** Result of a play on one machine. */
export interface HostRecap {
  ok: number;
  changed: number;
  failed: number;
  unreachable: number;
}

/** A run of ansible-playbook. */
export interface PlaybookRun {
  /** Name of a playbook in ansible/, without extension. */
  playbook: 'cluster' | 'upgrade' | 'reset' | 'backup' | 'restore';
  /** `name` of cluster.yaml; selects the file of known hosts. */
  cluster: string;
  /** Path of the inventory. */
  inventory: string;
  /** Folder of ansible-playbook. */
  tools: string;
  check: boolean;
  limit?: string | undefined;
  /** Private SSH key. Default: SSH's own choice. */
  key?: string | undefined;
  /** Extra SSH variables, for example for a proxy command. */
  env?: Record<string, string>;
  variables?: Record<string, string>;
  /** Receives the output of ansible-playbook. */
  output: NodeJS.WritableStream;
  signal?: AbortSignal | undefined;
  /** Command for people to continue. */
  again: string;
}

/** Runs a playbook and returns its results by machine. */
export async function runPlaybook(run: PlaybookRun): Promise<Record<string, HostRecap>> {
  const { playbook, cluster, inventory, tools, check, limit, key, env = {}, variables = {}, signal } = run;
  const folder = join(stateDir(), cluster);
  // Files that a play fetches are keys.
  process.umask(0o077);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const child = execa(
    join(tools, 'ansible-playbook'),
    [
      ...['--inventory', inventory, '--diff'],
      ...(check ? ['--check'] : []),
      ...(limit === undefined ? [] : ['--limit', limit]),
      ...(key === undefined ? [] : ['--private-key', key]),
      ...(Object.keys(variables).length === 0 ? [] : ['--extra-vars', JSON.stringify(variables)]),
      join(ansibleRoot, `${playbook}.yml`),
    ],
    {
      env: { ...ansibleEnvironment(tools), ...sshEnvironment(cluster), ...env },
      stdin: 'ignore',
      all: true,
      buffer: true,
      reject: false,
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    },
  );
  child.all.pipe(run.output, { end: false });
  const result = await child;
  signal?.throwIfAborted();
  const recap = readRecap(result.all);
  if (!result.failed) return recap;
  const bad = Object.entries(recap).filter(([, { failed, unreachable }]) => failed + unreachable > 0);
  throw new Failure(
    `ansible/${playbook}.yml ended on ${bad.map(([host]) => host).join(', ') || 'no machine'}: the error is above.`,
    `After the fix, continue with: ${run.again}`,
  );
}

/** Host keys are learned at the first contact and stored with the cluster's other files. */
export function sshEnvironment(cluster: string): Record<string, string> {
  const knownHosts = join(stateDir(), cluster, 'known_hosts');
  return {
    ANSIBLE_SSH_COMMON_ARGS: `-o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=${JSON.stringify(knownHosts)}`,
    ...(process.stdout.isTTY ? { ANSIBLE_FORCE_COLOR: '1' } : {}),
  };
}

/** The last lines of ansible-playbook: `worker-1 : ok=12 changed=0 unreachable=0 failed=0 …`. */
export function readRecap(text: string): Record<string, HostRecap> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  const plain = text.replace(/\u001b\[[0-9;]*m/g, '');
  const after = plain.slice(plain.lastIndexOf('PLAY RECAP'));
  const lines = after.matchAll(/^(\S+)\s*: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)/gm);
  return Object.fromEntries(
    [...lines].map(([, host = '', ok, changed, unreachable, failed]) => [
      host,
      {
        ok: Number(ok),
        changed: Number(changed),
        unreachable: Number(unreachable),
        failed: Number(failed),
      },
    ]),
  );
}
