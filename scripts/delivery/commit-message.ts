import type { PublishedImages } from '../../model/schema/published-images.ts';
import type { Git } from './git.ts';

/** A commit message with the trailers of every manifest commit: source commit, its author, and changed digests. */
export async function commitMessage(
  git: Git,
  {
    subject,
    body = '',
    source,
    apps,
    images,
  }: {
    subject: string;
    body?: string;
    source: string;
    apps: readonly string[];
    images: PublishedImages;
  },
): Promise<string> {
  const author = (await git(['log', '--max-count=1', '--format=%an <%ae>', source])).trim();
  const digests = apps.flatMap((app) => {
    const { image, migrations } = images.apps[app] ?? {};
    return [
      ...(image === undefined ? [] : [`Image: ${app}@${image.digest}`]),
      ...(migrations === undefined ? [] : [`Image: ${app}-migrations@${migrations.digest}`]),
    ];
  });
  const trailers = [`Source-Commit: ${source}`, `Source-Author: ${author}`, ...digests];
  return `${[subject, ...(body === '' ? [] : [body]), trailers.join('\n')].join('\n\n')}\n`;
}
