import type { Cluster } from '../../model/cluster.ts';

/** What cluster.yaml says of an authority: the generations of its CA that are trusted, and the one that issues. */
export type Roots = Cluster['identity']['roots'][string];

/** One commit of a roll. */
export interface Step {
  roots: Roots;
  /** What it does, for the commit and for people. */
  title: string;
}

/**
 * What is left to do until a newer generation alone is trusted and issues. From wherever a roll stands it goes on to the
 * newest generation; from rest, to the one after it. `compromise`: the older ones go at once, whoever still holds a
 * certificate of theirs.
 */
export function stepsFrom({ trusted, issuing }: Roots, compromise = false): Step[] {
  const newest = trusted.length > 1 ? Math.max(...trusted) : issuing + 1;
  const old = trusted.filter((generation) => generation !== newest).sort((a, b) => a - b);
  const all = [...old, newest];
  const last: Step = {
    roots: { trusted: [newest], issuing: newest },
    title: `generation ${old.join(' and ')} is no longer trusted`,
  };
  if (compromise) {
    return [{ ...last, title: `generation ${newest} alone is trusted and issues, at once` }];
  }
  return [
    ...(trusted.includes(newest)
      ? []
      : [{ roots: { trusted: all, issuing }, title: `generation ${newest} is trusted too` }]),
    ...(issuing === newest
      ? []
      : [{ roots: { trusted: all, issuing: newest }, title: `generation ${newest} issues` }]),
    last,
  ];
}

/** Whether nothing of a roll is under way, as far as cluster.yaml says. */
export function atRest({ trusted }: Roots): boolean {
  return trusted.length === 1;
}
