import type { RegistryAnswer } from './ask-registry.ts';

/** Whether images are pulled from their registries or built here. */
export type SupplyMode = 'pull' | 'build';

/** The previous source of images on this machine. */
export interface RememberedSupply {
  mode: SupplyMode;
  /** Whether a person chose it; false if it was decided by the answers of the registries. */
  chosen: boolean;
  /** Time of the decision in ISO 8601. */
  at: string;
  /** File name of the bundle with the images. Default: none. */
  bundle?: string | undefined;
}

/** The decision and its message. */
export type SupplyDecision =
  | { mode: SupplyMode; text: string }
  /** Something other than a registry answers: a person has to choose. */
  | { mode: 'undecided'; text: string }
  /** Nothing answers, and this machine cannot build. */
  | { mode: 'impossible'; text: string };

/** Time and disk space of a full build, for messages. */
export const buildCost = '20 to 40 minutes on two cores and 17 GB on the disk while it runs, once';

/** Decides by the answers of the registries. `missing`: the tools that this machine lacks to build. */
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
        `${registries.length === 0 ? 'no image registry answers as one' : `only ${listed(registries)} ${registries.length === 1 ? 'answers' : 'answer'} as an image registry`} ` +
        `(${told}), so nothing starts. Networks with a sign-in page and some proxies answer so. To pull anyway: PLINTH_SUPPLY=pull. ` +
        `To use your own mirror: PLINTH_REGISTRY_MIRROR. To build everything here, ${buildCost}${needs}: PLINTH_SUPPLY=build`,
    };
  }
  if (missing.length > 0) {
    return {
      mode: 'impossible',
      text:
        `no image registry answers (${told}), and to build images this machine lacks ${missing.join(', ')}. Connect it to the ` +
        'internet (behind a proxy: export HTTPS_PROXY=http://HOST:PORT), or set a mirror of the registries: export PLINTH_REGISTRY_MIRROR=HOST',
    };
  }
  return {
    mode: 'build',
    text: `built here, ${buildCost}: no image registry answers (${told}). To pull instead: PLINTH_SUPPLY=pull`,
  };
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
