import type { RegistryAnswer } from './ask-registry.ts';

/** Whether images are pulled from where upstream publishes them, or built here. */
export type SupplyMode = 'pull' | 'build';

/** How images were had on this machine before. */
export interface RememberedSupply {
  mode: SupplyMode;
  /** Whether a person chose it; else it followed from what the registries answered. */
  chosen: boolean;
  /** When, as ISO 8601 has it. */
  at: string;
  /** File name of the bundle that everything came from. Default: none. */
  bundle?: string | undefined;
}

/** What follows from the answers, and what to say of it. */
export type SupplyDecision =
  | { mode: SupplyMode; text: string }
  /** Something answers that is no registry: a person has to choose. */
  | { mode: 'undecided'; text: string }
  /** Nothing answers, and this machine cannot build. */
  | { mode: 'impossible'; text: string };

/** What building everything costs, for who has to choose. */
export const buildCost = '20 to 40 minutes on two cores and 17 GB on the disk while it runs, once';

/** What to do, by what each registry answered. `missing`: what this machine lacks to build. */
export function decideSupply(
  answers: readonly RegistryAnswer[],
  missing: readonly string[],
  remembered?: RememberedSupply,
): SupplyDecision {
  const registries = answers.filter(({ kind }) => kind === 'registry').map(({ host }) => host);
  const rest = answers.filter(({ kind }) => kind !== 'registry');
  const told = rest.map(({ host, said }) => `${host}: ${said}`).join('; ');
  const needs = missing.length === 0 ? '' : `, for which this machine lacks ${missing.join(', ')}`;
  if (rest.length === 0) {
    return {
      mode: 'pull',
      text: `pulled, about 2 GB once: ${listed(registries)} ${registries.length === 1 ? 'answers' : 'answer'}. To build instead: PLINTH_SUPPLY=build`,
    };
  }
  if (remembered?.mode === 'build') {
    return {
      mode: 'build',
      text: `built here, as since ${remembered.at.slice(0, 10)} (${told}). To pull instead: PLINTH_SUPPLY=pull`,
    };
  }
  if (rest.some(({ kind }) => kind === 'other') || registries.length > 0) {
    return {
      mode: 'undecided',
      text:
        `${registries.length === 0 ? 'no registry of images answers as one' : `only ${listed(registries)} ${registries.length === 1 ? 'answers' : 'answer'} as a registry of images`} ` +
        `(${told}), so nothing is begun. A network that wants you to sign in, or a proxy, answers so. To pull all the same: PLINTH_SUPPLY=pull. ` +
        `From a mirror of your own: PLINTH_REGISTRY_MIRROR. To build everything here, ${buildCost}${needs}: PLINTH_SUPPLY=build`,
    };
  }
  if (missing.length > 0) {
    return {
      mode: 'impossible',
      text:
        `no registry of images answers (${told}), and to build them here this machine lacks ${missing.join(', ')}. Connect it to the ` +
        'internet (behind a proxy: export HTTPS_PROXY=http://HOST:PORT), or name a mirror of the registries: export PLINTH_REGISTRY_MIRROR=HOST',
    };
  }
  return {
    mode: 'build',
    text: `built here, ${buildCost}: no registry of images answers (${told}). To pull instead: PLINTH_SUPPLY=pull`,
  };
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
