import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { stateDir } from '../../images/cache/paths.ts';
import type { Engine } from '../../images/engine/engine.ts';
import { ensureEngine, findEngine } from '../../images/engine/ensure-engine.ts';
import { pruneGoCaches } from '../../images/go/caches.ts';
import { ensureRegistry } from '../../images/mirror/server.ts';
import { ensureProgram } from '../../images/program.ts';
import { saidSupply } from '../../images/supply/mode.ts';
import { supply, wasSupplied } from '../../images/supply.ts';
import type { Environment } from '../../model/graph.ts';
import { loadLock } from '../../model/schema/lock.ts';
import { machineChecks } from '../doctor/checks.ts';
import { thisHost } from '../doctor/host.ts';
import { refuseUnfit } from '../doctor/refuse.ts';
import { Failure } from '../failure.ts';
import { buildAppImages, pushAppImages } from './app-images.ts';
import { bootstrap, waitForDeployments } from './bootstrap.ts';
import { kubeconfigPath } from './client.ts';
import { repositoryRoot } from './environment.ts';
import { ensureNodes, refuseOtherNodes } from './kind.ts';
import { ensureNodeNetwork } from './node-network.ts';
import { formatTimes, type Phase, type PhaseTime, type Report, runPhases } from './phases.ts';
import { knownDigests, pinDigests } from './pin-digests.ts';
import { type Rendered, renderEnvironment, renderedPhase } from './rendered.ts';
import { withClusterLock } from './run-lock.ts';
import { choseToBuild } from './supply-choice.ts';
import { push, startSync, waitForSync } from './sync.ts';
import { urls } from './urls.ts';

/** Images without which no node becomes Ready; all others are supplied while the cluster starts. */
const nodeImages = [
  'kindest-node',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'etcd',
  'pause',
];

/** Images without which Flux can't start, in the order in which they are needed. */
const bootstrapImages = [
  'coredns',
  'debian',
  'local-path-provisioner',
  'git-server',
  'registry',
  'source-controller',
  'kustomize-controller',
];

/** Deployments that must run before the manifests can be pushed and read. */
const bootstrapDeployments = {
  'git-server': ['git-server'],
  registry: ['registry'],
  'flux-system': ['source-controller', 'kustomize-controller'],
};

/** What `init-cluster` is asked to do. */
export interface InitOptions {
  /** A folder of clusters/. */
  environment: string;
  json: boolean;
}

/** Makes the environment's cluster, or does what is left to do; returns the exit code. */
export async function initCluster(options: InitOptions): Promise<number> {
  const root = repositoryRoot;
  const rendered = await renderEnvironment(root, options.environment);
  const { environment } = rendered;
  const { cluster } = environment;
  if (cluster.provider.kind !== 'kind') {
    throw new Failure(
      `clusters/${environment.name}/cluster.yaml: the provider is '${cluster.provider.kind}', and init-cluster makes clusters of the provider 'kind'.`,
      `Its nodes come from: pulumi up -s ${environment.name}`,
    );
  }
  return withClusterLock(cluster.name, async () => {
    const again = `npm run init-cluster${environment.name === 'dev' ? '' : ` -- --env ${environment.name}`}`;
    const run = (): Promise<PhaseTime[]> => {
      const controller = new AbortController();
      const { signal } = controller;
      return runPhases(phases({ ...rendered, root, signal }), { controller, again, quiet: options.json });
    };
    const times = await run().catch(async (error: unknown) => {
      if (options.json || !(await choseToBuild(error))) throw error;
      return run();
    });
    await writeFile(join(stateDir(), cluster.name, 'phases.json'), `${JSON.stringify(times, null, 2)}\n`);
    print(environment, times, options.json);
    return 0;
  });
}

interface Work extends Rendered {
  root: string;
  signal: AbortSignal;
}

function phases({ environment, manifests, changed, root, signal }: Work): Phase[] {
  const { cluster } = environment;
  let engine: Engine | undefined;
  const theEngine = (): Engine => {
    if (engine === undefined) throw new Error('no phase before this one found an engine');
    return engine;
  };
  const options = (report: Report) => ({ engine: theEngine(), environment, report, signal, manifests });
  /** With the digests of what is in the mirror registry by now. */
  const pinned = () => pinDigests(manifests, knownDigests(environment));
  let nodes: Awaited<ReturnType<typeof ensureNodes>> = 'running';
  let commit = '';
  // Supplied while the cluster starts; the phases that need them wait for them.
  const background = {
    lines: '',
    bootstrap: Promise.resolve(0),
    rest: Promise.resolve(0),
    apps: Promise.resolve(),
  };

  const ready = async (
    namespaces: (keyof typeof bootstrapDeployments)[],
    how: ReturnType<typeof options>,
  ): Promise<undefined> => {
    for (const namespace of namespaces)
      await waitForDeployments(cluster.name, namespace, bootstrapDeployments[namespace], how);
  };
  const supplyPhase = (names: string[], report: Report): Promise<number> =>
    supply(names, { engine: theEngine(), report, signal });
  const whileReporting = async <T>(promise: Promise<T>, report: Report): Promise<T> => {
    const timer = setInterval(() => report(background.lines), 1000);
    try {
      return await promise;
    } finally {
      clearInterval(timer);
    }
  };

  return [
    renderedPhase({ manifests, changed }),
    {
      title: 'This machine',
      run: async (report) => {
        // A cluster that stands says more than what its own containers take of this machine.
        engine = await findEngine();
        if (engine !== undefined) await refuseOtherNodes(options(report));
        const checks = machineChecks({
          environment: environment.name,
          cluster,
          lock: loadLock(),
          host: thisHost(),
        });
        await refuseUnfit(checks);
        return `${checks.length} checks`;
      },
    },
    {
      title: 'Container engine',
      run: async (report) => {
        if (engine === undefined) {
          engine = await ensureEngine(report);
          await refuseOtherNodes(options(report));
        }
        return `${engine.private ? 'private ' : ''}${engine.name}`;
      },
    },
    {
      title: 'Where images come from',
      run: async (report) => {
        if ([...nodeImages, ...bootstrapImages, ...restImages(environment)].every(wasSupplied))
          return 'all there';
        return saidSupply(report);
      },
    },
    {
      title: 'Mirror registry',
      run: async (report) => ensureRegistry(theEngine(), report, signal),
    },
    {
      title: 'Images of the nodes',
      run: async (report) => {
        const made = await supplyPhase(nodeImages, report);
        return made === 0 ? `${nodeImages.length} there` : undefined;
      },
    },
    {
      title: 'Nodes',
      run: async (report) => {
        // Before the others are built: Go programs are built one after another, and the nodes wait for this one alone.
        await ensureProgram('kind', report, { signal });
        const note: Report = (line) => {
          background.lines = line;
        };
        const rest = restImages(environment);
        background.bootstrap = supplyPhase(bootstrapImages, note);
        background.rest = background.bootstrap.then(async (made) => made + (await supplyPhase(rest, note)));
        background.apps = background.bootstrap.then(() =>
          buildAppImages(environment, { root, engine: theEngine(), report: note, signal }),
        );
        // Awaited later; until then a failure is not unhandled.
        for (const promise of [background.bootstrap, background.rest, background.apps])
          promise.catch(() => undefined);
        nodes = await ensureNodes(options(report));
        return nodes === 'running' ? `${cluster.nodes.length} running` : undefined;
      },
    },
    {
      title: 'Images of Flux and what it needs',
      run: async (report) => {
        const made = await whileReporting(background.bootstrap, report);
        return made === 0 ? 'all there' : undefined;
      },
    },
    {
      title: 'Flux, Git server, registry',
      run: async (report) => {
        // A new node gets its range of pod addresses some seconds after it answers; what is applied waits for it by itself.
        const network = nodes === 'made' ? ensureNodeNetwork(options(report)) : undefined;
        const [note] = await Promise.all([bootstrap({ ...options(report), manifests: pinned() }), network]);
        return note;
      },
    },
    {
      title: 'Git server and Flux ready',
      run: (report) => ready(['git-server', 'flux-system'], options(report)),
    },
    // Before Flux makes their pods: each pull that finds nothing doubles the wait for the next, up to five minutes.
    {
      title: 'Images of the platform',
      run: async (report) => {
        await whileReporting(background.apps, report);
        const made = await whileReporting(background.rest, report);
        if (made === 0) return 'all there';
        report('removing what only the compiler needs');
        await pruneGoCaches(report, signal);
        return undefined;
      },
    },
    {
      title: 'Manifests pushed',
      run: async (report) => {
        const own = { ...options(report), manifests: pinned() };
        const pushed = await push({ ...own, root, message: `Render of ${environment.name}` });
        commit = pushed.commit;
        await startSync(own);
        return pushed.changed ? undefined : `${commit.slice(0, 12)} there`;
      },
    },
    // Long before Flux comes to the applications.
    {
      title: 'Images of the applications',
      run: async (report) => {
        await ready(['registry'], options(report));
        return (await pushAppImages(environment, { report, signal })) === 0 ? 'all there' : undefined;
      },
    },
    {
      title: 'Flux has synced',
      run: async (report) => {
        await waitForSync({ ...options(report), commit });
        return undefined;
      },
    },
    {
      title: 'Front page answers',
      run: async (report) => {
        for (const { url, port, host } of urls(environment)) await answers(url, host, port, report, signal);
        return undefined;
      },
    },
  ];
}

/** What runs in the environment beyond what Flux itself needs to start. */
function restImages(environment: Environment): string[] {
  const images = environment.operators.flatMap((operator) => [...operator.images, ...operator.crds]);
  return [...new Set(images)].filter((name) => !bootstrapImages.includes(name));
}

/** Waits until the gateway hands a request for that host on to an app that answers well. */
async function answers(
  url: string,
  host: string,
  port: number,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (let said = 'nothing'; ; said = await status(host, port)) {
    if (said === '200') return;
    signal.throwIfAborted();
    if (Date.now() > deadline) {
      throw new Failure(
        `${url} answers ${said} after 60 s, not 200.`,
        'See what is wrong with: npm run status',
      );
    }
    if (said !== 'nothing') {
      report(`${url}: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function status(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, headers: { host }, timeout: 5_000 }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    call.on('timeout', () => call.destroy(new Error('no answer within 5 s')));
    call.on('error', (error) => resolve(error.message));
    call.end();
  });
}

function print(environment: Environment, times: PhaseTime[], json: boolean): void {
  const { name } = environment.cluster;
  const apps = urls(environment);
  if (json) {
    const summary = { cluster: name, kubeconfig: kubeconfigPath(name), phases: times, apps };
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
    return;
  }
  const lines = [
    '',
    formatTimes(times),
    '',
    ...apps.map(({ app, url }) => `  ${styleText('bold', app.padEnd(10))} ${styleText('cyan', url)}`),
    '',
    `  export KUBECONFIG=${kubeconfigPath(name)}`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
