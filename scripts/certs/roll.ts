import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import type { Environment } from '../../model/graph.ts';
import type { Authority } from '../../model/identity.ts';
import { type ClusterClient, clusterClient } from '../cluster/client.ts';
import { deploy } from '../cluster/deploy.ts';
import { type Report, runPhases } from '../cluster/phases.ts';
import { Failure } from '../failure.ts';
import { commitAsItStands, commitRoots, onlyRootsDiffer } from './commit.ts';
import { authorityNamed, environmentNamed } from './environment.ts';
import { issue } from './issue.ts';
import { type Missing, missingFor } from './missing.ts';
import { nudge } from './nudge.ts';
import { type Observation, observe } from './observe.ts';
import { atRest, type Roots, type Step, stepsFrom } from './steps.ts';

export interface RollOptions {
  env: string;
  dryRun?: boolean;
  compromise?: boolean;
}

const confirmSeconds = 600;

/**
 * Rolls an authority to the next generation of its CA: a series of commits to cluster.yaml, each deployed and then seen
 * in every process before the next. Nothing is noted elsewhere: where it stands is what cluster.yaml and the cluster say.
 */
export async function roll(name: string, options: RollOptions): Promise<number> {
  const env = await environmentNamed(options.env);
  const authority = authorityNamed(env, name);
  const { trusted, issuing } = authority;
  const now: Roots = { trusted, issuing };
  const compromise = options.compromise === true;
  const below = authority.anchor !== authority.name;
  if (compromise && below) throw noWayToDrop(env, name);
  const steps = stepsFrom(now, compromise);
  const again = `npm run certs -- roll ${name}${compromise ? ' --compromise' : ''} --env ${env.name}`;
  if (options.dryRun === true) {
    process.stdout.write(`${describe(env, name, now, steps)}\n`);
    return 0;
  }
  await onlyRootsDiffer(env.name);
  const client = clusterClient(env.cluster.name);
  const context: Context = { env, client, again };
  const unfinished = missingFor(authority, now, await observe(client, env, [authority]));
  const underWay = !atRest(now) || (issuing > 1 && unfinished.length > 0);
  if (underWay || (unfinished.length > 0 && !compromise)) {
    say(`${name} stands at ${inWords(now)}, which is not everywhere yet.`);
    // After a compromise no step waits for an older one.
    if (atRest(now) || !compromise) {
      await commitAsItStands({ environment: env.name, message: `Certificates: ${name}: ${inWords(now)}` });
      await bring(context, name, now, inWords(now));
      if (underWay && atRest(now)) {
        say(
          styleText(
            'green',
            `${name}: generation ${issuing} alone is in use. What was under way is finished.`,
          ),
        );
        return 0;
      }
    }
  }
  for (const [i, { roots, title }] of steps.entries()) {
    say(styleText('bold', `${i + 1} of ${steps.length}: ${title}`));
    await commitRoots({
      ...{ environment: env.name, authority: name, roots },
      message: `Certificates: ${name}: ${title}`,
    });
    await bring(context, name, roots, title);
  }
  const newest = steps.at(-1)?.roots.issuing;
  say(
    below
      ? `${styleText('green', `${name}: generation ${newest} alone issues and is in use.`)} What the one before issued is good until it ends, within ${env.cluster.identity.certificates.duration}: everyone trusts the root above both.`
      : styleText('green', `${name}: generation ${newest} alone is trusted and in use.`),
  );
  const people = authority.leaves.filter(({ commonName }) => commonName.startsWith('person:'));
  if (people.length > 0) {
    const names = people.map(({ commonName }) => commonName.slice('person:'.length));
    say(
      `People have theirs on machines that nobody sees from here: ${names.join(', ')}.\n  npm run certs -- issue NAME --for ${name} --env ${env.name}`,
    );
  }
  return 0;
}

/** Below a root of the environment whatever an intermediate issued is trusted by that root, whoever is still told to issue. */
function noWayToDrop({ name: env, cluster }: Environment, name: string): Failure {
  return new Failure(
    `clusters/${env}/cluster.yaml says authorities: intermediate, so a certificate that the CA of '${name}' issued is trusted by the root above it until it ends, within ${cluster.identity.certificates.duration}: no roll can drop it at once.`,
    `Roll it in order: npm run certs -- roll ${name} --env ${env}. To be rid of it at once, take the way of self-signed roots: authorities: self-signed, in a new cluster.`,
  );
}

interface Context {
  env: Environment;
  client: ClusterClient;
  again: string;
}

/** Brings what cluster.yaml says into the cluster, and waits until every process is seen to do it. */
async function bring(
  { env, client, again }: Context,
  name: string,
  roots: Roots,
  title: string,
): Promise<void> {
  if (env.cluster.source.kind === 'git') {
    const after = await environmentNamed(env.name);
    const left = missingFor(
      authorityNamed(after, name),
      roots,
      await observe(client, after, [authorityNamed(after, name)]),
    );
    if (left.length === 0) return;
    throw new Failure(
      `${env.name} reads ${env.cluster.source.url}, and is not there yet: ${left[0]?.what}.`,
      `Push the commit: git push. When Flux has it, this goes on from here: ${again}`,
    );
  }
  await deploy({ environment: env.name, message: `Certificates: ${name}: ${title}`, json: false, again });
  // Read anew: what is derived from cluster.yaml is another than before.
  const after = await environmentNamed(env.name);
  const controller = new AbortController();
  const { signal } = controller;
  await runPhases(
    [
      {
        title: `Seen in every process: ${title}`,
        run: (report) =>
          confirm({ env: after, client, again }, authorityNamed(after, name), roots, report, signal),
      },
    ],
    { controller, again },
  );
}

async function confirm(
  { env, client, again }: Context,
  authority: Authority,
  roots: Roots,
  report: Report,
  signal: AbortSignal,
): Promise<undefined> {
  const end = Date.now() + confirmSeconds * 1000;
  const nudged = new Map<string, number>();
  let missing: Missing[] = [];
  while (Date.now() < end) {
    const seen = await observe(client, env, [authority]);
    missing = missingFor(authority, roots, seen);
    if (missing.length === 0) return undefined;
    report(`${missing[0]?.what}${missing.length > 1 ? `, and ${missing.length - 1} more` : ''}`);
    await hasten({ env, client, again }, authority, seen, missing, nudged);
    await sleep(2_000, undefined, { signal });
  }
  throw new Failure(
    `${authority.name}: after ${confirmSeconds} s ${missing.length === 1 ? 'one thing is' : `${missing.length} things are`} still missing:\n${missing
      .map(({ what, remedy }) => `  ${what}\n    ${remedy}`)
      .join('\n')}`,
    `When it is mended, it goes on from here with: ${again}`,
  );
}

/** What is late gets its files now: pods by a nudge, this machine's own by a new issue. */
async function hasten(
  { env, client }: Context,
  { name, leaves }: Authority,
  { uses }: Observation,
  missing: readonly Missing[],
  nudged: Map<string, number>,
): Promise<void> {
  for (const leaf of leaves) {
    for (const { who, by } of uses.get(`${leaf.namespace}/${leaf.name}`) ?? []) {
      const late = missing.some(({ what }) => what.startsWith(`${who} `));
      if (!late || Date.now() - (nudged.get(who) ?? 0) < 15_000) continue;
      nudged.set(who, Date.now());
      if (by === 'files') await issue(env, leaf.commonName.slice('person:'.length), name);
      else await nudge(client, who);
    }
  }
}

function describe(env: Environment, name: string, now: Roots, steps: readonly Step[]): string {
  const line = ({ trusted, issuing }: Roots) =>
    `identity.roots.${name}: { trusted: [${trusted.join(', ')}], issuing: ${issuing} }`;
  return [
    `clusters/${env.name}/cluster.yaml says: ${line(now)}`,
    ...steps.map(({ title, roots }, i) => `${i + 1}. ${title}\n   ${line(roots)}`),
    'Each is a commit, is deployed, and is seen in every process before the next.',
  ].join('\n');
}

function inWords({ trusted, issuing }: Roots): string {
  return `generation ${trusted.join(' and ')} trusted, ${issuing} issuing`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
