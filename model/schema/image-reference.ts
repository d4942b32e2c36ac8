import { z } from 'zod';

/*
 * The grammar of image references: github.com/distribution/reference, regexp.go and reference.go, which container
 * runtimes and registries parse them by.
 */

const domainPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const host = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const pathPart = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const tag = '\\w[\\w.-]{0,127}';
/** The digest algorithm that registries use, one of those that go-digest registers. */
const digest = 'sha256:[0-9a-f]{64}';

const grammar = new RegExp(
  `^(?:(?<host>${host})/)?(?<path>${pathPart}(?:/${pathPart})*)(?::(?<tag>${tag}))?(?:@(?<digest>${digest}))?$`,
);

/** NameTotalLengthMax: maximum length of the path. */
const longestPath = 255;

/** The parts of a reference, without defaults. */
export interface ImageReference {
  /** Absent in a short reference, which means docker.io. */
  host?: string;
  path: string;
  tag?: string;
  digest?: string;
}

/** Splits a reference into its parts; undefined if the text is not a reference. */
export function parseImageReference(ref: string): ImageReference | undefined {
  const { host, path = '', tag, digest } = grammar.exec(ref)?.groups ?? {};
  if (path === '' || path.length > longestPath) return undefined;
  // The part before the first slash is a host if it has a dot or a port, or is localhost (splitDockerDomain).
  const isHost = host !== undefined && (/[.:A-Z]/.test(host) || host === 'localhost');
  return {
    ...(isHost ? { host } : {}),
    path: isHost || host === undefined ? path : `${host}/${path}`,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The full form of a short reference: `debian:12` is `docker.io/library/debian:12` (reverse of familiarizeName). */
export function fullReference(ref: string): string {
  const { host, path = '' } = parseImageReference(ref) ?? {};
  if (host !== undefined) return ref;
  return path.includes('/') ? `docker.io/${ref}` : `docker.io/library/${ref}`;
}

const expected =
  "a full reference such as 'docker.io/library/nginx:1.29.1': registry, path in small letters, version";

/** A full reference: with registry and version. */
export const pinnedImage = z
  .string()
  .regex(
    new RegExp(
      `^(?=[^/]*[.:]|localhost/)(?:${host})/(?=[^:@]{1,${longestPath}}:)${pathPart}(?:/${pathPart})*:${tag}(?:@${digest})?$`,
    ),
    expected,
  )
  .refine(
    (ref) => parseImageReference(ref)?.tag !== 'latest',
    "latest changes its content: name a version such as 'docker.io/library/nginx:1.29.1'",
  )
  .refine(
    (ref) => {
      const { tag: version, digest: content } = parseImageReference(ref) ?? {};
      return content !== undefined || version === undefined || version === 'latest' || /\d/.test(version);
    },
    {
      error: 'a tag without a number, such as stable, changes its content',
      params: {
        fix: "name a version such as 'docker.io/library/nginx:1.29.1', or add the digest: @sha256:…",
      },
    },
  )
  .refine((ref) => Number(/^[^/]*:(\d+)\//.exec(ref)?.[1] ?? 0) <= 65_535, {
    error: 'the port of the registry is above 65535',
    params: { fix: 'correct the port' },
  });
