import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** A third-party package that this repository runs, builds programs from, or runs in images. */
export interface Package {
  ecosystem: 'npm' | 'PyPI' | 'Go';
  name: string;
  version: string;
  /** Package URL (purl-spec): `pkg:npm/zod@4.6.7`. */
  purl: string;
  /** SPDX expression, as its makers wrote it; absent where the lock file has none. */
  licence?: string;
  /** Lock file that names it. */
  file: string;
}

/** All packages that the lock files of the repository at `root` name, each once: package-lock.json, requirements.txt and go.mod. */
export function lockedPackages(root: string): Package[] {
  const files = (pattern: string) =>
    globSync(pattern, { cwd: root, exclude: (path) => path.includes('node_modules') }).sort();
  const read = (file: string) => readFileSync(join(root, file), 'utf8');
  const all = [
    ...npmPackages(read('package-lock.json'), 'package-lock.json'),
    ...files('**/requirements.txt').flatMap((file) => pythonPackages(read(file), file)),
    ...files('images/go/wrappers/*/go.mod').flatMap((file) => goModules(read(file), file)),
  ];
  return [...new Map(all.map((each) => [each.purl, each])).values()];
}

const npmLock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      name: z.string().optional(),
      version: z.string().optional(),
      license: z.string().optional(),
      link: z.boolean().optional(),
    }),
  ),
});

/** Packages of package-lock.json (npm, 'package-lock.json', lockfileVersion 3); those of this repository are left out. */
export function npmPackages(text: string, file: string): Package[] {
  const { packages } = npmLock.parse(JSON.parse(text));
  return Object.entries(packages).flatMap(([path, { name, version, license, link }]): Package[] => {
    const [, folder] = /(?:^|.*\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    const known = name ?? folder;
    if (folder === undefined || known === undefined || version === undefined || link === true) return [];
    return [
      {
        ...{ ecosystem: 'npm', name: known, version, file },
        purl: `pkg:npm/${known.replace('@', '%40')}@${version}`,
        ...(license === undefined ? {} : { licence: license }),
      },
    ];
  });
}

/** Packages of a requirements file in which each has one version (pip, 'Requirements File Format'). */
function pythonPackages(text: string, file: string): Package[] {
  return [...text.matchAll(/^([A-Za-z0-9._-]+)==([^\s;\\]+)/gm)].map(([, name = '', version = '']) => ({
    ...{ ecosystem: 'PyPI', name, version, file },
    purl: `pkg:pypi/${name.toLowerCase().replaceAll(/[._]+/g, '-')}@${version}`,
  }));
}

/** Modules that a go.mod requires (Go Modules Reference, 'require directive'), as far as no `replace` takes their place. */
function goModules(text: string, file: string): Package[] {
  return [...text.matchAll(/^(?:require\s+|\t)([\w.~/-]+)\s+(v[^\s/]+)/gm)].map(
    ([, name = '', version = '']) => ({
      ...{ ecosystem: 'Go', name, version, file },
      purl: `pkg:golang/${name.toLowerCase()}@${version}`,
    }),
  );
}
