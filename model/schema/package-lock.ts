import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { z } from 'zod';
import type { Words } from '../diagnostics/diagnostic.ts';

/** The fields of package-lock.json that are read here (npm, 'package-lock.json', lockfileVersion 3). */
const schema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      link: z.boolean().optional(),
      resolved: z.string().optional(),
      dependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

/** Packages by their path in npm's tree, such as `node_modules/zod` or `apps/kit`. */
export type LockedPackages = z.infer<typeof schema>['packages'];

type Read = { packages: LockedPackages; diagnostic?: never } | { packages?: never; diagnostic: Words };

/** The package-lock.json of one repository, read once, at the first use. */
export class PackageLock {
  readonly #path: string;
  #read: Read | undefined;

  constructor(root: string) {
    this.#path = join(root, 'package-lock.json');
  }

  /** The packages, or the reason why they are unknown. */
  read(): Read {
    this.#read ??= readLock(this.#path);
    return this.#read;
  }

  /** The repository's package that a folder belongs to: the folder itself or its nearest parent. */
  packageOf(folder: string): string | undefined {
    const { packages } = this.read();
    for (let place = folder; place !== '.'; place = posix.dirname(place)) {
      if (packages?.[place] !== undefined) return place;
    }
    return undefined;
  }
}

function readLock(path: string): Read {
  const fix = 'type npm install';
  const bad = (why: string): Read => ({
    diagnostic: { code: 'bad-package-lock', what: 'package-lock.json cannot be read', why, fix },
  });
  try {
    const { data, error } = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (data !== undefined) return { packages: data.packages };
    return bad(`${error.issues[0]?.path.join('.')} is not as npm 7 or newer writes it`);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!('code' in error) || error.code !== 'ENOENT') return bad(error.message);
    const why = 'without it the packages of a bundle are unknown';
    return { diagnostic: { code: 'no-package-lock', what: 'package-lock.json does not exist', why, fix } };
  }
}
