import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { containerUser } from '../engine/container-user.ts';
import { type Engine, EngineError, runEngine } from '../engine/engine.ts';
import { inspectEngineImage } from '../engine-store/engine-image.ts';
import { ensureEngineImage } from '../engine-store/ensure-image.ts';
import { loadLock } from '../lock/read.ts';
import { parseReference } from '../oci/reference.ts';
import { registryAnswers, waitForRegistry } from '../oci/wait-for-registry.ts';
import { placeOf } from '../pull/registry-place.ts';
import type { Report } from '../report.ts';
import { mirrorFolder } from './folder.ts';

/** Name of the engine's network with the nodes and the mirror. */
export const networkName = 'plinth';

/** Name of the mirror's container; nodes and pods reach it as `plinth-registry:5000`. */
export const mirrorName = 'plinth-registry';

/** Address of the mirror for nodes and pods. */
export const mirrorAddress = `${mirrorName}:5000`;

/** Port of the mirror on this machine's loopback address: 5001, or `PLINTH_REGISTRY_PORT`. */
export function mirrorPort(): number {
  const text = process.env.PLINTH_REGISTRY_PORT ?? '5001';
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new Error(`PLINTH_REGISTRY_PORT is '${text}': set it to a port from 1 to 65535, or unset it`);
}

function mirrorUrl(): string {
  return `http://127.0.0.1:${mirrorPort()}`;
}

/** Change this when the arguments of the container change. */
const generation = 'read-only';

/**
 * Starts the mirror on the engine, in the nodes' network, unless it runs. It serves its folder of the cache read-only and accepts no
 * push. The engine restarts it. Returns a note for the user if nothing was to do.
 */
export async function ensureMirror(
  engine: Engine,
  report: Report,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const port = mirrorPort();
  const url = mirrorUrl();
  await ensureNetwork(engine);
  const image = await ensureEngineImage('registry', { engine, report, signal });
  const state = await containerState(engine);
  const wanted = `${await inspectEngineImage(engine, image)} ${port} ${generation}`;
  if (state?.wanted === wanted && state.status === 'running' && (await registryAnswers(url)))
    return 'running';
  if (state?.wanted === wanted) {
    report('starting the mirror');
    await runEngine(engine, ['start', mirrorName], { signal }).catch(() => undefined);
    // After a reboot the engine starts the nodes at the same time, and a small machine is busy.
    if (await waitForRegistry(url, 45, signal)) return undefined;
  }
  if (state !== undefined) await runEngine(engine, ['rm', '--force', '--volumes', mirrorName]);
  await refuseTakenPort();
  report('starting the mirror');
  await mkdir(mirrorFolder(), { recursive: true });
  await runEngine(engine, ['run', ...mirrorArguments(engine, image, wanted)], { signal });
  if (await waitForRegistry(url, 60, signal)) return undefined;
  const log = await runEngine(engine, ['logs', '--tail', '10', mirrorName]).catch(String);
  throw new Error(
    `the mirror does not answer on 127.0.0.1:${port} after 60 s. Its last words:\n${log}\n` +
      `See more with: ${engine.name} logs ${mirrorName}`,
  );
}

/** Removes the mirror's container and network. Its content stays in the cache. */
export async function removeMirror(engine: Engine): Promise<void> {
  await runEngine(engine, ['rm', '--force', '--volumes', mirrorName]).catch(ignoreMissing);
  await runEngine(engine, ['network', 'rm', networkName]).catch(ignoreMissing);
}

/**
 * containerd's `certs.d/HOST/hosts.toml` by host of the lock file: nodes use the mirror first, then `next`. Hosts without a place in
 * the mirror are left out.
 * @param next The registry for images that the mirror lacks, in the form of `PLINTH_REGISTRY_MIRROR`; empty: each registry itself.
 * @param mirror The first registry, in the same form. Default: the mirror of this machine.
 * @see https://github.com/containerd/containerd/blob/main/docs/hosts.md
 */
export function hostsToml(next: string, mirror = `http://${mirrorAddress}`): Record<string, string> {
  const files = mirroredHosts(mirror).map((first) => {
    const server = placeOf({ host: first.host, path: '' }, next);
    return [first.host, hostsFile(server, [first])];
  });
  return Object.fromEntries(files);
}

/** A registry, or a folder of one. */
interface RegistryFolder {
  url: string;
  /** Path of the folder; empty for the root. */
  path: string;
}

/** A registry as a node calls it; files are on the node. */
export interface RegistryHost extends RegistryFolder {
  /** CA certificates by which it is verified. Default: the node's own. */
  ca?: string;
  /** Certificate with its key that the node shows. Default: none. */
  client?: string;
}

/**
 * A `hosts.toml` of containerd, which uses `hosts` in their order, then `server`.
 * @see https://github.com/containerd/containerd/blob/main/docs/hosts.md
 */
export function hostsFile(server: RegistryHost, hosts: readonly RegistryHost[]): string {
  const lines = [
    `server = "${addressOf(server)}"`,
    ...(server.path === '' ? [] : ['override_path = true']),
    ...tlsLines(server),
    ...hosts.flatMap((host) => [
      '',
      `[host."${addressOf(host)}"]`,
      '  capabilities = ["pull", "resolve"]',
      ...(host.path === '' ? [] : ['  override_path = true']),
      ...tlsLines(host).map((line) => `  ${line}`),
    ]),
    '',
  ];
  return lines.join('\n');
}

function tlsLines({ ca, client }: RegistryHost): string[] {
  return [
    ...(ca === undefined ? [] : [`ca = "${ca}"`]),
    ...(client === undefined ? [] : [`client = "${client}"`]),
  ];
}

/** Hosts of the lock file whose images a mirror has, with its folder for each. */
export function mirroredHosts(mirror: string): (RegistryFolder & { host: string })[] {
  const hosts = Object.values(loadLock().images).map(({ ref }) => parseReference(ref).host);
  return [...new Set(hosts)].sort().flatMap((host) => {
    const { url, path } = placeOf({ host, path: '' }, mirror);
    return path === '' && url === placeOf({ host, path: '' }, '').url ? [] : [{ host, url, path }];
  });
}

function addressOf({ url, path }: RegistryFolder): string {
  return path === '' ? url : `${url}/v2/${path}`;
}

/** Creates the network as Kind does, with IPv4 only, unless it exists. */
async function ensureNetwork(engine: Engine): Promise<void> {
  const listed = await runEngine(engine, ['network', 'ls', '--format', '{{.Name}}']);
  if (listed.split('\n').includes(networkName)) return;
  const options = engine.name === 'docker' ? ['com.docker.network.bridge.enable_ip_masquerade=true'] : [];
  await runEngine(engine, [
    ...['network', 'create', '--driver', 'bridge'],
    ...options.flatMap((option) => ['--opt', option]),
    networkName,
  ]).catch((error) => {
    if (!(error instanceof EngineError && error.stderr.includes('already exists'))) throw error;
  });
}

/** The arguments of `run` for the mirror. `wanted` describes it, so that a later run can tell whether it is still the same. */
export function mirrorArguments(engine: Engine, image: string, wanted: string): string[] {
  return [
    ...['--detach', '--name', mirrorName, '--restart', 'always', '--network', networkName],
    ...['--publish', `127.0.0.1:${mirrorPort()}:5000`],
    ...['--volume', `${mirrorFolder()}:/var/lib/registry:ro`, ...containerUser(engine)],
    ...['--label', `plinth.registry=${wanted}`],
    ...['--env', 'OTEL_TRACES_EXPORTER=none', '--env', 'REGISTRY_LOG_ACCESSLOG_DISABLED=true'],
    ...['--env', 'REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/var/lib/registry'],
    ...['--env', 'REGISTRY_STORAGE_MAINTENANCE_READONLY={"enabled":true}'],
    ...['--env', 'REGISTRY_STORAGE_MAINTENANCE_UPLOADPURGING={"enabled":false}'],
    ...['--env', 'REGISTRY_STORAGE_DELETE_ENABLED=false', '--env', 'REGISTRY_LOG_LEVEL=warn'],
    ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
    // Else SELinux lets it read no folder of a user. To label the folder instead would take minutes, and change files of the user.
    ...(engine.info.selinux ? ['--security-opt', 'label=disable'] : []),
    image,
  ];
}

async function containerState(engine: Engine): Promise<{ status: string; wanted: string } | undefined> {
  try {
    const format = '{{.State.Status}}\t{{index .Config.Labels "plinth.registry"}}';
    const text = await runEngine(engine, ['container', 'inspect', '--format', format, mirrorName]);
    const [status = '', wanted = ''] = text.trim().split('\t');
    return { status, wanted };
  } catch {
    return undefined;
  }
}

async function refuseTakenPort(): Promise<void> {
  const port = mirrorPort();
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once('error', () =>
      reject(
        new Error(
          `port ${port} of 127.0.0.1 is taken, and the mirror was to answer there. See by what: ` +
            `${process.platform === 'linux' ? `ss -tlnp 'sport = :${port}'` : `lsof -nP -iTCP:${port} -sTCP:LISTEN`}. Or choose another: PLINTH_REGISTRY_PORT=5011`,
        ),
      ),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
  });
}

function ignoreMissing(error: unknown): void {
  const missing = /no such (container|network)|not found/i;
  if (!(error instanceof EngineError && missing.test(error.stderr))) throw error;
}
