import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Deployment } from '@kubernetes/client-node';
import { execa } from 'execa';
import { parse } from 'yaml';
import { publicUrl } from '../../model/gateway.ts';
import { forwardToService } from '../call/port-forward.ts';
import { failureText } from '../cli/command.ts';
import { Failure } from '../cli/failure.ts';
import { type ClusterClient, clusterClient } from '../cluster/client.ts';
import { ask, isNotFound } from '../cluster/request.ts';
import { checkApps } from '../deploy/check-apps.ts';
import { renderAll } from '../render/render.ts';
import { addressesIn } from './addresses.ts';
import { type NodeProgram, programOf } from './node-program.ts';
import { type Contents, foldersOf, type ProcessWorld, processWorld, type Sources } from './process-world.ts';
import { serveSite } from './site.ts';

/** Options of `npm run dev`. */
export interface DevOptions {
  /** Root of the repository. */
  root: string;
  environment: string;
  app: string;
  /** Node flags in addition to those of the container: `--inspect=127.0.0.1:9229`, `--watch`. */
  flags: readonly string[];
  /** Variables that replace those of the container. */
  variables: Readonly<Record<string, string>>;
  /** Ends the process. */
  signal: AbortSignal;
  print: (text: string) => void;
}

/** Milliseconds that the process has to end; then it is killed. */
const endsWithin = 10_000;

/** Variables of this machine that the process gets in addition. */
const ofMachine = ['PATH', 'HOME', 'TERM', 'LANG', 'TMPDIR', 'FORCE_COLOR', 'NO_COLOR'];

/**
 * Runs an app's program on this machine like its container in the cluster: with its variables, certificates and secrets, and with
 * port-forwards to the Services in its variables. The files are in a folder that only this user can read. When the process ends,
 * the files are removed and the port-forwards closed. Returns the exit code: that of the process, or 130 after the signal.
 */
export async function dev(options: DevOptions): Promise<number> {
  const { root, environment: name, app: wanted, print } = options;
  const { environments, files } = await renderAll(root, name);
  const [environment] = environments;
  if (environment === undefined) throw new Error(`the render of ${name} has no environment`);
  checkApps(environment, [wanted], 'dev');
  const app = environment.apps.find((one) => one.name === wanted);
  const site = app?.builds.find(({ bundle }) => bundle?.endsWith('.html'));
  if (app !== undefined && site !== undefined)
    return serveSite({ ...options, folder: site.folder, origin: publicUrl(environment.cluster, app) });
  const text = files.get(`manifests/${name}/${wanted}/deployment-${wanted}.yaml`);
  if (app === undefined || text === undefined)
    throw new Failure(
      `${wanted} has no Deployment, so it is not a long-running app.`,
      `npm run deploy -- ${wanted}`,
    );
  const program = programOf(root, app);
  const client = clusterClient(environment.cluster.name);
  const folder = mkdtempSync(join(tmpdir(), 'plinth-dev-'));
  const ways: { close(): void }[] = [];
  try {
    chmodSync(folder, 0o700);
    const world = await worldOf(parse(text), client, wanted, folder);
    writeWorld(world);
    const reach: Record<string, number> = {};
    const printed = new Set<string>();
    const tell = (failure: Failure): void => {
      if (!printed.has(failure.message)) print(failureText(failure));
      printed.add(failure.message);
    };
    for (const { host, service, namespace, port } of addressesIn(world.env)) {
      const way = await forwardToService(client, { namespace, service, port }, tell);
      ways.push(way);
      reach[`${host}:${port}`] = way.port;
    }
    print(introduction(wanted, Object.keys(reach)));
    return await run(program, { ...world.env, ...options.variables }, reach, options);
  } finally {
    for (const way of ways) way.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function worldOf(
  deployment: V1Deployment,
  client: ClusterClient,
  namespace: string,
  folder: string,
): Promise<ProcessWorld> {
  const pod = deployment.spec?.template.spec;
  const container = pod?.containers.find(({ name }) => name === namespace);
  if (pod === undefined || container === undefined)
    throw new Error(`the Deployment of ${namespace} has no container of its name`);
  return processWorld(pod, container, { sources: sourcesIn(client, namespace), folder });
}

/** Secrets and ConfigMaps of a namespace in a cluster. */
function sourcesIn(client: ClusterClient, namespace: string): Sources {
  const { core } = client;
  const read = async (what: string, contents: Promise<Contents>): Promise<Contents> => {
    try {
      return await ask(client, what, contents);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new Failure(
        `the cluster '${client.name}' has no ${what}, which the manifests of this checkout mount.`,
        `Deploy the app first: npm run deploy -- ${namespace}`,
        { cause: error },
      );
    }
  };
  const decoded = (data: Record<string, string> = {}, encoding: BufferEncoding): Contents =>
    Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, encoding)]));
  return {
    secret: (name) =>
      read(
        `Secret ${namespace}/${name}`,
        core.readNamespacedSecret({ namespace, name }).then(({ data }) => decoded(data, 'base64')),
      ),
    configMap: (name) =>
      read(
        `ConfigMap ${namespace}/${name}`,
        core
          .readNamespacedConfigMap({ namespace, name })
          .then(({ data, binaryData }) => ({ ...decoded(data, 'utf8'), ...decoded(binaryData, 'base64') })),
      ),
  };
}

function writeWorld(world: ProcessWorld): void {
  for (const folder of foldersOf(world)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [path, content] of world.files) writeFileSync(path, content, { mode: 0o600 });
}

function introduction(app: string, reached: readonly string[]): string {
  return `${app} runs on this machine; its pods in the cluster keep running. Ctrl-C to stop.
  reaches: ${reached.join(', ') || 'nothing in the cluster'}
`;
}

async function run(
  { folder, flags, script, args }: NodeProgram,
  own: Readonly<Record<string, string>>,
  reach: Readonly<Record<string, number>>,
  { root, flags: asked, signal }: DevOptions,
): Promise<number> {
  // The container's flags fit its memory limit, without a debugger.
  const { NODE_OPTIONS: _, ...variables } = own;
  const env: NodeJS.ProcessEnv = { ...variables, PLINTH_REACH: JSON.stringify(reach) };
  for (const name of ofMachine) if (env[name] === undefined) env[name] = process.env[name];
  const hook = join(import.meta.dirname, 'reach-cluster.ts');
  const ended = await execa(process.execPath, [...asked, ...flags, `--import=${hook}`, script, ...args], {
    ...{ cwd: join(root, folder), env, extendEnv: false, stdio: 'inherit', reject: false },
    ...{ cancelSignal: signal, forceKillAfterDelay: endsWithin },
  });
  return signal.aborted ? 130 : (ended.exitCode ?? 1);
}
