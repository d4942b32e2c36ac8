import { posix } from 'node:path';
import { type LockedPackages, PackageLock } from '../schema/package-lock.ts';

/** Possible inputs of a bundle outside of its own folder. */
export interface BundleInputs {
  /** Folders of packages of this repository, such as `apps/kit`; sorted. */
  folders: string[];
  /** Upstream packages, one line each: path, version and integrity from package-lock.json; sorted. */
  packages: string[];
}

/**
 * The possible imports of the program in `folder` (from the root), by its package.json and the lock file, so
 * that the image's tag changes with a package that the bundle can contain, and with no other. The bundler
 * counts too. It throws where `checkBuilds` reports a diagnostic of the folder.
 */
export function bundleInputs(root: string, folder: string, lock = new PackageLock(root)): BundleInputs {
  const { packages } = lock.read();
  const start = lock.packageOf(folder);
  if (packages === undefined || start === undefined)
    throw new Error(`package-lock.json has no package for ${folder}`);
  const reached = reach(packages, start);
  const lines = [...reached, 'node_modules/esbuild'].flatMap((place) => {
    const { version, integrity } = packages[place] ?? {};
    return place.includes('node_modules/') && integrity !== undefined
      ? [`${place} ${version} ${integrity}`]
      : [];
  });
  return {
    folders: [...reached].filter((place) => !place.includes('node_modules/') && place !== start).sort(),
    packages: lines.sort(),
  };
}

/** A package and all its dependencies, by their paths in the tree of npm. */
function reach(packages: LockedPackages, start: string): Set<string> {
  const found = new Set<string>();
  const open = [start];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const entry = packages[place];
    if (entry === undefined || found.has(place)) continue;
    if (entry.link === true) {
      if (entry.resolved !== undefined) open.push(entry.resolved);
      continue;
    }
    found.add(place);
    for (const name of Object.keys(entry.dependencies ?? {})) {
      const at = resolve(packages, name, place);
      if (at !== undefined) open.push(at);
    }
  }
  return found;
}

/** The folder in which Node finds a package: node_modules of the importing folder, else of a parent. */
function resolve(packages: LockedPackages, name: string, from: string): string | undefined {
  for (let above = from; ; above = above === '.' ? '' : posix.dirname(above)) {
    const place = above === '' || above === '.' ? `node_modules/${name}` : `${above}/node_modules/${name}`;
    if (packages[place] !== undefined) return place;
    if (above === '' || above === '.') return undefined;
  }
}
