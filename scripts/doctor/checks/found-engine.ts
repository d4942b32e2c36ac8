import { containerPlatformSchema, useEnginePlatform } from '../../../images/engine/index.ts';
import { type Engine, lookForEngine } from '../../../images/index.ts';

/** The engine of this machine, searched once. */
export interface FoundEngine {
  looked: ReturnType<typeof lookForEngine>;
  /** Undefined if no engine answers. */
  engine: Promise<Engine | undefined>;
}

/** Searches the engine; the platform of its containers becomes that of the images. */
export function findEngineOnce(): FoundEngine {
  const looked = lookForEngine();
  const engine = looked.then((found) => {
    if (!('engine' in found)) return undefined;
    const { info } = found.engine;
    if (containerPlatformSchema.safeParse(info.platform).success) useEnginePlatform(info);
    return found.engine;
  });
  return { looked, engine };
}
