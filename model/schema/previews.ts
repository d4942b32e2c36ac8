import { z } from 'zod';
import { appSchema } from '../app.ts';
import { appName } from './app-name.ts';
import { commitName, publishedImageSchema } from './published-images.ts';

const time = z.iso.datetime({ error: "a time in UTC such as '2026-01-31T12:00:00Z'" });

/** An app as the commit of a pull request describes it. */
const previewAppSchema = z.strictObject({
  description: appSchema.describe('What its app.ts says at that commit, as data.'),
  image: publishedImageSchema
    .optional()
    .describe('Image of the app; absent where app.ts names an upstream image.'),
  migrations: publishedImageSchema.optional().describe('Image of its migrations; absent where it has none.'),
  files: z
    .array(
      z.strictObject({
        path: z.string().min(1).describe("Path below the app's folder."),
        text: z.string().optional().describe('Content of a text file.'),
        binary: z.base64('a content in base64').optional().describe('Content of any other file, in base64.'),
      }),
    )
    .default([])
    .describe('Content of the files that app.ts mounts.'),
});

const previewSchema = z.strictObject({
  request: z.int().min(1).max(9_999_999).describe('Number of the pull request.'),
  source: commitName.describe('Commit of the pull request that it shows.'),
  expires: time.describe('Time after which `npm run preview -- prune` removes it.'),
  by: z.string().min(1).max(1000).describe('Person or job that opened it.'),
  apps: z
    .record(appName, previewAppSchema)
    .refine((apps) => Object.keys(apps).length > 0, 'at least one app')
    .describe('Its apps, by their name in apps/.'),
});

/**
 * `clusters/ENV/previews.yaml`: the pull requests that run beside the apps of an environment. Only `npm run preview` writes it. It holds
 * descriptions as data, so that no later render runs a program of a pull request.
 */
export const previewsSchema = z.strictObject({
  previews: z.array(previewSchema).describe('Open previews, sorted by the number of the pull request.'),
});

export type Preview = z.output<typeof previewSchema>;
export type Previews = z.output<typeof previewsSchema>;
/** The same before defaults are filled in, as it is written. */
export type PreviewInput = z.input<typeof previewSchema>;

/** Its path, from the repository's root. */
export function previewsFile(environment: string): string {
  return `clusters/${environment}/previews.yaml`;
}

/** Name of a preview: of its labels, and the beginning of the names of its apps. */
export function previewName(request: number): string {
  return `pr-${request}`;
}

/** Name of an app in a preview: of its namespace, its Service and its objects. */
export function previewAppName(request: number, app: string): string {
  return `${previewName(request)}-${app}`;
}

/** The names that previews use. */
export const previewPattern = /^pr-\d+-/;
