import { findEngine } from '../../images/index.ts';
import type { Environment } from '../../model/graph.ts';
import { mirrorSetting } from '../../model/schema/cluster/mirror.ts';
import { type BuiltImage, buildImages } from '../app-images/app-images.ts';
import { Failure } from '../cli/failure.ts';

/**
 * Builds images by the container engine of this machine.
 * @throws Failure if no engine runs, or if one cannot be built.
 */
export async function buildMissing(
  missing: readonly BuiltImage[],
  { cluster }: Pick<Environment, 'cluster'>,
  options: { root: string; report: (message: string) => void; signal?: AbortSignal },
): Promise<void> {
  if (missing.length === 0) return;
  const engine = await findEngine(mirrorSetting(cluster));
  if (engine === undefined) {
    throw new Failure(
      `no container engine runs here, and ${missing.map(({ name }) => name).join(', ')} must be built.`,
      'Start Docker or Podman. What is missing says: npm run doctor',
    );
  }
  await buildImages(missing, { ...options, engine });
}
