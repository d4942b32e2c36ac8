import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import type { Report } from '../../images/index.ts';
import type { Environment } from '../../model/graph.ts';
import { type Authority, authorities, environmentAuthority, personName } from '../../model/identity.ts';
import { Failure } from '../cli/failure.ts';
import { type EndedPhase, Phases, runPhases } from '../cli/phases.ts';
import { type ClusterClient, clusterClient } from '../cluster/client.ts';
import { deploy } from '../deploy/deploy.ts';
import { notedRun, timed } from '../telemetry/run-trace.ts';
import { authorityNamed, environmentNamed } from './authority-named.ts';
import { commitAsItStands, commitRoots, onlyRootsDiffer } from './commit.ts';
import { issue } from './issue.ts';
import { type Missing, missingFor } from './missing.ts';
import { nudge } from './nudge.ts';
import { keyOf, type Observation, observe } from './observe.ts';
import { atRest, type Commit, commitsFrom, type Roots } from './steps.ts';

export interface RotateOptions {
  env: string;
  dryRun?: boolean;
  compromise?: boolean;
}

const confirmSeconds = 600;

/**
 * Rotates an authority to the next generation of its CA with a series of commits to cluster.yaml. Each is
 * deployed and observed in every process before the next. The only state is cluster.yaml and the cluster. The
 * root of an environment also rotates all CAs that it signs.
 */
export async function rotate(name: string, options: RotateOptions): Promise<number> {
  const env = await environmentNamed(options.env);
  const authority = authorityNamed(env, name);
  const { trusted, issuing } = authority;
  const now: Roots = { trusted, issuing };
  const compromise = options.compromise === true;
  const below = authority.anchor !== authority.name;
  if (compromise && below) throw noWayToDrop(env, name);
  const commits = commitsFrom(
    authority,
    trusting(env, name).filter((each) => each !== authority),
    compromise,
  );
  const again = `npm run certs -- rotate ${name}${compromise ? ' --compromise' : ''} --env ${env.name}`;
  if (options.dryRun === true) {
    process.stdout.write(`${describe(env, name, now, commits)}\n`);
    return 0;
  }
  await onlyRootsDiffer(env.name);
  const client = clusterClient(env.cluster.name);
  const context: Context = { env, client, name, again };
  const unfinished = (await look(context)).missing;
  const underWay = !atRest(now) || (issuing > 1 && unfinished.length > 0);
  if (underWay || (unfinished.length > 0 && !compromise)) {
    say(`${name} is at ${inWords(now)}, which is not in use everywhere yet.`);
    // After a compromise no step waits for an earlier one.
    if (atRest(now) || !compromise) {
      await commitAsItStands({ environment: env.name, message: `Certificates: ${name}: ${inWords(now)}` });
      const title = inWords(now);
      await notedRun(env.cluster, 'certs rotate', say, (note) => bring(context, title, note));
      if (underWay && atRest(now)) {
        say(styleText('green', `${name}: only generation ${issuing} is in use: the rotation is complete.`));
        return 0;
      }
    }
  }
  await notedRun(env.cluster, 'certs rotate', say, async (note) => {
    for (const [i, { roots, title }] of commits.entries()) {
      say(styleText('bold', `${i + 1} of ${commits.length}: ${title}`));
      await commitRoots({ environment: env.name, roots, message: `Certificates: ${name}: ${title}` });
      await bring(context, title, note);
    }
  });
  const newest = commits.at(-1)?.roots[name]?.issuing;
  say(
    below
      ? `${styleText('green', `${name}: only generation ${newest} issues and is in use.`)} Certificates of the previous generation stay valid until they expire, within ${env.cluster.identity.certificates.duration}, because the root above both is trusted.`
      : styleText('green', `${name}: only generation ${newest} is trusted and in use.`),
  );
  sayWhoActs(env, authority);
  return 0;
}

/** Says what people do on their own machines, which nobody sees from here. */
function sayWhoActs(env: Environment, authority: Authority): void {
  const people = trusting(env, authority.name).flatMap((each) =>
    each.leaves
      .filter(({ commonName }) => commonName.startsWith(personName('')))
      .map(
        ({ commonName }) =>
          `\n  npm run certs -- issue ${personOf(commonName)} --for ${each.name} --env ${env.name}`,
      ),
  );
  if (people.length > 0) {
    say(`Certificates of people are on machines that cannot be observed. Everyone types:${people.join('')}`);
  }
  if (authority.kind === 'registry') {
    say(
      `Machines that push by a login trust the root of before: everyone types\n  npm run registry -- trust --env ${env.name}`,
    );
  }
  if (authority.kind === 'gateway') {
    say(
      `Browsers trust the previous root. Everyone types\n  npm run certs -- trust-browser --env ${env.name}`,
    );
  }
}

function personOf(commonName: string): string {
  return commonName.slice(personName('').length);
}

/**
 * The authorities that depend on this one's CA certificates: itself, and for the environment's root all
 * others.
 */
function trusting(env: Environment, name: string): Authority[] {
  return authorities(env).filter((each) => each.name === name || each.anchor === name);
}

/** Certificates of an intermediate stay trusted through the environment's root, whichever CA issues. */
function noWayToDrop({ name: env, cluster }: Environment, name: string): Failure {
  return new Failure(
    `clusters/${env}/cluster.yaml has authorities: intermediate, so certificates of the CA of '${name}' stay trusted through the root until they expire, within ${cluster.identity.certificates.duration}: a rotation cannot revoke them at once.`,
    `For an ordinary rotation: npm run certs -- rotate ${name} --env ${env}. To revoke them at once, replace the root and with it all other CAs: npm run certs -- rotate ${environmentAuthority} --compromise --env ${env}`,
  );
}

interface Context {
  env: Environment;
  client: ClusterClient;
  /** The authority that is rotated. */
  name: string;
  again: string;
}

/** The observed state of all affected processes, and the conditions missing for the next step. */
async function look({ env, client, name }: Context): Promise<{ seen: Observation; missing: Missing[] }> {
  const concerned = trusting(env, name);
  const seen = await observe(client, env, concerned);
  const missing = concerned.flatMap((each) => missingFor(each, authorityNamed(env, each.anchor), seen));
  // A missing condition of the root is missing for each authority below it.
  return { seen, missing: [...new Map(missing.map((each) => [each.what, each])).values()] };
}

/** Deploys the state of cluster.yaml, and waits until it is observed in every process. */
async function bring(context: Context, title: string, note: (phase: EndedPhase) => void): Promise<void> {
  const { env, name, again } = context;
  if (env.cluster.source.kind === 'git') {
    const { missing } = await look({ ...context, env: await environmentNamed(env.name) });
    if (missing.length === 0) return;
    throw new Failure(
      `${env.name} reads ${env.cluster.source.url}, which does not have it yet: ${missing[0]?.what}.`,
      `Push the commit: git push. After Flux has applied it, continue with: ${again}`,
    );
  }
  await timed(`Deployed: ${title}`, note, () =>
    deploy({
      environment: env.name,
      apps: [],
      message: `Certificates: ${name}: ${title}`,
      json: false,
      again,
    }),
  );
  // Read again: the derived state has changed with cluster.yaml.
  const after = await environmentNamed(env.name);
  const controller = new AbortController();
  const { signal } = controller;
  const phases = Phases.from({ ...context, env: after }).add({
    title: `Observed in every process: ${title}`,
    run: async (given, report) => {
      await confirm(given, report, signal);
      return { result: {} };
    },
  });
  await runPhases(phases, { controller, again, since: performance.now(), onPhase: note });
}

async function confirm(context: Context, report: Report, signal: AbortSignal): Promise<void> {
  const end = Date.now() + confirmSeconds * 1000;
  const nudged = new Map<string, number>();
  let missing: Missing[] = [];
  while (Date.now() < end) {
    const now = await look(context);
    missing = now.missing;
    if (missing.length === 0) return;
    report(`${missing[0]?.what}${missing.length > 1 ? `, and ${missing.length - 1} more` : ''}`);
    await hasten(context, now, nudged);
    await sleep(2_000, undefined, { signal });
  }
  throw new Failure(
    `${context.name}: after ${confirmSeconds} s ${missing.length === 1 ? 'one condition is' : `${missing.length} conditions are`} still missing:\n${missing
      .map(({ what, remedy }) => `  ${what}\n    ${remedy}`)
      .join('\n')}`,
    `After a correction, continue with: ${context.again}`,
  );
}

/** Speeds up late processes: pods by a nudge, certificates on this machine by a new issue. */
async function hasten(
  { env, client, name }: Context,
  { seen, missing }: { seen: Observation; missing: readonly Missing[] },
  nudged: Map<string, number>,
): Promise<void> {
  for (const leaf of trusting(env, name).flatMap(({ leaves }) => leaves)) {
    for (const { who, by } of seen.uses.get(keyOf(leaf)) ?? []) {
      const late = missing.some(({ what }) => what.startsWith(`${who} `));
      if (!late || Date.now() - (nudged.get(who) ?? 0) < 15_000) continue;
      nudged.set(who, Date.now());
      if (by === 'files') await issue(env, personOf(leaf.commonName), leaf.authority);
      else if (!who.startsWith('node ')) await nudge(client, who);
    }
  }
}

function describe(env: Environment, name: string, now: Roots, commits: readonly Commit[]): string {
  const line = ([name, { trusted, issuing }]: [string, Roots]) =>
    `identity.roots.${name}: { trusted: [${trusted.join(', ')}], issuing: ${issuing} }`;
  return [
    `clusters/${env.name}/cluster.yaml has: ${line([name, now])}`,
    ...commits.flatMap(({ title, roots }, i) => [
      `${i + 1}. ${title}`,
      ...Object.entries(roots).map((each) => `   ${line(each)}`),
    ]),
    'Each step is committed, deployed, and observed in every process before the next.',
  ].join('\n');
}

function inWords({ trusted, issuing }: Roots): string {
  return `generation ${trusted.join(' and ')} trusted, ${issuing} issuing`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
