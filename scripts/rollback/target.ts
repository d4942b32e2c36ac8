import {
  mostVersionsBefore,
  type PublishedApp,
  type PublishedVersion,
} from '../../model/schema/published-images.ts';
import { Failure } from '../cli/failure.ts';
import { isSameVersion, versionOf } from '../delivery/images-file.ts';

/** Target version of a roll-back, and the reason for its choice. */
export interface RollbackTarget {
  version: PublishedVersion;
  reason: string;
}

/**
 * The target of a roll-back: the named version, else the last that was Ready, else the previous one.
 * @param ready Digests of images with which the app was Ready; empty if unknown.
 * @throws Failure if there is no such version.
 */
export function targetOf(
  app: string,
  known: PublishedApp,
  { to, ready }: { to?: string | undefined; ready: ReadonlySet<string> },
): RollbackTarget {
  const { before } = known;
  const others = [...before, ...(known.hold?.left ?? [])];
  if (to !== undefined) return { version: named(app, others, to), reason: 'it was named' };
  const wasReady = before.find(({ image }) => image !== undefined && ready.has(image.digest));
  if (wasReady !== undefined) return { version: wasReady, reason: 'the last that was Ready' };
  const [version] = before;
  if (version !== undefined)
    return { version, reason: 'the one before; the cluster tells of none that was Ready' };
  throw new Failure(
    `no version of ${app} is known from before the one that runs.`,
    'Publish one that works: git revert COMMIT, then npm run publish.',
  );
}

function named(app: string, versions: readonly PublishedVersion[], to: string): PublishedVersion {
  const start = to.startsWith('sha256:') ? to : `sha256:${to}`;
  const found = /^sha256:[0-9a-f]{12,64}$/.test(start)
    ? versions.filter(({ image }) => image?.digest.startsWith(start))
    : [];
  const [version] = found;
  if (version !== undefined && found.every((each) => each.image?.digest === version.image?.digest))
    return version;
  const list = versions.flatMap(({ image }) =>
    image === undefined ? [] : `  ${image.digest} (${image.tag})`,
  );
  throw new Failure(
    `${found.length > 1 ? 'several versions' : 'no version'} of ${app} that ran before ${found.length > 1 ? 'have' : 'has'} the digest ${to}.`,
    list.length === 0 ? 'None is known from before the one that runs.' : `Name one of:\n${list.join('\n')}`,
  );
}

/**
 * The app's entry with an earlier image and a hold. Its migrations stay the newest that ran: a roll-back does not change the
 * database.
 */
export function rolledBack(known: PublishedApp, target: PublishedVersion, by: string): PublishedApp {
  const at = known.before.findIndex((each) => isSameVersion(each, target));
  const passed = at === -1 ? [] : known.before.slice(0, at);
  const older = at === -1 ? known.before : known.before.slice(at + 1);
  const left = [versionOf(known), ...passed, ...(known.hold?.left ?? [])].filter(
    (each) => !isSameVersion(each, target),
  );
  return {
    ...versionOf({ image: target.image, migrations: known.migrations }),
    hold: { left: left.slice(0, mostVersionsBefore), by },
    before: older.slice(0, mostVersionsBefore),
  };
}
