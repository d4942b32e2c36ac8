import { z } from 'zod';
import type { StoredImage } from './image-store.ts';
import { headBlob, mountBlob, putBlob, putManifest, type RegistryRepository } from './registry-client.ts';

const manifestSchema = z.object({
  config: z.object({ digest: z.string() }),
  layers: z.array(z.object({ digest: z.string() })),
});

/**
 * Copies an image of one platform from the store to a registry, byte for byte. A blob that one of `siblings`, other repositories of
 * that registry, has is not sent again.
 * @throws Error if the store lacks the image.
 */
export async function copyImage(
  from: StoredImage,
  to: RegistryRepository & { tag: string },
  options: { siblings?: readonly string[]; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const { siblings = [], signal } = options;
  const manifest = from.store.manifest(from.path, from.tag);
  if (manifest === undefined) throw new Error(`the mirror has no ${from.path}:${from.tag}`);
  const { config, layers } = manifestSchema.parse(JSON.parse(manifest.text));
  for (const { digest } of [config, ...layers]) {
    if ((await headBlob(to, digest)) !== undefined) continue;
    if (await mountFromAny(to, digest, siblings)) continue;
    await putBlob(to, from.store.openBlob(digest), digest, signal);
  }
  await putManifest(to, to.tag, manifest.type, manifest.text);
}

async function mountFromAny(
  to: RegistryRepository,
  digest: string,
  siblings: readonly string[],
): Promise<boolean> {
  for (const path of siblings) {
    if (path === to.path || (await headBlob({ ...to, path }, digest)) === undefined) continue;
    return mountBlob(to, digest, path);
  }
  return false;
}
