import type { GatedApp } from './config.ts';

/** Requests of one or several pods in a time. */
export interface PodRequests {
  all: number;
  failed: number;
}

/** `quiet`: too few requests failed to tell. `alike`: the old pods fail as many, or chance may be the reason. */
export type Judgement = 'quiet' | 'alike' | 'worse';

/**
 * Standard errors between two shares that chance does not explain: one new pod of some seven hundred that is no worse is stopped at each
 * look.
 */
const standardErrors = 3;

/**
 * Whether a new pod fails more requests than the old ones (one-sided test of two proportions). Without requests of the old pods nothing
 * can be told.
 */
export function judge(
  young: PodRequests,
  old: PodRequests,
  limit: Pick<GatedApp, 'most' | 'from'>,
): Judgement {
  if (young.failed < limit.from) return 'quiet';
  if (old.all === 0) return 'alike';
  const excess = young.failed / young.all - old.failed / old.all - limit.most / 100;
  const share = (young.failed + old.failed) / (young.all + old.all);
  const error = Math.sqrt(share * (1 - share) * (1 / young.all + 1 / old.all));
  return excess > 0 && excess > standardErrors * error ? 'worse' : 'alike';
}

/** The requests of both, for people. */
export function inWords(young: PodRequests, old: PodRequests, { most }: Pick<GatedApp, 'most'>): string {
  return `${young.failed} of its ${young.all} requests failed, of the old pods ${old.failed} of ${old.all}; ${most} % more may fail`;
}
