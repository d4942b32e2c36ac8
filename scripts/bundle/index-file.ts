import { z } from 'zod';

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** Content of `bundle.json`, the first entry of a bundle. */
export const bundleIndexSchema = z.strictObject({
  /** Counts up when older commands cannot read a bundle any more. */
  format: z.literal(1),
  /** Folder of clusters/ that it was made for. */
  environment: z.string(),
  /** SHA-256 of images/lock.yaml. */
  lock: z.string(),
  /** GOOS/GOARCH of what is in it. */
  platform: z.string(),
  /** How the images were had. */
  supply: z.enum(['pull', 'build']),
  /** Images and artifacts of the mirror. */
  images: z.array(z.strictObject({ repository: z.string(), tag: z.string(), digest })),
  /** References of the images that are in the engine's own store. */
  engineImages: z.array(z.string()),
  /** Entries that follow, in their order. */
  files: z.array(
    z.strictObject({
      path: z.string(),
      /** In bytes. */
      size: z.number().int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      executable: z.boolean().default(false),
    }),
  ),
});

export type BundleIndex = z.output<typeof bundleIndexSchema>;

/** Name of that entry. */
export const indexPath = 'bundle.json';

/** Folders in a bundle: blobs of an OCI layout, files of the cache, and images of the engine's own store. */
export const bundleFolders = { blobs: 'blobs/sha256/', cache: 'cache/', engine: 'engine/' } as const;
