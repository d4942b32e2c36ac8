import { type Engine, runEngine } from './engine.ts';

/** Pulls into the engine's own store, by digest where one is known, and tags it as the manifests name it. */
export async function pullEngineImage(
  engine: Engine,
  ref: string,
  digest: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const exact = digest === undefined ? ref : `${ref}@${digest}`;
  await runEngine(engine, ['pull', '--quiet', exact], { signal, timeoutSeconds: 900 });
  if (digest !== undefined) await runEngine(engine, ['tag', exact, ref], { signal });
}
