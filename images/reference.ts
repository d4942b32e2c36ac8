/** The parts of `docker.io/library/debian:bookworm-slim`. */
export interface Reference {
  /** `docker.io` */
  host: string;
  /** `library/debian` */
  path: string;
  /** `bookworm-slim` */
  tag: string;
}

/** Takes a full reference apart; the lock file's schema has checked its form. */
export function parseReference(ref: string): Reference {
  const match = /^([^/]+)\/(.+):([^:/]+)$/.exec(ref);
  const [, host, path, tag] = match ?? [];
  if (host === undefined || path === undefined || tag === undefined) {
    throw new Error(
      `${ref} is no full reference of an image: write HOST/PATH:TAG, for instance docker.io/library/debian:bookworm-slim`,
    );
  }
  return { host, path, tag };
}
