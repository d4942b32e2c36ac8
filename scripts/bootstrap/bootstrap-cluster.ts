import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { machineSchema } from '../../model/schema/machine.ts';
import { openTunnel, type Tunnel } from '../aws-sessions/sessions.ts';
import { askCluster } from './ask-cluster.ts';

/** Input of `scripts/bootstrap.ts`: the outputs of the stacks. */
export const given = z.object({
  environment: z.string(),
  nodes: z
    .array(machineSchema.extend({ /** Id of the EC2 instance. */ instanceId: z.string().optional() }))
    .min(1),
  endpoint: z.string().optional(),
  sessions: z.object({ region: z.string() }).optional(),
  serviceAccountIssuer: z.string().optional(),
});

const applied = z.object({ kubeconfig: z.string() });

export type BootstrapInput = z.infer<typeof given>;

/** Result for the stacks. */
export interface Made {
  /** Secret: it has the administrator's key. */
  kubeconfig: string;
  /** Public keys of the service accounts' issuer (JSON Web Key Set). */
  keys: unknown;
}

/** Turns machines into a cluster that Flux owns. */
export async function run(made: BootstrapInput, root = process.cwd()): Promise<Made> {
  const { environment, nodes, sessions } = made;
  const folder = await mkdtemp(join(tmpdir(), 'plinth-bootstrap-'));
  let tunnel: Tunnel | undefined;
  try {
    const outputs = join(folder, 'outputs.json');
    await writeFile(outputs, JSON.stringify(made), { mode: 0o600 });
    const apply = ['scripts/nodes.ts', 'apply', environment, '--json', '--outputs', outputs];
    const answer = await step(root, apply);
    const { kubeconfig: path } = applied.parse(JSON.parse(answer));
    const kubeconfig = await readFile(path, 'utf8');
    const instance = nodes.find(({ role }) => role === 'control-plane')?.instanceId;
    tunnel = sessions && instance ? await openTunnel({ ...sessions, instance, kubeconfig }) : undefined;
    const reachable = tunnel?.kubeconfig ?? kubeconfig;
    const keys = await askCluster(reachable, '/openid/v1/jwks');
    const config = join(folder, 'kubeconfig');
    await writeFile(config, reachable, { mode: 0o600 });
    await step(root, ['scripts/hand-over.ts', environment, '--kubeconfig', config]);
    return { kubeconfig, keys };
  } finally {
    tunnel?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Runs a command of this repository with the same Node; its messages go to standard error, its output is
 * returned.
 */
async function step(root: string, args: string[]): Promise<string> {
  const { stdout } = await execa(process.execPath, args, {
    cwd: root,
    stdin: 'ignore',
    stderr: ['inherit', 'pipe'],
  });
  return stdout;
}
