import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { containerPlatform } from '../engine/platform.ts';
import type { Lock, LockBinary } from '../lock/schema.ts';
import type { Wheel } from '../wheel/wheel.ts';

/** All that decides what the executables of one component are. */
export interface Recipe {
  readonly component: string;
  readonly version: string;
  /** The folder with go.mod, go.sum and wrapper.go. */
  readonly wrapperDir: string;
  /** Modules of which the wrapper has some files of its own. */
  readonly instead: readonly string[];
  /** From executable to Go package. */
  readonly packages: Readonly<Record<string, string>>;
  /** What `go build` is given before the packages. */
  readonly flags: readonly string[];
  /** GOOS/GOARCH. */
  readonly platform: string;
  /** By executable, the wheel to try before anything is built: of all of them, or of none. */
  readonly wheels: Readonly<Record<string, Wheel>>;
  /** Short hash of everything above and of the wrapper's files: another key, another build. */
  readonly key: string;
}

const wrappersDir = fileURLToPath(new URL('wrappers', import.meta.url));

/** The recipe of a component, or of the component that has an executable of this name. */
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

/** None where a wheel of any executable is missing for the platform. */
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

/** The names of all executables of a component. */
function executablesOf(lock: Lock, component: string): string[] {
  return Object.keys(lock.binaries[component]?.go.packages ?? {});
}

/** What `go build` names the executable of a package: the last part of its path that is not a major version. */
export function goOutputName(packagePath: string): string {
  const parts = packagePath.split('/');
  const last = parts.at(-1) ?? packagePath;
  return (/^v\d+$/.test(last) ? parts.at(-2) : undefined) ?? last;
}

/**
 * No debugging information, from the compiler on (it costs a tenth of the time), and no profile-guided optimisation:
 * a profile makes every dependency another build, and the components share many.
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
