import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { execa } from 'execa';
import { ensureProgram, type Report } from '../../images/index.ts';
import type { Lock } from '../../images/lock/index.ts';
import { Failure } from '../cli/failure.ts';
import { freePort } from '../cluster/free-port.ts';

/** A separate, empty API server without controllers and nodes. */
export interface ApiServer {
  /** Kubeconfig of an administrator with the name of Flux's controller, which admission policies recognise. */
  config: KubeConfig;
  /** Stops its processes and removes its files. */
  stop: () => Promise<void>;
}

/** User that applies manifests in a cluster. */
const user = 'system:serviceaccount:flux-system:kustomize-controller';

/** Time-out of its start, in seconds; it takes five on two idle cores. */
const startSeconds = 60;

/**
 * Starts only etcd and kube-apiserver of a Kubernetes version on this machine's loopback address: no node, no controller,
 * no container engine. Both programs come from the cache, or are supplied first.
 * @throws Failure if a program ends or does not answer, with its last log lines.
 */
export async function startApiServer(
  version: string,
  { lock, report }: { lock: Lock; report: Report },
): Promise<ApiServer> {
  const suffix = version === lock.kubernetes ? '' : '-previous';
  const programs = {
    etcd: await ensureProgram('etcd', report, { lock }),
    apiServer: await ensureProgram(`kube-apiserver${suffix}`, report, { lock }),
  };
  const folder = mkdtempSync(join(tmpdir(), 'plinth-api-server-'));
  const processes: Running[] = [];
  const stop = async (): Promise<void> => {
    for (const { process } of [...processes].reverse()) {
      process.kill('SIGTERM', undefined);
      await process;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
    const token = randomBytes(24).toString('hex');
    processes.push(run('etcd', programs.etcd, etcdFlags(join(folder, 'etcd'), client, peer)));
    processes.push(run('kube-apiserver', programs.apiServer, apiServerFlags(folder, client, port, token)));
    const server = `https://127.0.0.1:${port}`;
    const ca = await ready(server, join(folder, 'apiserver.crt'), token, processes);
    return { config: configOf(server, ca, token), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configOf(server: string, ca: string, token: string): KubeConfig {
  const config = new KubeConfig();
  const caData = Buffer.from(ca).toString('base64');
  config.loadFromClusterAndUser(
    { name: 'verify', server, caData, skipTLSVerify: false },
    { name: user, token },
  );
  return config;
}

interface Running {
  name: string;
  process: ReturnType<typeof start>;
  /** Its last log lines. */
  lines: string[];
}

function start(program: string, flags: string[]) {
  return execa(program, flags, {
    stdin: 'ignore',
    stdout: 'ignore',
    buffer: false,
    reject: false,
    forceKillAfterDelay: 2000,
  });
}

function run(name: string, program: string, flags: string[]): Running {
  const process = start(program, flags);
  const lines: string[] = [];
  process.stderr.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.split('\n').filter((line) => line !== ''));
    lines.splice(0, lines.length - 5);
  });
  return { name, process, lines };
}

/** Its data is deleted with the command, so it does not need to sync to the disk. */
function etcdFlags(folder: string, client: number, peer: number): string[] {
  return [
    `--data-dir=${folder}`,
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=default=http://127.0.0.1:${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

/** Flags of kubeadm that affect which objects it accepts. */
function apiServerFlags(folder: string, etcd: number, port: number, token: string): string[] {
  const [tokens, key] = [join(folder, 'tokens.csv'), join(folder, 'service-accounts.pem')];
  writeFileSync(tokens, `${token},${user},verify,system:masters\n`, { mode: 0o600 });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return [
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    `--secure-port=${port}`,
    `--cert-dir=${folder}`,
    `--token-auth-file=${tokens}`,
    '--anonymous-auth=false',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    '--profiling=false',
  ];
}

/** Waits until it reports that it is ready; returns its self-generated certificates. */
async function ready(
  server: string,
  certificate: string,
  token: string,
  processes: readonly Running[],
): Promise<string> {
  const deadline = Date.now() + startSeconds * 1000;
  for (;;) {
    const ended = processes.find(({ process }) => process.exitCode !== null);
    const late = Date.now() > deadline ? processes.at(-1) : undefined;
    const failed = ended ?? late;
    if (failed !== undefined) {
      const how = ended === undefined ? `gave no answer in ${startSeconds} s` : 'ended';
      throw new Failure(
        `${failed.name}, which verify starts on this machine, ${how}:\n  ${failed.lines.join('\n  ')}`,
        'Correct that, then type the same command again; without an API server: npm run verify -- --offline',
      );
    }
    const ca = existsSync(certificate) ? readFileSync(certificate, 'utf8') : '';
    if (ca !== '' && (await answers(`${server}/readyz`, ca, token))) return ca;
    await sleep(100);
  }
}

function answers(url: string, ca: string, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      url,
      { ca, headers: { authorization: `Bearer ${token}` }, timeout: 2000 },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on('error', () => resolve(false)).on('timeout', () => request.destroy());
  });
}
