import type { PublishedVersion } from '../../model/schema/published-images.ts';
import { type Git, hasCommit, isAncestor } from '../delivery/git.ts';

/** A commit of the sources. */
export interface SourceChange {
  commit: string;
  author: string;
  subject: string;
}

/** What a version brought or took away. */
export interface SourceChanges {
  added: SourceChange[];
  /** Commits that the version before had: it was rolled back. */
  removed: SourceChange[];
  /** Commits that this checkout does not have, so that the lists are not complete. */
  missing: string[];
}

/** Paths that `publish`, `promote`, `rollback` and `preview` write: their commits change no sources. */
const everything = [
  '.',
  ':(exclude)manifests',
  ':(exclude)clusters/*/images.yaml',
  ':(exclude)clusters/*/previews.yaml',
];

/** Commits of the sources between two of them that change these paths, the newest first. Default: any path of the sources. */
export async function changesBetween(
  git: Git,
  { from, to }: { from: string; to: string },
  paths: readonly string[] = everything,
): Promise<SourceChanges> {
  const missing: string[] = [];
  for (const commit of new Set([from, to])) if (!(await hasCommit(git, commit))) missing.push(commit);
  if (from === to || missing.length > 0) return { added: [], removed: [], missing };
  const back = await isAncestor(git, to, from);
  const range = back ? `${to}..${from}` : `${from}..${to}`;
  const text = await git(['log', '--no-merges', '--format=%H%x09%an%x09%s', range, '--', ...paths]);
  const found = text.split('\n').flatMap((line): SourceChange[] => {
    const [commit, author = '', ...subject] = line.split('\t');
    return commit ? [{ commit, author, subject: subject.join(' ') }] : [];
  });
  return { added: back ? [] : found, removed: back ? found : [], missing };
}

/** Commits between two versions of an app that change its folder. */
export async function changesOfApp(
  git: Git,
  app: string,
  { before, after }: { before: PublishedVersion; after: PublishedVersion },
): Promise<SourceChanges> {
  const all: SourceChanges = { added: [], removed: [], missing: [] };
  for (const kind of ['image', 'migrations'] as const) {
    const [from, to] = [before[kind], after[kind]];
    if (from === undefined || to === undefined || from.digest === to.digest) continue;
    const found = await changesBetween(git, { from: from.source, to: to.source }, [`apps/${app}`]);
    for (const list of ['added', 'removed'] as const)
      all[list].push(
        ...found[list].filter(({ commit }) => all[list].every((each) => each.commit !== commit)),
      );
    all.missing = [...new Set([...all.missing, ...found.missing])];
  }
  return all;
}
