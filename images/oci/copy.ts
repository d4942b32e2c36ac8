import { z } from 'zod';
import {
  getBlob,
  getManifest,
  headBlob,
  mountBlob,
  putBlob,
  putManifest,
  type Repository,
} from './registry-client.ts';

const manifestSchema = z.object({
  config: z.object({ digest: z.string() }),
  layers: z.array(z.object({ digest: z.string() })),
});

/**
 * Copies an image of one platform from one registry to another, byte for byte. A blob that one of `siblings` has, other
 * repositories of the target's registry, is not sent again. Throws where the source has no such image.
 */
export async function copyImage(
  from: Repository & { tag: string },
  to: Repository & { tag: string },
  options: { siblings?: readonly string[]; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const { siblings = [], signal } = options;
  const manifest = await getManifest(from, from.tag);
  if (manifest === undefined) throw new Error(`${from.url} has no ${from.path}:${from.tag}`);
  const { config, layers } = manifestSchema.parse(JSON.parse(manifest.text));
  for (const { digest } of [config, ...layers]) {
    if ((await headBlob(to, digest)) !== undefined) continue;
    if (await mountFromAny(to, digest, siblings)) continue;
    const blob = await getBlob(from, digest);
    if (blob === undefined) throw new Error(`${from.url} lacks ${digest} of ${from.path}:${from.tag}`);
    await putBlob(to, blob, () => digest, signal);
  }
  await putManifest(to, to.tag, manifest.type, manifest.text);
}

async function mountFromAny(to: Repository, digest: string, siblings: readonly string[]): Promise<boolean> {
  for (const path of siblings) {
    if (path === to.path || (await headBlob({ ...to, path }, digest)) === undefined) continue;
    return mountBlob(to, digest, path);
  }
  return false;
}
