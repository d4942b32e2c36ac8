import { suggest } from '../../model/diagnostics/nearest.ts';
import type { Environment } from '../../model/graph.ts';
import { type Authority, authorities, environmentAuthority } from '../../model/identity.ts';
import { loadGraph } from '../../model/load-graph.ts';
import { Failure } from '../cli/failure.ts';
import { ProblemsFailure } from '../render/problems-failure.ts';
import { readCluster, repositoryRoot } from '../repository/read-cluster.ts';

/** An environment as its descriptions say. */
export async function environmentNamed(name: string): Promise<Environment> {
  // Lists the existing environments.
  readCluster(name);
  const { environments, problems } = await loadGraph(repositoryRoot);
  if (problems.length > 0) throw new ProblemsFailure(problems);
  const found = environments.find((each) => each.name === name);
  if (found === undefined) throw new Error(`${name} is described and not part of the graph`);
  return found;
}

export function authorityNamed(env: Environment, name: string): Authority {
  const all = authorities(env);
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  const next = suggest(
    name,
    all.map((each) => each.name),
    `see which there are: npm run certs -- list --env ${env.name}`,
  );
  throw new Failure(
    `there is no authority '${name}' in ${env.name}: apps with a mutual port have one of their name, databases NAME-db, and where cluster.yaml says authorities: intermediate there is '${environmentAuthority}', above all others.`,
    next.charAt(0).toUpperCase() + next.slice(1),
  );
}
