import type { SupplyDecision } from '../../images/supply/index.ts';
import { type CheckResult, fail, ok, warn } from './check-result.ts';

/** A server, and whether it answered. */
export interface ReachResult {
  /** Its host: `ghcr.io`. */
  place: string;
  reached: boolean;
  /** Reason of the failure, in one line. */
  why?: string;
}

/** The decision to pull or build, and which registries answer. */
export interface ImagesInput {
  decision: SupplyDecision;
  registries: ReachResult[];
}

/** The source of images, by the same decision as in init-cluster. */
export function imageSupply({ decision: { mode, text }, registries }: ImagesInput): CheckResult {
  if (mode === 'undecided')
    return warn(text, 'Choose: export PLINTH_SUPPLY=pull, or export PLINTH_SUPPLY=build');
  if (mode === 'impossible') return fail(text, 'Connect this machine to the network, then: npm run doctor');
  const silent = mode === 'pull' ? registries.filter(({ reached }) => !reached) : [];
  if (silent.length === 0) return ok(text);
  return warn(
    `${text}; but ${silent.map(({ place, why }) => `${place} does not answer (${why ?? 'no reason'})`).join(', ')}`,
    'To build everything here instead: export PLINTH_SUPPLY=build',
  );
}

/** A server from which missing items are fetched. */
export interface SourceInput {
  /** The kind of item: `program`. */
  what: string;
  answer: ReachResult;
  /** Number of items still to be fetched from it; 0: it is not needed now. */
  pending: number;
  mend: string;
}

/** Whether a server answers, if something must be fetched from it. */
export function source({ what, answer, pending, mend }: SourceInput): CheckResult {
  if (answer.reached) return ok(`${answer.place} answers`);
  const found = `${answer.place} does not answer (${answer.why ?? 'no reason'})`;
  if (pending === 0) return ok(`${found}; nothing must be fetched from it now`);
  return fail(
    `${found}, and ${pending === 1 ? `one ${what} has` : `${pending} ${what}s have`} to be fetched from it`,
    mend,
  );
}
