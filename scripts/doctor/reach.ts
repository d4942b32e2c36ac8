import type { SupplyDecision } from '../../images/supply/index.ts';
import { type CheckResult, fail, ok, warn } from './check.ts';

/** One place on the network and whether it answered. */
export interface ReachResult {
  /** Host, as people know it: `ghcr.io`. */
  place: string;
  reached: boolean;
  /** Why not, in one line. */
  why?: string;
}

/** How images are had, and which registries answer. */
export interface ImagesInput {
  decision: SupplyDecision;
  registries: ReachResult[];
}

/** Where images come from: the same decision as init-cluster's. */
export function imageSupply({ decision: { mode, text }, registries }: ImagesInput): CheckResult {
  if (mode === 'undecided')
    return warn(text, 'Choose: export PLINTH_SUPPLY=pull, or export PLINTH_SUPPLY=build');
  if (mode === 'impossible') return fail(text, 'Connect this machine, then: npm run doctor');
  const silent = mode === 'pull' ? registries.filter(({ reached }) => !reached) : [];
  if (silent.length === 0) return ok(text);
  return warn(
    `${text}; but ${silent.map(({ place, why }) => `${place} does not answer (${why ?? 'no reason'})`).join(', ')}`,
    'To build everything here instead: export PLINTH_SUPPLY=build',
  );
}

/** Something that is fetched while there is work left to do. */
export interface SourceInput {
  /** One of what comes from there: `program`. */
  what: string;
  answer: ReachResult;
  /** How much is still to be fetched from there; 0: it is not needed now. */
  pending: number;
  mend: string;
}

/** Whether a source answers, when something has to come from it. */
export function source({ what, answer, pending, mend }: SourceInput): CheckResult {
  if (answer.reached) return ok(`${answer.place} answers`);
  const found = `${answer.place} does not answer (${answer.why ?? 'no reason'})`;
  if (pending === 0) return ok(`${found}; nothing has to come from there now`);
  return fail(
    `${found}, and ${pending === 1 ? `one ${what} has` : `${pending} ${what}s have`} to come from there`,
    mend,
  );
}
