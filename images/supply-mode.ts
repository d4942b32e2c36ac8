import { fetchOutside } from './fetch-outside.ts';

/** Whether images are fetched from where upstream publishes them, or built here. */
export type SupplyMode = 'pull' | 'build';

let probed: Promise<SupplyMode> | undefined;

/**
 * `PLINTH_SUPPLY` says it, or `auto`: whether a registry of images answers from here, asked once per run.
 */
export function supplyMode(): Promise<SupplyMode> {
  const wanted = process.env.PLINTH_SUPPLY ?? 'auto';
  if (wanted === 'pull' || wanted === 'build') return Promise.resolve(wanted);
  if (wanted !== 'auto') {
    throw new Error(`PLINTH_SUPPLY is '${wanted}': set it to auto, pull or build, or unset it`);
  }
  probed ??= probe();
  return probed;
}

async function probe(): Promise<SupplyMode> {
  try {
    const response = await fetchOutside('https://registry.k8s.io/v2/', { signal: AbortSignal.timeout(3000) });
    // What is no registry, such as the page of a firewall, answers otherwise.
    return response.ok || response.status === 401 ? 'pull' : 'build';
  } catch {
    return 'build';
  }
}
