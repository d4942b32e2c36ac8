import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'a name has lower-case letters, digits, dots and dashes');

const version = z
  .string('a version is text: put quotes around it')
  .regex(/^v?\d+(\.\d+)*([-+][0-9A-Za-z.-]+)?$/, 'a version looks like v1.2.3');

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 has 64 hexadecimal digits');

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'a digest is sha256: and 64 hexadecimal digits');

/** An image reference in full: host, path and a tag that is not `latest`. */
const reference = z
  .string()
  .regex(/^[a-z0-9.-]+(:\d+)?\/[a-z0-9._/-]+:[\w][\w.-]{0,127}$/, 'a reference is HOST/PATH:TAG')
  .refine((ref) => !ref.endsWith(':latest'), 'nothing says latest: name a version');

/**
 * How executables come out of a Go module.
 *
 * `images/go/WRAPPER/` holds a module of ours whose go.mod requires the component at its exact version and repeats
 * the component's own `replace` lines (they do not reach a module that requires it), with the go.sum for it.
 */
const goBuild = z.strictObject({
  /** The folder below images/go. */
  wrapper: name,
  /** The component's module, which go.mod requires at `version`. Default: none, the wrapper is the program. */
  module: z.string().optional(),
  /** From the name of an executable to the package it is built from, all in one go. */
  packages: z
    .record(name, z.string())
    .refine((packages) => Object.keys(packages).length > 0, 'at least one package'),
  /**
   * What the linker writes into the program (`-X`). `{version}` stands for the component's version as it is written,
   * `{number}` for the same without its v, `{major}` and `{minor}` for its parts.
   */
  variables: z.record(z.string(), z.string()).default({}),
  /**
   * Modules of which some files are not wanted: those below images/go/WRAPPER/instead/MODULE take their place, and an
   * empty one takes a file away.
   */
  instead: z.array(z.string()).default([]),
  /** Build tags. */
  tags: z.array(z.string()).default([]),
});

const download = z.strictObject({
  url: z.url({ protocol: /^https$/ }),
  sha256,
  /** Where it runs, GOOS/GOARCH. */
  platform: z.string().default('linux/amd64'),
});

/**
 * Programs that run as a process or go into an image, by component. A component has one or more executables, and
 * the name of an executable is unique over all components: `kubelet` is found in `kubernetes`.
 */
const binary = z.strictObject({
  version,
  /** No part of a cluster: built when a command asks for it by name, and missed by nobody before. */
  optional: z.boolean().default(false),
  go: goBuild,
  /** By executable: the same program, published by upstream, as a bare file whose checksum is known. */
  download: z.record(name, download).default({}),
});

/** A place in an image, from its root. */
const imagePath = z.string().regex(/^(\/[\w.+-]+)+$/, 'a path from the root such as /usr/local/bin/etcd');

/** How to make an image here: a Debian system or nothing, and what is laid over it. */
const imageBuild = z.strictObject({
  /** Debian packages beside the essential ones. Default: no Debian, the image holds only what follows. */
  debian: z.array(z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/, 'the name of a Debian package')).optional(),
  /** Where executables of `binaries` stand. */
  binaries: z.record(imagePath, name).default({}),
  /** Where files of this repository's npm packages stand; `node/bin/node` is node_modules/node/bin/node. */
  npm: z.record(imagePath, z.string()).default({}),
  /** A folder beside this file, whose content is laid over the root. */
  files: name.optional(),
  /** Symbolic links and where they lead. */
  links: z.record(imagePath, z.string()).default({}),
  entrypoint: z.array(z.string()).optional(),
  cmd: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).default({}),
  user: z.string().optional(),
  workdir: imagePath.optional(),
});

const image = z.strictObject({
  /** What manifests say. */
  ref: reference,
  /** Upstream's digest, where it is known. */
  digest: digest.optional(),
  /** How to make it where the registry does not answer. Default: it can only be pulled. */
  build: imageBuild.optional(),
});

/** Files out of a Go module, as an OCI artifact that Flux reads: CustomResourceDefinitions of others. */
const artifactBuild = z.strictObject({
  module: z.string(),
  version,
  /** Folders or files below the module's root. */
  paths: z.array(z.string()).min(1),
});

const artifact = z.strictObject({
  ref: reference,
  digest: digest.optional(),
  build: artifactBuild,
});

/** The schema of `images/lock.yaml`: the one place where versions are written. */
export const lockSchema = z
  .strictObject({
    /** The version of Kubernetes, of which all of its components are. */
    kubernetes: version,
    binaries: z.record(name, binary).default({}),
    images: z.record(name, image).default({}),
    artifacts: z.record(name, artifact).default({}),
  })
  .superRefine((lock, context) => {
    const owners = new Map<string, string>();
    for (const [component, { go, download: published }] of Object.entries(lock.binaries)) {
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
      for (const executable of Object.keys(published)) {
        if (executable in go.packages) continue;
        context.addIssue({
          code: 'custom',
          path: ['binaries', component, 'download', executable],
          message: `${component} has no executable ${executable}: it has ${Object.keys(go.packages).join(', ')}`,
        });
      }
    }
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

export type Lock = z.output<typeof lockSchema>;
export type LockBinary = Lock['binaries'][string];
export type LockImage = Lock['images'][string];
export type LockArtifact = Lock['artifacts'][string];

/** The components without which a cluster cannot be made. */
export function neededBinaries(lock: Lock): string[] {
  return Object.keys(lock.binaries).filter((component) => lock.binaries[component]?.optional !== true);
}

/** Where the lock file stands. */
export const lockPath = fileURLToPath(new URL('../images/lock.yaml', import.meta.url));

/** Reads and checks the lock file; an error names file, line and column of each fault. */
export function loadLock(path: string = lockPath): Lock {
  return parseLock(readFileSync(path, 'utf8'), path);
}

/** The same for text that is already read. */
export function parseLock(text: string, path: string): Lock {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw new Error(document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`).join('\n'));
  }
  const result = lockSchema.safeParse(document.toJS());
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => {
    const where = issue.path.filter((part) => typeof part !== 'symbol');
    return `${at(offsetOf(document, where))}: ${where.join('.') || 'the file'}: ${issue.message}`;
  });
  throw new Error(faults.join('\n'));
}

/** The position of the value at `path`, or of the nearest value above it that is written in the file. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: (string | number)[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
      return Number(node.range[0]);
    }
  }
  return 0;
}
