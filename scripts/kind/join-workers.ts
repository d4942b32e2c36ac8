import { createHash, X509Certificate } from 'node:crypto';
import { stringify } from 'yaml';
import { z } from 'zod';
import { runEngine } from '../../images/engine/index.ts';
import type { Engine, Report } from '../../images/index.ts';
import { networkName } from '../../images/mirror/index.ts';
import { Failure } from '../cli/failure.ts';
import { nodeKubectl } from '../cluster/node-kubectl.ts';
import { balancer } from './decision.ts';
import { revokeJoinTokens } from './join-tokens.ts';
import { clusterLabel, inspectNodes, roleLabel } from './node-containers.ts';
import { nodeAddresses } from './node-network.ts';

interface Join {
  engine: Engine;
  cluster: string;
  /** Containers of workers to add. One that exists already is completed. */
  names: string[];
  report: Report;
  signal: AbortSignal;
}

/**
 * Adds workers to a running cluster. Kind has no command for this, so the containers get the settings that Kind gave the
 * control plane's, and kubeadm joins them. Can be run again after an interruption: a container that the cluster does not
 * know as a node has never had a pod, and is made again.
 *
 * @see https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-join/
 * @throws Failure where the engine or kubeadm refuses, with its last lines.
 */
export async function joinWorkers({ engine, cluster, names, report, signal }: Join): Promise<void> {
  const listed = await nodeKubectl(engine, cluster, ['get', 'nodes', '--output=name'], { signal });
  const known = new Set(listed.split('\n').map((line) => line.replace('node/', '')));
  const containers = await inspectNodes(engine, cluster, signal);
  const missing = names.filter((name) => !known.has(name));
  if (missing.length === 0) return;
  const sibling = await readSibling(engine, `${cluster}-control-plane`, signal);
  const server = containers.some(({ role }) => role === balancer) ? balancer : 'control-plane';
  const discovery = await joinCredentials(engine, cluster, signal);
  try {
    await Promise.all(
      missing.map(async (name) => {
        if (containers.some((container) => container.name === name)) {
          report(`${name} never became a node: making its container again`);
          await runEngine(engine, ['rm', '--force', '--volumes', name], { signal });
        }
        report(`making the container ${name}`);
        const proxies = proxyVariables(sibling);
        const withProxies = { ...engine, env: { ...engine.env, ...proxies } };
        const args = runArguments(name, cluster, { ...sibling, variables: Object.keys(proxies) });
        await runEngine(withProxies, args, { signal });
        await runEngine(engine, ['exec', name, 'sh', '-euc', waitForContainerd], { signal });
        const address = (await nodeAddresses(engine, [name], signal)).get(name) ?? '';
        const document = joinDocument({ name, server: `${cluster}-${server}:6443`, address, ...discovery });
        report(`joining ${name}`);
        await kubeadmJoin(engine, name, document, signal);
      }),
    );
  } finally {
    await revokeJoinTokens(engine, cluster, signal);
  }
}

/** As much of `docker inspect` as a further node of the same cluster takes over. */
const siblingSchema = z.object({
  Config: z.object({ Image: z.string(), Env: z.array(z.string()).nullish() }),
  HostConfig: z.object({
    Binds: z.array(z.string()).nullish(),
    SecurityOpt: z.array(z.string()).nullish(),
    UsernsMode: z.string().nullish(),
    Devices: z.array(z.object({ PathOnHost: z.string() })).nullish(),
  }),
});
type Sibling = z.infer<typeof siblingSchema>;

async function readSibling(engine: Engine, name: string, signal: AbortSignal): Promise<Sibling> {
  const text = await runEngine(engine, ['inspect', '--type', 'container', name], { signal });
  return z.tuple([siblingSchema]).parse(JSON.parse(text))[0];
}

/** The proxies that Kind gave the node: they may hold a password, so they never become arguments. */
function proxyVariables({ Config }: Sibling): Record<string, string> {
  const proxies = (Config.Env ?? []).filter((variable) => /^[a-z]+_proxy=/i.test(variable));
  return Object.fromEntries(
    proxies.map((variable) => {
      const end = variable.indexOf('=');
      return [variable.slice(0, end), variable.slice(end + 1)];
    }),
  );
}

/** The arguments that Kind's provider for Docker gives the container of a worker. */
export function runArguments(
  name: string,
  cluster: string,
  { Config, HostConfig, variables }: Sibling & { variables: string[] },
): string[] {
  const { Binds, SecurityOpt, UsernsMode, Devices } = HostConfig;
  return [
    ...['run', '--detach', '--tty', '--name', name, '--hostname', name, '--net', networkName],
    ...['--label', `${clusterLabel}=${cluster}`, '--label', `${roleLabel}=worker`],
    ...['--privileged', '--cgroupns=private', '--init=false', '--restart=on-failure:1'],
    ...['--tmpfs', '/tmp', '--tmpfs', '/run', '--volume', '/var'],
    ...(SecurityOpt ?? []).flatMap((option) => ['--security-opt', option]),
    ...(UsernsMode ? [`--userns=${UsernsMode}`] : []),
    ...(Devices ?? []).flatMap(({ PathOnHost }) => ['--device', PathOnHost]),
    ...(Binds ?? []).flatMap((bind) => ['--volume', bind]),
    ...variables.flatMap((variable) => ['--env', variable]),
    Config.Image,
  ];
}

/** Returns once the container's own engine runs, or fails after two minutes. */
const waitForContainerd =
  'i=0; until systemctl is-active --quiet containerd; do i=$((i + 1)); test $i -lt 600; sleep 0.2; done';

interface Credentials {
  token: string;
  /** Hash of the public key of the cluster's CA, as kubeadm wants it. */
  caHash: string;
}

/** A token that is valid for ten minutes, and the CA by which the joining node knows the API server. */
async function joinCredentials(engine: Engine, cluster: string, signal: AbortSignal): Promise<Credentials> {
  const inside = (...command: string[]) =>
    runEngine(engine, ['exec', `${cluster}-control-plane`, ...command], { signal });
  const [token, ca] = await Promise.all([
    inside('kubeadm', 'token', 'create', '--ttl', '10m', '--kubeconfig', '/etc/kubernetes/admin.conf'),
    inside('cat', '/etc/kubernetes/pki/ca.crt'),
  ]);
  return { token: token.trim(), caHash: publicKeyHash(ca) };
}

/** @see https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/#kubeadm-k8s-io-v1beta4-BootstrapTokenDiscovery */
export function publicKeyHash(pem: string): string {
  const key = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

function joinDocument(node: Credentials & { name: string; server: string; address: string }): object {
  const { name, server, address, token, caHash } = node;
  return {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'JoinConfiguration',
    discovery: { bootstrapToken: { apiServerEndpoint: server, token, caCertHashes: [caHash] } },
    nodeRegistration: {
      name,
      criSocket: 'unix:///run/containerd/containerd.sock',
      kubeletExtraArgs: [{ name: 'node-ip', value: address }],
    },
  };
}

/** The checks before it are for machines: a container fails several of them, as each node of Kind does. */
async function kubeadmJoin(
  engine: Engine,
  name: string,
  document: object,
  signal: AbortSignal,
): Promise<void> {
  const command =
    'umask 077; cat > /kind/join.yaml; kubeadm join --config /kind/join.yaml --skip-phases=preflight';
  try {
    await runEngine(engine, ['exec', '-i', name, 'sh', '-euc', `${command}; rm /kind/join.yaml`], {
      input: stringify(document),
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new Failure(
      `kubeadm could not join ${name}: ${error instanceof Error ? error.message : String(error)}`,
      `Type the same command again. The container is kept for inspection: ${engine.command} logs ${name}`,
    );
  }
}
