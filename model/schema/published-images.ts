import { z } from 'zod';
import { appName } from './cluster.ts';

const commit = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'the full name of a commit');

/** An image as a registry has it: its tag for people, its digest for the runtime. */
const publishedImageSchema = z.strictObject({
  tag: z
    .string()
    .regex(/^\w[\w.-]{0,127}$/, 'the tag of an image')
    .describe('Hash of what went into it.'),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, "a digest: 'sha256:' and 64 hexadecimal digits")
    .describe('Digest of its manifest.'),
  source: commit.describe('Commit that it was built from.'),
});

const versionFields = {
  image: publishedImageSchema
    .optional()
    .describe('Image of the app; absent where app.ts names an upstream image.'),
  migrations: publishedImageSchema.optional().describe('Image of its migrations; absent where it has none.'),
};

const publishedVersionSchema = z.strictObject(versionFields).describe('One version of an app.');

/** How many earlier versions of an app stay known, so that it can go back to them; whoever prunes a registry keeps these. */
export const mostVersionsBefore = 10;

const publishedAppSchema = z
  .strictObject({
    ...versionFields,
    hold: z
      .strictObject({
        left: z
          .array(publishedVersionSchema)
          .min(1)
          .max(mostVersionsBefore)
          .describe('Versions that were rolled back, the latest first.'),
        by: z.string().min(1).max(1000).describe('Person who rolled back.'),
      })
      .optional()
      .describe('Set by a roll-back: nothing else is published or promoted until the hold is released.'),
    before: z
      .array(publishedVersionSchema)
      .max(mostVersionsBefore)
      .default([])
      .describe('Versions that ran before, the latest first.'),
  })
  .describe('What the environment runs of an app.');

/** `clusters/ENV/images.yaml`: by app, what its environment runs. Written by `publish`, `promote` and `rollback` alone. */
export const publishedImagesSchema = z.strictObject({
  source: commit.describe('Commit that the manifests of the environment were last rendered from.'),
  apps: z.record(appName, publishedAppSchema).describe('By app, what runs.'),
});

export type PublishedImage = z.output<typeof publishedImageSchema>;
export type PublishedVersion = z.output<typeof publishedVersionSchema>;
export type PublishedApp = z.output<typeof publishedAppSchema>;
export type PublishedImages = z.output<typeof publishedImagesSchema>;

/** Where it stands, from the root of the repository. */
export function publishedImagesFile(environment: string): string {
  return `clusters/${environment}/images.yaml`;
}
