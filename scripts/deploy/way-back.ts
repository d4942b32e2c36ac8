import { Failure } from '../cli/failure.ts';

/**
 * The same failure, with the commands that go back to the commit before. `rollback` is none of them: it refuses environments whose
 * manifests are in the cluster, and `deploy` writes to no others.
 */
export function withWayBack(error: unknown, environment: string, commit: string): unknown {
  if (!(error instanceof Failure)) return error;
  const ways = [
    'correct it, and type the same command again',
    `go back, in a clone of the manifest repository of ${environment} (docs/working-with-a-cluster.md): git revert --no-edit ${commit.slice(0, 12)} && git push`,
  ];
  return new Failure(error.message, `${error.next}\n  Then ${ways.join('\n  Or ')}`, { cause: error });
}
