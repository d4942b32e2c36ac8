import type { Authority } from '../../model/identity.ts';
import type { Cluster } from '../../model/schema/cluster.ts';

/** What cluster.yaml says of an authority: the generations of its CA that are trusted, and the one that issues. */
export type Roots = Cluster['identity']['roots'][string];

/** One step of a rotation. */
export interface RotationStep {
  roots: Roots;
  /** What it does, for the commit and for people. */
  title: string;
}

/**
 * What is left to do until a newer generation alone is trusted and issues. From wherever a rotation stands it goes on to the
 * newest generation; from rest, to the one after it. `compromise`: the older ones go at once, whoever still holds a
 * certificate of theirs.
 */
export function stepsFrom({ trusted, issuing }: Roots, compromise = false): RotationStep[] {
  const newest = trusted.length > 1 ? Math.max(...trusted) : issuing + 1;
  const old = trusted.filter((generation) => generation !== newest).sort((a, b) => a - b);
  const all = [...old, newest];
  const last: RotationStep = {
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

/** One commit of a rotation. */
export interface Commit {
  /** Roots by authority, as written into cluster.yaml. */
  roots: Record<string, Roots>;
  title: string;
}

/**
 * The steps of an authority as commits. `below`: the authorities whose CAs it signs. With a new root to issue, each of
 * them goes on to a generation that was never below the old one, so that every leaf is issued anew, below the new one.
 */
export function commitsFrom(
  { name, ...now }: Pick<Authority, 'name' | keyof Roots>,
  below: readonly Pick<Authority, 'name' | keyof Roots>[],
  compromise = false,
): Commit[] {
  return stepsFrom(now, compromise).map(({ roots, title }, _, steps) => {
    const anew = steps.at(-1)?.roots.issuing !== now.issuing;
    const moved = below.map((each) => {
      const issuing = anew ? Math.max(...each.trusted) + 1 : each.issuing;
      const trusted = atRest(roots) ? [issuing] : [...new Set([...each.trusted, issuing])];
      return [each.name, { trusted, issuing }] as const;
    });
    if (below.length === 0 || (anew && roots.issuing === now.issuing))
      return { roots: { [name]: roots }, title };
    return {
      roots: { [name]: roots, ...Object.fromEntries(moved) },
      title: anew && !atRest(roots) ? `${title}, to a new generation of each CA below it` : title,
    };
  });
}

/** Whether nothing of a rotation is under way, as far as cluster.yaml says. */
export function atRest({ trusted }: Roots): boolean {
  return trusted.length === 1;
}
