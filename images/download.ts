import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sha256Of } from './binary-cache.ts';
import { fetchOutside } from './fetch-outside.ts';
import type { Recipe } from './go-recipe.ts';

/** How long a server may take to answer before the executable is built instead. */
const ANSWER_MS = 10_000;

/**
 * Fetches all executables of a recipe into `dir` where upstream publishes every one for this platform.
 * Returns false where it does not, where the internet does not answer, or where a checksum differs.
 */
export async function downloadAll(
  recipe: Recipe,
  dir: string,
  options: { report: (message: string) => void; signal?: AbortSignal | undefined },
): Promise<boolean> {
  const { report, signal } = options;
  const executables = Object.keys(recipe.packages);
  if (!executables.every((name) => recipe.downloads[name]?.platform === recipe.platform)) return false;
  try {
    for (const executable of executables) {
      const source = recipe.downloads[executable];
      if (source === undefined) return false;
      report(`${executable} ${recipe.version}: downloading`);
      const path = join(dir, executable);
      await fetchTo(source.url, path, signal);
      if ((await sha256Of(path)) !== source.sha256) throw new Error(`${source.url} has another checksum`);
    }
    return true;
  } catch (error) {
    signal?.throwIfAborted();
    report(`${recipe.component} ${recipe.version}: ${messageOf(error)}; building it instead`);
    return false;
  }
}

async function fetchTo(url: string, path: string, signal: AbortSignal | undefined): Promise<void> {
  const answer = new AbortController();
  const timer = setTimeout(() => answer.abort(new Error(`${url} does not answer`)), ANSWER_MS);
  const signals = signal ? [answer.signal, signal] : [answer.signal];
  const response = await fetchOutside(url, { signal: AbortSignal.any(signals) }).finally(() =>
    clearTimeout(timer),
  );
  if (!response.ok || response.body === null) throw new Error(`${url} answers ${response.status}`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(path), signal ? { signal } : {});
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
