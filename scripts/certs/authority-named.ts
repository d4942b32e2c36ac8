import { suggest } from '../../model/diagnostics/nearest.ts';
import type { Environment } from '../../model/graph.ts';
import { type Authority, authorities, whoHasAuthorities } from '../../model/identity.ts';
import { loadGraph } from '../../model/load-graph.ts';
import { Failure } from '../cli/failure.ts';
import { DiagnosticsFailure } from '../render/diagnostics-failure.ts';
import { readCluster, repositoryRoot } from '../repository/read-cluster.ts';

/** An environment of the graph, by name. */
export async function environmentNamed(name: string): Promise<Environment> {
  // Lists the existing environments.
  readCluster(name);
  const { environments, diagnostics } = await loadGraph(repositoryRoot);
  if (diagnostics.length > 0) throw new DiagnosticsFailure(diagnostics);
  const found = environments.find((each) => each.name === name);
  if (found === undefined) throw new Error(`${name} is described but not part of the graph`);
  return found;
}

export function authorityNamed(env: Environment, name: string): Authority {
  const all = authorities(env);
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  const next = suggest(
    name,
    all.map((each) => each.name),
    `list the existing ones: npm run certs -- list --env ${env.name}`,
  );
  throw new Failure(
    `there is no authority '${name}' in ${env.name}: ${whoHasAuthorities}.`,
    next.charAt(0).toUpperCase() + next.slice(1),
  );
}
