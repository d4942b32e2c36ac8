import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { buildEnvironment, runEngine } from '../images/engine/index.ts';
import { type Engine, findEngine } from '../images/index.ts';
import { parseReference } from '../images/oci/index.ts';
import { ensureBases } from '../scripts/app-images/app-images.ts';
import { withBuildContext } from '../scripts/app-images/build-context.ts';
import { bundle } from '../scripts/app-images/bundle.ts';
import { npmCommand, runCommand } from '../scripts/cli/command.ts';
import { Failure } from '../scripts/cli/failure.ts';
import { table } from '../scripts/cli/table.ts';
import { nodeKubectl } from '../scripts/cluster/node-kubectl.ts';
import { renderEnvironment } from '../scripts/flux/render-environment.ts';
import { nodeContainers } from '../scripts/kind/kind-nodes.ts';
import { repositoryRoot } from '../scripts/repository/read-cluster.ts';
import { RunningDeploy } from './deploy/running-deploy.ts';
import { median } from './measure.ts';

/** The file of the app that each round changes; it is removed at the end. */
const marker = 'bench-deploy.txt';

const sides = ['by hand', 'deploy', 'deploy --watch'] as const;
type Side = (typeof sides)[number];

/** Measurement of one deploy, in seconds from the save to ready new pods. */
interface Round {
  side: Side;
  seconds: number;
  /** Steps with their durations. */
  steps: Record<string, number>;
}

const program = npmCommand('bench:deploy')
  .description(
    'Measures the time from a saved file of an app to ready new pods in a running Kind cluster, one deploy straight after the other: with `npm run deploy -- APP`, at a save under its `--watch`, and by hand with esbuild, the engine, `ctr import` and `kubectl set image`, in turn.',
  )
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--app <name>', 'an app with a Dockerfile and a Deployment of its name', 'home')
  .option(
    '--rounds <number>',
    'rounds of each side; the first warms the caches and does not count',
    Number,
    4,
  )
  .option('--json', 'print the figures as JSON')
  .action((options: { env: string; app: string; rounds: number; json?: boolean }) =>
    runCommand(async () => {
      const rounds = await measureAll(options);
      const machine = { cores: availableParallelism(), load: loadavg()[0] ?? 0 };
      process.stdout.write(
        options.json === true ? `${JSON.stringify({ machine, rounds })}\n` : report(rounds, machine),
      );
      return 0;
    }),
  );

await program.parseAsync();

async function measureAll({
  env,
  app: name,
  rounds,
}: {
  env: string;
  app: string;
  rounds: number;
}): Promise<Round[]> {
  const { environment } = await renderEnvironment(repositoryRoot, env);
  const app = environment.apps.find((each) => each.name === name);
  const engine = await findEngine();
  const cluster = environment.cluster.name;
  const nodes = engine === undefined ? [] : await nodeContainers(engine, cluster);
  if (engine === undefined || nodes.length === 0)
    throw new Failure(
      `the cluster ${cluster} does not run on this machine.`,
      'Start it: npm run init-cluster',
    );
  if (app === undefined || !('build' in app.image))
    throw new Failure(`${env} has no app '${name}' with a Dockerfile.`, 'Name one by --app.');
  const folder = `apps/${name}`;
  const entry = app.image.bundle;
  const { tag } = parseReference(app.imageRef);
  const context = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
  await withBuildContext({ root: repositoryRoot, folder, entry, tag }, async (made) =>
    cpSync(made.folder, context, { recursive: true }),
  );
  await ensureBases(readFileSync(join(repositoryRoot, folder, 'Dockerfile'), 'utf8'), {
    engine,
    report: (what) => process.stderr.write(`${what}\n`),
  });
  const hand = { engine, cluster, name, folder, entry, context, nodes: nodes.map((node) => node.name) };
  const source = join(repositoryRoot, folder, marker);
  const measured: Round[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      // Each save has new content: otherwise nothing would be built.
      const text = `${Date.now()} ${round}\n`;
      const turns = [
        () => byHand(hand, text, app.imageRef.replace(/[:@].*$/, '')),
        () => byDeploy(env, name, source, text),
        () => byWatch(env, name, source, `${text}watched\n`),
      ];
      for (const turn of round % 2 === 0 ? turns : turns.reverse()) {
        const result = await turn();
        process.stderr.write(`round ${round}, ${result.side}: ${result.seconds.toFixed(1)} s\n`);
        if (round > 0) measured.push(result);
      }
    }
  } finally {
    rmSync(context, { recursive: true, force: true });
    rmSync(source, { force: true });
    process.stderr.write('restoring the app\n');
    await byDeploy(env, name);
  }
  return measured;
}

/** Time from the save to the line that reports the new pods. */
async function byDeploy(env: string, name: string, file?: string, text = ''): Promise<Round> {
  const started = performance.now();
  if (file !== undefined) writeFileSync(file, text);
  const running = new RunningDeploy(env, name);
  const done = await running.next();
  await running.ended;
  return { side: 'deploy', seconds: (done.at - started) / 1000, steps: done.steps };
}

/** The same for a save while `deploy --watch` runs and has nothing to do. */
async function byWatch(env: string, name: string, file: string, text: string): Promise<Round> {
  const running = new RunningDeploy(env, name, '--watch');
  try {
    await running.next();
    await running.watches;
    const started = performance.now();
    writeFileSync(file, text);
    const done = await running.next();
    return { side: 'deploy --watch', seconds: (done.at - started) / 1000, steps: done.steps };
  } finally {
    running.stop();
    await running.ended;
  }
}

interface Hand {
  engine: Engine;
  cluster: string;
  name: string;
  folder: string;
  entry: string | undefined;
  /** An existing build context. */
  context: string;
  nodes: readonly string[];
}

/** The commands of a person with kubectl and the engine, without Flux. */
async function byHand(
  { engine, cluster, name, folder, entry, context, nodes }: Hand,
  text: string,
  repository: string,
): Promise<Round> {
  const started = performance.now();
  const steps: Record<string, number> = {};
  const step = async (title: string, work: () => Promise<unknown>): Promise<void> => {
    const begun = performance.now();
    await work();
    steps[title] = (performance.now() - begun) / 1000;
  };
  writeFileSync(join(context, marker), text);
  const image = `${repository}:bench-${Date.now()}`;
  await step('bundle', async () => {
    if (entry === undefined) return;
    await bundle({ root: repositoryRoot, folder, entry });
    cpSync(join(repositoryRoot, folder, 'dist'), join(context, 'dist'), { recursive: true });
  });
  await step('build', () =>
    runEngine({ ...engine, env: { ...engine.env, ...buildEnvironment(engine) } }, [
      ...['build', '--quiet', '--tag', image, context],
    ]),
  );
  await step('into the nodes', () =>
    Promise.all(
      nodes.map((node) =>
        execa(engine.command, ['save', image], { env: engine.env, encoding: 'buffer', buffer: false }).pipe(
          engine.command,
          ['exec', '-i', node, 'ctr', '-n', 'k8s.io', 'images', 'import', '-'],
          { env: engine.env },
        ),
      ),
    ),
  );
  await step('set image', () =>
    nodeKubectl(engine, cluster, ['-n', name, 'set', 'image', `deployment/${name}`, `*=${image}`]),
  );
  await step('roll-out', () =>
    nodeKubectl(engine, cluster, ['-n', name, 'rollout', 'status', `deployment/${name}`, '--timeout=120s']),
  );
  return { side: 'by hand', seconds: (performance.now() - started) / 1000, steps };
}

function report(rounds: readonly Round[], machine: { cores: number; load: number }): string {
  const of = (side: Round['side']) => rounds.filter((round) => round.side === side);
  const seconds = (list: readonly Round[]) => list.map((round) => round.seconds);
  const rows = sides.flatMap((side) => {
    const mine = of(side);
    if (mine.length === 0) return [];
    const titles = Object.keys(mine[0]?.steps ?? {});
    return [
      [
        side,
        `${median(seconds(mine)).toFixed(1)} s`,
        mine.map((round) => round.seconds.toFixed(1)).join(' '),
      ],
      ...titles.map((title) => [
        `  ${title}`,
        `${median(mine.map((round) => round.steps[title] ?? 0)).toFixed(1)} s`,
        '',
      ]),
    ];
  });
  const ratios = sides.slice(1).map((side) => {
    const ratio = median(seconds(of(side))) / median(seconds(of('by hand')));
    return [`${side} to by hand`, `${ratio.toFixed(2)} x`, ''];
  });
  const lines = table(['', 'MEDIAN', 'EACH'], [...rows, ...ratios]);
  return `${lines.join('\n')}\n${machine.cores} cores, load ${machine.load.toFixed(1)}.\n`;
}
