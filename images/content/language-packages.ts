import { clean } from 'semver';
import { z } from 'zod';
import type { ImageFile, ImagePackage } from './image-package.ts';

const packageJson = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string().optional().catch(undefined),
});

/** The package of npm with this package.json, in a folder node_modules. Undefined for another file; none if it has no version. */
export function npmPackage({ path, content }: ImageFile): ImagePackage[] | undefined {
  if (!/(^|\/)node_modules\/(@[^/]+\/)?[^/@]+\/package\.json$/.test(path)) return undefined;
  const read = packageJson.safeParse(json(content)).data;
  if (read === undefined) return [];
  const { name, license } = read;
  // npm publishes `v1.2.3` as 1.2.3.
  const version = clean(read.version, { loose: true }) ?? read.version;
  return [{ type: 'npm', name, version, ...(license === undefined ? {} : { licence: license }) }];
}

/**
 * The package of Python with these metadata. Undefined for another file.
 *
 * @see https://packaging.python.org/en/latest/specifications/core-metadata/
 */
export function pythonPackage({ path, content }: ImageFile): ImagePackage[] | undefined {
  if (!/\.(dist-info\/METADATA|egg-info\/PKG-INFO|egg-info)$/.test(path)) return undefined;
  const [head = ''] = content.toString().split(/\r?\n\r?\n/);
  const field = (name: string) => new RegExp(`^${name}: *(.+?)\\r?$`, 'm').exec(head)?.[1];
  const [name, version, licence] = ['Name', 'Version', 'License-Expression'].map(field);
  if (name === undefined || version === undefined) return [];
  return [{ type: 'pypi', name, version, ...(licence === undefined ? {} : { licence }) }];
}

const sourceMap = z.object({ sources: z.array(z.string()) });

/**
 * Folders of npm packages that a bundle has, from the root of its sources: `node_modules/a/node_modules/b`. The source map beside a
 * bundle names them, without their versions. Undefined for another file.
 */
export function bundledFolders({ path, content }: ImageFile): string[] | undefined {
  if (!/\.[cm]?js\.map$/.test(path)) return undefined;
  const { sources } = sourceMap.safeParse(json(content)).data ?? { sources: [] };
  const folders = sources.flatMap((source) => {
    const [, folder] =
      /(?:^|\/)(node_modules\/(?:@[^/]+\/)?[^/]+(?:\/node_modules\/(?:@[^/]+\/)?[^/]+)*)\//.exec(source) ??
      [];
    return folder ?? [];
  });
  return [...new Set(folders)].sort();
}

function json(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    return undefined;
  }
}
