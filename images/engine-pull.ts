import { type Engine, runEngine } from './engine.ts';
import { containerPlatform, refuseOtherPlatform } from './platform.ts';

/** Pulls into the engine's own store, by digest where one is known, and tags it as the manifests name it. */
export async function pullEngineImage(
  engine: Engine,
  ref: string,
  digest: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const exact = digest === undefined ? ref : `${ref}@${digest}`;
  const platform = ['--platform', containerPlatform()];
  await runEngine(engine, ['pull', '--quiet', ...platform, exact], { signal, timeoutSeconds: 900 });
  const format = '{{.Os}}/{{.Architecture}}';
  refuseOtherPlatform(ref, (await runEngine(engine, ['image', 'inspect', '--format', format, exact])).trim());
  if (digest !== undefined) await runEngine(engine, ['tag', exact, ref], { signal });
}
