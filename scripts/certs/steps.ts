import type { Authority } from '../../model/identity.ts';
import type { Cluster } from '../../model/schema/cluster.ts';

/** The generations of an authority's CA in cluster.yaml: the trusted ones, and the one that issues. */
export type Roots = Cluster['identity']['roots'][string];

/** One step of a rotation. */
export interface RotationStep {
  roots: Roots;
  /** Text for the commit and for people. */
  title: string;
}

/**
 * The remaining steps until only the newest generation is trusted and issues. An interrupted rotation
 * continues to its newest generation; otherwise the next generation is added. `compromise`: older generations
 * are removed at once, even if their certificates are still in use.
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
    return [{ ...last, title: `only generation ${newest} is trusted and issues, at once` }];
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
 * The steps of an authority as commits. `below`: the authorities whose CAs it signs. When a new root issues,
 * each of them moves to a new generation, so that every certificate is reissued below the new root.
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

/** Whether cluster.yaml shows no rotation in progress. */
export function atRest({ trusted }: Roots): boolean {
  return trusted.length === 1;
}
