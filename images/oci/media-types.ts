import { z } from 'zod';

/** Media types of a tag's content: manifests and indexes. */
export const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const descriptor = z.object({ digest, size: z.int().nonnegative(), mediaType: z.string().optional() });

/** An image of one platform, or an artifact. */
export const imageManifestSchema = z.object({ config: descriptor, layers: z.array(descriptor) });
export type ImageManifest = z.output<typeof imageManifestSchema>;

/** An index of images, one for each platform. */
export const indexSchema = z.object({
  manifests: z.array(
    descriptor.extend({ platform: z.object({ os: z.string(), architecture: z.string() }).optional() }),
  ),
});
export type ImageIndex = z.output<typeof indexSchema>;

/** The manifest in an index for a platform such as `linux/amd64`. */
export function manifestOfPlatform(
  { manifests }: ImageIndex,
  platform: string,
): ImageIndex['manifests'][number] | undefined {
  return manifests.find((one) => platformName(one.platform) === platform);
}

/** Name of a platform: `linux/amd64`. */
export function platformName(platform: { os: string; architecture: string } | undefined): string {
  return platform === undefined ? 'unknown' : `${platform.os}/${platform.architecture}`;
}

/** Platform in an image's configuration. */
export const platformSchema = z.object({ os: z.string(), architecture: z.string() });
