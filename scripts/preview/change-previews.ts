import { previewName, previewsFile } from '../../model/schema/previews.ts';
import { type PublishedImages, publishedImagesFile } from '../../model/schema/published-images.ts';
import { Failure } from '../cli/failure.ts';
import { gitIn } from '../delivery/git.ts';
import { readPublished } from '../delivery/images-file.ts';
import type { ManifestChange } from '../delivery/make-commit.ts';
import type { ManifestRemote } from '../delivery/manifest-remote.ts';
import type { Manifests } from '../delivery/render-commit.ts';
import { renderFrom, runningSource } from '../delivery/sources.ts';
import { readPreviews, type WrittenPreview, writePreviews } from './previews-file.ts';

/** Renders an environment; tests replace it. */
export type RenderPreviews = (
  source: string,
  given: { images: PublishedImages; previews: string | undefined },
) => Promise<Manifests>;

/** A change of the previews of an environment. */
export interface PreviewChange {
  environment: string;
  /** The checkout. */
  root: string;
  /** The previews after the change; undefined if nothing changes. */
  change: (before: readonly WrittenPreview[], head: string) => Promise<WrittenPreview[] | undefined>;
  /** Subject of the commit. */
  subject: string;
  /** Trailers of the commit. Default: none. */
  trailers?: readonly string[];
  /** Default: by the program of the commit that the environment runs. */
  render?: RenderPreviews;
}

/**
 * Changes the previews of an environment by one commit of its manifest repository. The manifests come from the sources that the
 * environment runs, so that nothing but previews changes. If somebody else pushes meanwhile, the change is made again on top of theirs.
 */
export async function changePreviews(
  remote: ManifestRemote,
  options: PreviewChange,
): Promise<{ commit: string | undefined; changed: boolean }> {
  const { environment, root, change } = options;
  const render: RenderPreviews =
    options.render ?? ((source, given) => renderFrom(root, source, environment, given));
  return remote.commit(async (head): Promise<ManifestChange | undefined> => {
    const images = readPublished(environment, await remote.file(head, publishedImagesFile(environment)));
    if (head === undefined || images === undefined) {
      throw new Failure(
        `nothing was published in ${environment}, and a preview runs beside what runs there.`,
        `Publish first: npm run publish -- ${environment}`,
      );
    }
    const file = previewsFile(environment);
    const after = await change(readPreviews(environment, await remote.file(head, file)), head);
    if (after === undefined) return undefined;
    const previews = writePreviews(after);
    const source = await runningSource(root, remote, { head, images });
    const manifests = await render(source, { images, previews });
    requirePreviews(manifests, environment, after);
    const folder = `manifests/${environment}`;
    return {
      files: new Map([...manifests, ...(previews === undefined ? [] : [[file, previews] as const])]),
      // A path that is neither there nor written would be refused by Git.
      replaces: [
        folder,
        ...(previews === undefined && (await remote.file(head, file)) === undefined ? [] : [file]),
      ],
      message: message(options, source),
    };
  });
}

function message({ subject, trailers = [] }: PreviewChange, source: string): string {
  return `${subject}\n\n${[`Source-Commit: ${source}`, ...trailers].join('\n')}\n`;
}

/** Refuses manifests without the previews, as versions of the program that know none render them. */
function requirePreviews(
  manifests: Manifests,
  environment: string,
  previews: readonly WrittenPreview[],
): void {
  const paths = [...manifests.keys()];
  for (const { request, apps } of previews) {
    const missing = Object.keys(apps).find(
      (app) =>
        !paths.some((path) => path.startsWith(`manifests/${environment}/${previewName(request)}-${app}/`)),
    );
    if (missing === undefined) continue;
    throw new Failure(
      `the sources that ${environment} runs do not render the preview of '${missing}': they know no previews.`,
      `Publish newer sources first: npm run publish -- ${environment}`,
    );
  }
}

/** Commits of a checkout that a preview names. */
export async function pullRequestTrailers(root: string, source: string, request: number): Promise<string[]> {
  const author = (await gitIn(root)(['log', '--max-count=1', '--format=%an <%ae>', source])).trim();
  return [`Pull-Request: ${request}`, `Preview-Commit: ${source}`, `Preview-Author: ${author}`];
}
