import type { Lock, LockImage } from '../lock/schema.ts';
import type { RootRecipe } from './root-filesystem.ts';

/** Debian's name of the default release of images: that of the image `debian` in the lock file. */
export function imageSuite(lock: Lock): string {
  const suite = /:([a-z]+)(-|$)/.exec(lock.images.debian?.ref ?? '')?.[1];
  if (suite === undefined) {
    throw new Error(
      'images/lock.yaml has no image `debian` with a tag such as bookworm-slim, which says on which release of ' +
        'Debian the other images stand. Add it under images:.',
    );
  }
  return suite;
}

/** The Debian root filesystem of an image; undefined if it has none. */
export function imageRoot(lock: Lock, build: NonNullable<LockImage['build']>): RootRecipe | undefined {
  const { debian, without, suite = imageSuite(lock) } = build;
  return debian === undefined ? undefined : { suite, packages: debian, without };
}
