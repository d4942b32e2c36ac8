import { digestOf } from '../oci/digest.ts';
import { manifestTypes } from '../oci/media-types.ts';
import type { Reference } from '../oci/reference.ts';
import type { Report } from '../report.ts';
import { patience } from './idle-watch.ts';
import { parseObject, readManifest } from './manifest-text.ts';
import { placeOf, registryMirror } from './registry-place.ts';
import { notWhat, PullError, Upstream } from './upstream.ts';

/** The current digest of a tag or digest in a registry; `undefined` if the registry does not have it. */
export async function upstreamDigest(
  reference: Reference,
  what: string,
  { report, signal }: { report: Report; signal?: AbortSignal | undefined },
): Promise<string | undefined> {
  const { host, path } = reference;
  const ref = `${host}/${path}`;
  const place = placeOf(reference, registryMirror());
  const upstream = new Upstream(place, {
    ref,
    patience,
    report,
    signal,
    progress: () => 'nothing received yet',
  });
  try {
    return await upstream.get(
      `manifests/${what}`,
      async () => ({ accept: manifestTypes.join(', ') }),
      async (answer) => {
        const whole = await readManifest(answer.chunks(), ref);
        if (parseObject(whole) === undefined)
          throw new PullError(notWhat(place.host, ref, 'the manifest', answer.type));
        return digestOf(whole);
      },
    );
  } catch (error) {
    if (error instanceof PullError && error.missing) return undefined;
    throw error;
  }
}
