import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { containerPlatform } from '../engine/platform.ts';
import type { Lock, LockBinary } from '../lock/schema.ts';
import type { Wheel } from '../wheel/wheel.ts';

/** All inputs of the build of one component's executables. */
export interface Recipe {
  readonly component: string;
  readonly version: string;
  /** Folder with go.mod, go.sum and wrapper.go. */
  readonly wrapperDir: string;
  /** Modules with files that the wrapper replaces. */
  readonly instead: readonly string[];
  /** Map from executable to Go package. */
  readonly packages: Readonly<Record<string, string>>;
  /** Arguments of `go build` before the packages. */
  readonly flags: readonly string[];
  /** Platform in Go's notation: `linux/amd64`. */
  readonly platform: string;
  /** Wheels to try before a build, by executable: for all executables or none. */
  readonly wheels: Readonly<Record<string, Wheel>>;
  /** Short hash of all fields above and of the wrapper's files. */
  readonly key: string;
}

const wrappersDir = fileURLToPath(new URL('wrappers', import.meta.url));

/**
 * The recipe of a component, by its name or the name of one of its executables.
 * @throws Error with the known names if there is none.
 */
export function recipeOf(lock: Lock, name: string, platform: string = containerPlatform()): Recipe {
  const component =
    Object.keys(lock.binaries).find((candidate) => executablesOf(lock, candidate).includes(name)) ??
    (name in lock.binaries ? name : undefined);
  const entry = component === undefined ? undefined : lock.binaries[component];
  if (component === undefined || entry === undefined) {
    const known = Object.keys(lock.binaries).flatMap((candidate) => executablesOf(lock, candidate));
    throw new Error(
      `${name}: images/lock.yaml has no such binary; it has ${known.sort().join(', ')}.\nAdd it under binaries:, or correct the name.`,
    );
  }
  const flags = buildFlags(entry);
  const wheels = wheelsOf(entry, platform);
  const taken = Object.keys(wheels).length === 0 ? [] : [JSON.stringify(wheels)];
  const wrapperDir = join(wrappersDir, entry.go.wrapper);
  return {
    component,
    version: entry.version,
    wrapperDir,
    instead: entry.go.instead,
    packages: entry.go.packages,
    flags,
    platform,
    wheels,
    key: keyOf(
      [component, entry.version, platform, JSON.stringify([entry.go.packages, flags]), ...taken],
      wrapperDir,
    ),
  };
}

/** The wheels of a component for a platform; none if any executable lacks one. */
function wheelsOf({ version, wheels }: LockBinary, platform: string): Record<string, Wheel> {
  const all = Object.entries(wheels).map(([executable, { package: name, sha256 }]) => {
    const checksums: Readonly<Record<string, string | undefined>> = sha256;
    return [executable, name, checksums[platform]] as const;
  });
  const there = all.flatMap(([executable, name, checksum]): [string, Wheel][] =>
    checksum === undefined
      ? []
      : [[executable, { package: name, version: version.replace(/^v/, ''), sha256: checksum, platform }]],
  );
  return there.length === all.length ? Object.fromEntries(there) : {};
}

/** Names of a component's executables. */
function executablesOf(lock: Lock, component: string): string[] {
  return Object.keys(lock.binaries[component]?.go.packages ?? {});
}

/** File name that `go build` gives to a package's executable: the last part of the path that is not a major version. */
export function goOutputName(packagePath: string): string {
  const parts = packagePath.split('/');
  const last = parts.at(-1) ?? packagePath;
  return (/^v\d+$/.test(last) ? parts.at(-2) : undefined) ?? last;
}

/**
 * Flags without debugging information (a tenth of the build time) and without profile-guided optimisation: with a profile, every
 * dependency is compiled again, and components share many.
 */
function buildFlags({ version, go }: LockBinary): string[] {
  const number = version.replace(/^v/, '');
  const [major = '', minor = ''] = number.split('.');
  const values: Record<string, string> = { version, number, major, minor };
  const variables = Object.entries(go.variables).map(([variable, value]) => {
    const text = value.replace(/\{(\w+)\}/g, (whole, placeholder: string) => values[placeholder] ?? whole);
    return `-X=${variable}=${text}`;
  });
  return [
    '-mod=readonly',
    '-trimpath',
    '-buildvcs=false',
    '-pgo=off',
    '-gcflags=all=-dwarf=false',
    `-ldflags=${['-s', '-w', ...variables].join(' ')}`,
    ...(go.tags.length > 0 ? [`-tags=${go.tags.join(',')}`] : []),
  ];
}

function keyOf(facts: string[], wrapperDir: string): string {
  const hash = createHash('sha256').update(facts.join('\n'));
  const files = readdirSync(wrapperDir, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .sort();
  for (const file of files) {
    hash.update(`\n${file.slice(wrapperDir.length + 1)}\n`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 12);
}
