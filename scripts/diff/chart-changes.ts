import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { type Release, releaseIn } from '../../charts/helm/release.ts';
import { isKubeObject, type KubeObject } from '../../charts/kube/kube-object.ts';
import { ChartFailure } from '../../images/charts/index.ts';
import { Failure } from '../cli/failure.ts';
import { template } from '../helm/template.ts';
import type { Rendered } from '../render/render.ts';
import type { Placed } from './placed.ts';

/** A release in manifests. */
interface Found {
  environment: string;
  file: string;
  release: Release;
}

/**
 * Objects of changed releases, before and after. Charts are not in manifests, so those of the commit are
 * rendered again from its HelmRelease and source.
 */
export async function chartChanges(
  { environments, files }: Pick<Rendered, 'environments' | 'files'>,
  committed: ReadonlyMap<string, string>,
): Promise<{ before: Placed[]; after: Placed[] }> {
  const [before, after] = [releasesIn(committed), releasesIn(files)];
  const same = ({ file, release }: Found, others: readonly Found[]) =>
    others.some((other) => other.file === file && isDeepStrictEqual(other.release, release));
  const objectsOf = async (found: Found[], others: readonly Found[]) => {
    const made: Placed[] = [];
    for (const { environment, file, release } of found.filter((each) => !same(each, others))) {
      const env = environments.find(({ name }) => name === environment);
      if (env === undefined) continue;
      for (const object of await templatedObjects(file, release, env.cluster.kubernetes.version))
        made.push({ object, file });
    }
    return made;
  };
  return { before: await objectsOf(before, after), after: await objectsOf(after, before) };
}

function releasesIn(files: ReadonlyMap<string, string>): Found[] {
  const parsed = [...files].flatMap(([file, text]) => {
    const [, environment] =
      /^manifests\/([^/]+)\/[^/]+\/(?:helmrelease|ocirepository|helmrepository)-/.exec(file) ?? [];
    if (environment === undefined) return [];
    const object: unknown = parse(text, { logLevel: 'silent' });
    return isKubeObject(object) ? [{ environment, file, object }] : [];
  });
  return parsed.flatMap(({ environment, file, object }) => {
    const sources = parsed.filter((each) => each.environment === environment).map((each) => each.object);
    const release = releaseIn(object, sources);
    return release === undefined ? [] : [{ environment, file, release }];
  });
}

async function templatedObjects(file: string, release: Release, kubernetes: string): Promise<KubeObject[]> {
  try {
    const result = await template(release, kubernetes, (line) => void process.stderr.write(`${line}\n`));
    if ('objects' in result) return result.objects;
    const [fault] = result.faults;
    throw new Failure(
      `${file} has values that its chart refuses: ${fault?.what ?? ''}`,
      'Compare with another commit: --from COMMIT',
    );
  } catch (error) {
    if (!(error instanceof ChartFailure)) throw error;
    throw new Failure(
      `the chart of ${file} could not be fetched: ${error.message}`,
      `To see its changes: ${error.fix}`,
    );
  }
}
