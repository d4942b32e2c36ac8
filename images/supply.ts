import { ensureArtifact } from './artifacts/artifacts.ts';
import { compilerImage } from './build/dockerfile.ts';
import { readImageNote } from './cache/image-note.ts';
import { ConcurrentReports } from './concurrent-reports.ts';
import type { Engine } from './engine/engine.ts';
import { loadLock } from './lock/read.ts';
import { ensureImage } from './mirror/ensure-image.ts';
import { ensureNodeImage, nodeImageName } from './node-image/node-image.ts';
import type { Report } from './report.ts';

/** A step of supplying one image or artifact. */
export interface SupplyEvent {
  name: string;
  state: 'started' | 'made' | 'present' | 'failed';
  /** Seconds since its start. */
  seconds: number;
}

/** Options of `supply`. The mirror must run (`ensureMirror`). */
export interface SupplyAllOptions {
  engine: Engine;
  report: Report;
  signal?: AbortSignal | undefined;
  /** Called at each step. Default: none. */
  onEvent?: (event: SupplyEvent) => void;
}

/** Maximum number supplied at once: one is packed while the next is compiled. */
const concurrency = 2;

/**
 * Supplies images and artifacts of the lock file in the given order: the nodes' image to the engine's store, all others to the
 * mirror. Returns the number of missing ones. The first failure stops the rest.
 */
export async function supply(names: readonly string[] | 'all', options: SupplyAllOptions): Promise<number> {
  const queue = names === 'all' ? supplyNames() : [...new Set(names)];
  const failed = new AbortController();
  const signal =
    options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]);
  const reports = new ConcurrentReports(options.report);
  let made = 0;
  const worker = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      signal.throwIfAborted();
      const report = reports.of(name);
      if (await supplyOne(name, { ...options, report, signal }).finally(() => reports.end(name))) made++;
    }
  };
  const workers = Array.from({ length: concurrency }, () =>
    worker().catch((error) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  options.signal?.throwIfAborted();
  failed.signal.throwIfAborted();
  return made;
}

/** All images and artifacts that clusters on this machine can need, in the order in which a new cluster needs them. */
export function supplyNames(): string[] {
  const { images, artifacts } = loadLock();
  return [...Object.keys(images).filter((name) => name !== compilerImage), ...Object.keys(artifacts)];
}

/** Whether an image or artifact was supplied on this machine before, in any version. Reads only the cache. */
export function wasSupplied(name: string): boolean {
  return readImageNote(name) !== undefined;
}

async function supplyOne(name: string, options: SupplyAllOptions): Promise<boolean> {
  const { onEvent = () => {} } = options;
  const started = performance.now();
  const tell = (state: SupplyEvent['state']): void => {
    onEvent({ name, state, seconds: Math.round((performance.now() - started) / 100) / 10 });
  };
  tell('started');
  try {
    const made = await one(name, options);
    tell(made ? 'made' : 'present');
    return made;
  } catch (error) {
    tell('failed');
    throw error;
  }
}

async function one(name: string, options: SupplyAllOptions): Promise<boolean> {
  if (name === nodeImageName) return (await ensureNodeImage(options)).made;
  if (name in loadLock().artifacts) return ensureArtifact(name, options);
  return ensureImage(name, options);
}
