import type { PublishedVersion } from '../../model/schema/published-images.ts';
import { Failure } from '../cli/failure.ts';
import { fetchAdvice, type Git, hasCommit } from '../delivery/git.ts';
import { contractions } from './expand-only.ts';

/** An obstacle to a roll-back in the migrations between two versions; a person must review it. */
export interface Obstacle {
  /** Path from the repository's root. */
  file: string;
  line: number;
  why: string;
}

/**
 * The obstacles between the running version and an earlier one: later migrations after which the earlier version can fail, and
 * programs with unknown effects.
 * @param reviewed Files that a person has reviewed.
 */
export async function obstacles(
  git: Git,
  options: {
    app: string;
    running: PublishedVersion;
    target: PublishedVersion;
    reviewed: readonly string[];
  },
): Promise<Obstacle[]> {
  const { app, running, target, reviewed } = options;
  const [now, then] = [running.migrations, target.migrations];
  // The tag is the hash of all inputs of the migrations' image.
  if (now === undefined || now.tag === then?.tag) return [];
  const folder = `apps/${app}/migrations`;
  const after = await filesOf(git, now.source, folder);
  const before = then === undefined ? new Map<string, string>() : await filesOf(git, then.source, folder);
  const isSql = (path: string) => path.endsWith('.sql');
  const differing = [...new Set([...after.keys(), ...before.keys()])]
    .filter(
      (path) => after.get(path) !== before.get(path) && !/(^|\/)(Dockerfile|[^/]+\.test\.ts)$/.test(path),
    )
    .filter((path) => !reviewed.includes(path))
    .sort();
  const added = differing.filter((path) => isSql(path) && !before.has(path));
  const contracting = contractions(added.map((name) => ({ name, sql: after.get(name) ?? '' })));
  const found = contracting.flatMap(({ name, found }) =>
    found.map(({ line, why }) => ({ file: name, line, why: `it ${why}` })),
  );
  const changed = differing
    .filter((path) => !added.includes(path))
    .map((file) => ({
      file,
      line: firstDifference(before.get(file), after.get(file)),
      why: isSql(file)
        ? 'it was changed after it ran'
        : 'it is a program, and nobody can tell whether what it did leaves the version before working',
    }));
  const program = `${folder}/Dockerfile`;
  const unseen =
    [...after.keys()].some(isSql) || differing.length > 0 || reviewed.includes(program)
      ? []
      : [{ file: program, line: 1, why: 'its migrations are a program whose packages changed' }];
  return [...found, ...changed, ...unseen];
}

/** @throws Failure if there are obstacles, with file and line of each. */
export function refuseObstacles(app: string, found: readonly Obstacle[], again: string): void {
  if (found.length === 0) return;
  const lines = found.map(({ file, line, why }) => `${file}:${line}: ${why}`);
  const files = [...new Set(found.map(({ file }) => file))];
  throw new Failure(
    `${app} cannot go back: its database has been changed since, and does not go back with it.\n${lines.join('\n')}`,
    `Publish a newer version that mends it. Or, where you have looked at them and know that the version before works with that database: ${again} ${files.map((file) => `--reviewed ${file}`).join(' ')}`,
  );
}

/** The files of a folder in a commit, by path from the root. */
async function filesOf(git: Git, commit: string, folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (!(await hasCommit(git, commit))) {
    throw new Failure(
      `this repository does not have the commit ${commit}, from which the migrations were built.`,
      await fetchAdvice(git),
    );
  }
  const listed = await git(['ls-tree', '-r', '-z', '--full-tree', '--name-only', commit, '--', folder]);
  for (const path of listed.split('\0').filter((path) => path !== ''))
    found.set(path, await git(['cat-file', 'blob', `${commit}:${path}`]));
  return found;
}

/** First line at which two texts differ, counted from 1. */
function firstDifference(before = '', after = ''): number {
  const [a, b] = [before.split('\n'), after.split('\n')];
  const at = a.findIndex((line, i) => line !== b[i]);
  return (at === -1 ? Math.min(a.length, b.length) : at) + 1;
}
