/** What is known of the build of an image. */
export interface ImageOrigin {
  /** Commit that it was built from. */
  commit: string;
  /** Address of the repository of the sources, without a login; undefined where it has none. */
  repository: string | undefined;
  /** Path of the Dockerfile from the root of the repository, and the SHA-256 of its text in hexadecimal digits. */
  dockerfile: { path: string; sha256: string };
  /** Values of the ARGs of the Dockerfile. */
  buildArgs: Readonly<Record<string, string>>;
  /** Hash of all files of the build, which is its tag. */
  inputs: string;
  /** URI of what built it. */
  builder: string;
}

/** Type of an attestation that says where an image comes from. */
export const provenanceType = 'https://slsa.dev/provenance/v1';

const buildType = 'https://plinth.io/provenance/dockerfile/v1';

/** The predicate of a provenance. @see https://slsa.dev/spec/v1.0/provenance */
export function provenance({ commit, repository, dockerfile, ...rest }: ImageOrigin): object {
  const source = {
    ...(repository === undefined ? { name: 'sources' } : { uri: `git+${repository}` }),
    digest: { gitCommit: commit },
  };
  return {
    buildDefinition: {
      buildType,
      externalParameters: { source, dockerfile: dockerfile.path, buildArgs: rest.buildArgs },
      internalParameters: { inputs: rest.inputs },
      resolvedDependencies: [source, { name: dockerfile.path, digest: { sha256: dockerfile.sha256 } }],
    },
    runDetails: { builder: { id: rest.builder } },
  };
}
