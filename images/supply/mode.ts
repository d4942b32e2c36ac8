import { mkdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { cacheDir } from '../cache/paths.ts';
import { loadLock } from '../lock/read.ts';
import { ownHost, parseReference } from '../oci/reference.ts';
import type { Report } from '../report.ts';
import { askRegistry } from './ask-registry.ts';
import { missingToBuild } from './can-build.ts';
import { decideSupply, type RememberedSupply, type SupplyDecision, type SupplyMode } from './decision.ts';

const rememberedSchema = z.object({
  mode: z.enum(['pull', 'build']),
  chosen: z.boolean(),
  at: z.string(),
  bundle: z.string().optional(),
});

/** No decision: something other than a registry answers, so a person has to choose. */
export class SupplyUndecided extends Error {
  override readonly name = 'SupplyUndecided';
}

let decided: Promise<{ mode: SupplyMode; text: string }> | undefined;

/**
 * The source of missing images: `PLINTH_SUPPLY`, else the previous source on this machine, else by the answers of the
 * registries, which get one request per run. The decision is reported and stored in the cache. After an earlier pull the
 * source stays pull; a registry without an answer then fails the pull.
 * @param registryMirror The mirror of cluster.yaml, used instead of the registries. Default: none.
 * @param images The images that are needed: see `imageHosts`.
 * @throws SupplyUndecided if the answers allow no decision.
 */
export async function supplyMode(
  report: Report,
  registryMirror = '',
  images?: readonly string[],
): Promise<SupplyMode> {
  decided ??= decide(report, registryMirror, images);
  return (await decided).mode;
}

/** Decides like `supplyMode` and returns the message. */
export async function saidSupply(...asked: Parameters<typeof supplyMode>): Promise<string> {
  await supplyMode(...asked);
  return (await decided)?.text ?? '';
}

async function decide(
  report: Report,
  registryMirror: string,
  images: readonly string[] | undefined,
): Promise<{ mode: SupplyMode; text: string }> {
  const decision = await findSupply(registryMirror, images);
  const { mode, text } = decision;
  if (mode === 'undecided') throw new SupplyUndecided(text);
  if (mode === 'impossible') throw new Error(text);
  report(`images are ${text}`);
  if (decision.asked) await remember(mode, false);
  return { mode, text };
}

/** Determines the source without storing it. `asked`: whether the registries were asked in this call. */
export async function findSupply(
  registryMirror = '',
  images?: readonly string[],
): Promise<SupplyDecision & { asked: boolean }> {
  const wanted = process.env.PLINTH_SUPPLY || undefined;
  const known = (mode: SupplyMode, why: string) => ({
    mode,
    text: `${mode === 'pull' ? 'pulled' : 'built here'}, ${why}`,
    asked: false,
  });
  if (wanted === 'pull' || wanted === 'build') return known(wanted, 'as PLINTH_SUPPLY says');
  if (wanted !== undefined && wanted !== 'auto')
    throw new Error(`PLINTH_SUPPLY is '${wanted}': set it to auto, pull or build, or unset it`);
  // `auto` ignores the previous source.
  const remembered = wanted === 'auto' ? undefined : readRemembered();
  if (remembered !== undefined && (remembered.mode === 'pull' || remembered.chosen)) {
    const since = remembered.at.slice(0, 10);
    if (remembered.bundle !== undefined)
      return known(
        remembered.mode,
        `and came from the bundle ${remembered.bundle} on ${since}. To ask the registries: PLINTH_SUPPLY=auto`,
      );
    return known(
      remembered.mode,
      `as on this machine since ${since}. To ask the registries again: PLINTH_SUPPLY=auto`,
    );
  }
  const answers = await Promise.all(imageHosts(images).map((host) => askRegistry(host, { registryMirror })));
  return { ...decideSupply(answers, missingToBuild(), remembered), asked: true };
}

/** Stores the choice of a person or of a loaded bundle for this and later runs, without requests to registries. */
export async function chooseSupply(mode: SupplyMode, bundle?: string): Promise<void> {
  await remember(mode, true, bundle);
  decided = undefined;
}

async function remember(mode: SupplyMode, chosen: boolean, bundle?: string): Promise<void> {
  const before = readRemembered();
  const at = before?.mode === mode && bundle === undefined ? before.at : new Date().toISOString();
  const path = rememberedPath();
  mkdirSync(dirname(path), { recursive: true });
  await writeFile(
    `${path}.new`,
    `${JSON.stringify({ mode, chosen, at, bundle } satisfies RememberedSupply)}\n`,
  );
  await rename(`${path}.new`, path);
}

/**
 * Registry hosts of the named images of the lock file; unknown names are ignored. Default: all images that a cluster on this
 * machine can need, which are those that can be built.
 */
export function imageHosts(names?: readonly string[]): string[] {
  const images = Object.entries(loadLock().images).filter(([name, { build }]) =>
    names === undefined ? build !== undefined : names.includes(name),
  );
  const hosts = images.map(([, { ref }]) => parseReference(ref).host);
  return [...new Set(hosts)].filter((host) => host !== ownHost).sort();
}

function readRemembered(): RememberedSupply | undefined {
  try {
    return rememberedSchema.parse(JSON.parse(readFileSync(rememberedPath(), 'utf8')));
  } catch {
    // It does not exist yet, or a later version wrote it.
    return undefined;
  }
}

function rememberedPath(): string {
  return join(cacheDir(), 'supply.json');
}
