import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { parseDocument } from 'yaml';

/** SSH settings for instances without open ports. */
export interface SshSessions {
  /** Path of a private key that exists only during this run. */
  key: string;
  /** Variables for Ansible with which ssh reaches an instance by its id. */
  env: Record<string, string>;
}

/** A loopback port of this machine that is forwarded to the API server of an instance. */
export interface Tunnel {
  /** Kubeconfig with that address. */
  kubeconfig: string;
  close(): void;
}

/** Programs that the session manager needs on this machine. */
const programs: readonly (readonly [string, string[], string])[] = [
  ['aws', ['--version'], 'https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html'],
  [
    'session-manager-plugin',
    ['--version'],
    'https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html',
  ],
];

/**
 * SSH through AWS's session manager. No key is stored: EC2 Instance Connect accepts a new one for 60 seconds
 * at each connection (session.sh).
 * @param folder Folder for the key; deleted after the run.
 */
export async function sshSessions({
  region,
  folder,
}: {
  region: string;
  folder: string;
}): Promise<SshSessions> {
  await requirePrograms();
  const key = join(folder, 'key');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'plinth', '-f', key]);
  const script = join(import.meta.dirname, 'session.sh');
  return {
    key,
    env: {
      AWS_REGION: region,
      PLINTH_SESSION_KEY: `${key}.pub`,
      ANSIBLE_SSH_EXTRA_ARGS: `-C -o ProxyCommand='sh "${script}" %h %p %r'`,
    },
  };
}

/** Opens a session to the API server of an instance, and returns a kubeconfig for it. */
export async function openTunnel(options: {
  region: string;
  instance: string;
  kubeconfig: string;
}): Promise<Tunnel> {
  await requirePrograms();
  const port = await freePort();
  const session = forward(options.region, options.instance, port);
  await waitForLine(session, 'Waiting for connections');
  const document = parseDocument(options.kubeconfig);
  document.setIn(['clusters', 0, 'cluster', 'server'], `https://127.0.0.1:${port}`);
  return { kubeconfig: document.toString(), close: () => void session.kill() };
}

async function requirePrograms(): Promise<void> {
  for (const [program, args, where] of programs) {
    const { failed } = await execa(program, args, { reject: false });
    if (failed) throw new Error(`${program} is not installed, and is needed to reach the nodes: ${where}`);
  }
}

type Session = ReturnType<typeof forward>;

/** A session that forwards a loopback port to the API server of an instance. */
function forward(region: string, instance: string, port: number) {
  const parameters = JSON.stringify({ portNumber: ['6443'], localPortNumber: [String(port)] });
  return execa(
    'aws',
    [
      ...['ssm', 'start-session', '--region', region, '--target', instance],
      ...['--document-name', 'AWS-StartPortForwardingSession', '--parameters', parameters],
    ],
    { stdin: 'ignore', reject: false },
  );
}

/** Waits for the first output of the session, at most 30 seconds. */
async function waitForLine(session: Session, line: string): Promise<void> {
  let said = '';
  const ended = session.then((result) => {
    throw new Error(`the session to the API server ended: ${result.stderr || said}`);
  });
  const ready = new Promise<void>((resolve) => {
    session.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(line)) resolve();
    });
  });
  const late = new Promise<never>((_, reject) =>
    setTimeout(
      () => reject(new Error(`the session to the API server did not open in 30 s: ${said}`)),
      30_000,
    ).unref(),
  );
  await Promise.race([ready, ended, late]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
