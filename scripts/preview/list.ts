import { previewsFile } from '../../model/schema/previews.ts';
import { ManifestRemote, remoteAddress } from '../delivery/manifest-remote.ts';
import { readCluster } from '../repository/read-cluster.ts';
import { isStale } from './close.ts';
import { readPreviews } from './previews-file.ts';

/** Prints the previews of an environment as its manifest repository has them. Returns the exit code. */
export async function list({
  environment,
  root,
  now,
  json,
  acceptRewritten,
  print,
}: {
  environment: string;
  root: string;
  now: Date;
  json: boolean;
  acceptRewritten: boolean;
  print: (text: string) => void;
}): Promise<number> {
  const cluster = readCluster(environment, root);
  const remote = await ManifestRemote.open(remoteAddress(environment, cluster), {
    root,
    cluster: cluster.name,
    acceptRewritten,
  });
  const text = await remote.file(await remote.head(), previewsFile(environment));
  const previews = readPreviews(environment, text).map(({ request, source, expires, by, apps }) => ({
    ...{ request, source, expires, by },
    apps: Object.keys(apps),
    stale: isStale({ expires }, now),
  }));
  if (json) print(`${JSON.stringify(previews, null, 2)}\n`);
  else if (previews.length === 0) print(`${environment} runs no previews\n`);
  for (const { request, source, expires, by, apps, stale } of json ? [] : previews)
    print(
      `${request}  ${source.slice(0, 12)}  ${stale ? 'stale since' : 'until'} ${expires}  ${apps.join(', ')}  by ${by}\n`,
    );
  return 0;
}
