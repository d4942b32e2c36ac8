import type { SourceChange, SourceChanges } from './source-changes.ts';

/** Commits shown of one list; the others are counted. */
const most = 50;

/** The commits of a change as a list in Markdown; empty if there are none. */
export function listOfChanges({ added, removed, missing }: SourceChanges): string {
  const gone = removed.length === 0 ? '' : `Rolled back, so that these are gone:\n\n${list(removed)}`;
  const lacks = missing.map(
    (commit) =>
      `The commits are not known: this checkout lacks ${commit.slice(0, 12)} (git fetch --unshallow, or git fetch --all).\n`,
  );
  return `${list(added)}${gone}${lacks.join('')}`;
}

function list(changes: readonly SourceChange[]): string {
  const lines = changes
    .slice(0, most)
    .map(
      ({ commit, author, subject }) =>
        `- ${plainText(subject)} (${plainText(author)}, ${commit.slice(0, 12)})\n`,
    );
  return [...lines, ...(changes.length > most ? [`- … and ${changes.length - most} more\n`] : [])].join('');
}

/** A text that Markdown shows as it is: a subject such as `<!--` would hide all that follows. */
export function plainText(text: string): string {
  return text.replaceAll(/[\\`*<>[\]]/g, '\\$&');
}
