import { z } from 'zod';
import { appName } from './app-name.ts';

/** Full name of a commit of Git. */
export const commitName = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'the full name of a commit');

/** A published image: its tag for people, its digest for the runtime. */
export const publishedImageSchema = z.strictObject({
  tag: z
    .string()
    .regex(/^\w[\w.-]{0,127}$/, 'the tag of an image')
    .describe('Tag: hash of the inputs of its build.'),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, "a digest: 'sha256:' and 64 hexadecimal digits")
    .describe('Digest of its manifest.'),
  source: commitName.describe('Commit that it was built from.'),
});

const versionFields = {
  image: publishedImageSchema
    .optional()
    .describe('Image of the app; absent where app.ts names an upstream image.'),
  migrations: publishedImageSchema.optional().describe('Image of its migrations; absent where it has none.'),
};

const publishedVersionSchema = z.strictObject(versionFields).describe('One version of an app.');

/** Number of earlier versions of an app to which a roll-back is possible; a registry clean-up must keep their images. */
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
  .describe('The version of an app that the environment runs.');

/** `clusters/ENV/images.yaml`: the versions that an environment runs, by app. Only `publish`, `promote` and `rollback` write it. */
export const publishedImagesSchema = z.strictObject({
  source: commitName.describe('Commit that the manifests of the environment were last rendered from.'),
  apps: z.record(appName, publishedAppSchema).describe('Running versions, by app.'),
});

export type PublishedImage = z.output<typeof publishedImageSchema>;
export type PublishedVersion = z.output<typeof publishedVersionSchema>;
export type PublishedApp = z.output<typeof publishedAppSchema>;
export type PublishedImages = z.output<typeof publishedImagesSchema>;

/** Its path, from the repository's root. */
export function publishedImagesFile(environment: string): string {
  return `clusters/${environment}/images.yaml`;
}
