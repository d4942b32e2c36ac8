import { z } from 'zod';
import { checkLock } from './check-lock.ts';

const name = z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'a name of a-z, 0-9, dots and dashes');

const version = z.string().regex(/^v?\d+(\.\d+)*([-+][0-9A-Za-z.-]+)?$/, "a version such as 'v1.2.3'");

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 of 64 hexadecimal digits');

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'a digest: sha256: and 64 hexadecimal digits');

/** An image reference in full: host, path and a tag that is not `latest`. */
const reference = z
  .string()
  .regex(
    /^[a-z0-9.-]+(:\d+)?\/[a-z0-9._/-]+:[\w][\w.-]{0,127}$/,
    'a reference such as docker.io/library/nginx:1.29.1',
  )
  .refine((ref) => !ref.endsWith(':latest'), 'latest changes its content: name a version');

/**
 * Build of executables from a Go module.
 *
 * `images/go/wrappers/WRAPPER/` has a Go module with go.mod and go.sum. It requires the component at its exact version and repeats
 * the component's `replace` lines, because Go ignores those of a dependency.
 */
const goBuild = z.strictObject({
  wrapper: name.describe('Folder below images/go/wrappers.'),
  module: z
    .string()
    .optional()
    .describe(
      'Go module of the component, which go.mod requires at `version`. Default: none, the wrapper is the program.',
    ),
  packages: z
    .record(name, z.string())
    .refine((packages) => Object.keys(packages).length > 0, 'at least one package')
    .describe('Map from the name of an executable to its Go package; one build makes all of them.'),
  variables: z
    .record(z.string(), z.string())
    .default({})
    .describe(
      "Variables that the linker sets in the program (`-X`). `{version}` stands for the component's version, `{number}` for the version without its v, `{major}` and `{minor}` for its parts.",
    ),
  instead: z
    .array(z.string())
    .default([])
    .describe(
      'Modules with replaced files: a file below images/go/wrappers/WRAPPER/instead/MODULE replaces that of the module; an empty file removes it.',
    ),
  tags: z.array(z.string()).default([]).describe('Build tags.'),
});

/** Platforms of programs, in Go's notation. */
export const platforms = ['linux/amd64', 'linux/arm64', 'darwin/amd64', 'darwin/arm64'] as const;

const download = z.strictObject({
  url: z
    .string()
    .regex(/^https:\/\/[\w.-]+(:\d+)?\/[\w./{}%+-]+$/, 'an https:// address')
    .describe(
      'An https:// address, in which `{version}` stands for the version, `{number}` for the version without its v, `{os}` for linux or darwin, `{arch}` for amd64 or arm64 and `{cpu}` for x64 or arm64.',
    ),
  member: z
    .string()
    .optional()
    .describe(
      'Path of the program in the file, if that is an archive (.tar.gz). Default: the file itself is the program.',
    ),
  sha256: z
    .partialRecord(z.enum(platforms), sha256)
    .default({})
    .describe(
      'SHA-256 checksum of the file, by platform; `npm run lock -- update` adds missing ones. Without one, nothing is downloaded for the platform.',
    ),
});

const wheel = z.strictObject({
  package: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'the name of a package of PyPI in small letters and dashes')
    .describe("Name of the package on PyPI; its version is the component's."),
  sha256: z
    .partialRecord(z.enum(['linux/amd64', 'linux/arm64']), sha256)
    .describe(
      'SHA-256 checksum of the wheel, by platform. Without one, the component is built for the platform.',
    ),
});

/**
 * Programs that run as a process or are part of an image, by component. A component has one or more executables. The
 * name of an executable is unique over all components: `kubelet` is in `kubernetes`.
 */
const binary = z.strictObject({
  version: version.describe('Version of the component: the tag of its Go module.'),
  optional: z
    .boolean()
    .default(false)
    .describe('`true`: no cluster needs it; it is built only when a command asks for it by name.'),
  go: goBuild.describe('Build from its Go module.'),
  download: z.record(name, download).default({}).describe('Published programs of upstream, by executable.'),
  wheels: z
    .record(name, wheel)
    .default({})
    .describe(
      'Wheels with the same programs, one for every executable. They are used instead of a build if pip reaches its index.',
    ),
});

/** Absolute path in an image; `{arch}` stands for amd64 or arm64. */
const imagePath = z
  .string()
  .regex(/^(\/([\w.+-]|\{arch\})+)+$/, 'a path from the root such as /usr/local/bin/etcd');

/** Build of an image: a Debian root filesystem or an empty one, and the files on top of it. */
const imageBuild = z.strictObject({
  debian: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/, 'the name of a Debian package'))
    .optional()
    .describe(
      'Debian packages in addition to the essential ones. Default: no Debian, the image has only the files of the other fields.',
    ),
  suite: z
    .string()
    .regex(/^[a-z]+$/, "Debian's name of a release such as trixie")
    .optional()
    .describe("Debian's name of the release of the packages. Default: that of the image `debian`."),
  without: z
    .array(
      z
        .string()
        .regex(/^(\/(?!\.\.?(\/|$))[\w.*+-]+)+$/, 'a path from the root such as /usr/lib/*/libz3.so.4'),
    )
    .optional()
    .describe('Files of these packages that the image does not need; `*` matches any part of a name.'),
  binaries: z
    .record(imagePath, name)
    .default({})
    .describe('Map from a path in the image to an executable of `binaries`.'),
  npm: z
    .record(imagePath, z.string())
    .default({})
    .describe(
      "Map from a path in the image to a file of this repository's npm packages; `node/bin/node` is node_modules/node/bin/node.",
    ),
  files: name
    .optional()
    .describe('Folder below images/files whose content is copied over the root filesystem.'),
  links: z
    .record(imagePath, z.string())
    .default({})
    .describe('Symbolic links, as a map from path to target.'),
  entrypoint: z.array(z.string()).optional().describe('As in a Dockerfile, as a list.'),
  cmd: z.array(z.string()).optional().describe('As in a Dockerfile, as a list.'),
  env: z.record(z.string(), z.string()).default({}).describe('Environment variables.'),
  user: z
    .string()
    .optional()
    .describe("User and group of the process, such as '65532:65532'. Default: root."),
  workdir: imagePath.optional().describe('Working directory of the process. Default: /.'),
});

const image = z.strictObject({
  ref: reference.describe('Reference in manifests.'),
  digest: digest
    .optional()
    .describe(
      "Digest of upstream's index of all platforms. Manifests have it after the tag, and a pulled image must match it. Default: the tag alone.",
    ),
  build: imageBuild
    .optional()
    .describe('Build for machines that reach no registry. Default: the image can only be pulled.'),
  optional: z
    .literal(true)
    .optional()
    .describe('Only apps that an environment need not have use it. Default: a cluster needs it.'),
});

/** Files of a Go module as an OCI artifact that Flux reads: upstream's CustomResourceDefinitions. */
const artifactBuild = z.strictObject({
  module: z.string().describe('Go module with the files.'),
  version: version.describe('Version of the Go module.'),
  paths: z.array(z.string()).min(1).describe("Folders or files below the module's root."),
});

const artifact = z.strictObject({
  ref: reference.describe('Reference in manifests.'),
  digest: digest
    .optional()
    .describe('Digest of the artifact built here, the same on every machine. Default: the tag alone.'),
  build: artifactBuild.describe('Content of the artifact.'),
});

/** Schema of `images/lock.yaml`, the only file with versions. */
export const lockSchema = z
  .strictObject({
    kubernetes: version.describe('Version of Kubernetes and of all its components.'),
    binaries: z
      .record(name, binary)
      .default({})
      .describe('Programs that run as a process or are part of an image, by component.'),
    images: z.record(name, image).default({}).describe('Images, by their name in operators and charts.'),
    artifacts: z
      .record(name, artifact)
      .default({})
      .describe('Upstream files that Flux reads, by their name in operators.'),
    nodeImages: z
      .record(version, z.record(version, digest))
      .default({})
      .describe(
        "Digests of Kind's node images from its release notes, by version of Kind, then of Kubernetes.",
      ),
  })
  .superRefine((lock, context) =>
    checkLock(lock, (problem) => context.addIssue({ code: 'custom', ...problem })),
  );

export type Lock = z.output<typeof lockSchema>;
export type LockBinary = Lock['binaries'][string];
export type LockImage = Lock['images'][string];
export type LockArtifact = Lock['artifacts'][string];

/** An image in manifests: its reference, followed by the digest if it is known. */
export function pinnedReference({ ref, digest }: { ref: string; digest?: string | undefined }): string {
  return digest === undefined ? ref : `${ref}@${digest}`;
}

/** The components that every cluster needs. */
export function neededBinaries(lock: Lock): string[] {
  return Object.keys(lock.binaries).filter((component) => lock.binaries[component]?.optional !== true);
}
