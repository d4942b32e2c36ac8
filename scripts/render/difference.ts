import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareText } from '../../model/diagnostics/diagnostic.ts';
import { header } from './header.ts';

/** How a folder of manifests differs from the render; paths are below that folder, sorted. */
export interface Difference {
  /** Missing, or with another text. */
  changed: string[];
  /** Rendered before, but no longer. */
  removed: string[];
  /** Files that no render wrote; Flux would apply them. */
  foreign: string[];
}

/**
 * Compares the render with the files in `folder`. `environment` limits it to that environment's folder; without it,
 * folders of removed environments are compared too.
 */
export function findDifference(
  folder: string,
  files: ReadonlyMap<string, string>,
  environment: string | undefined,
): Difference {
  const others = manifestsBelow(folder, environment ?? '')
    .filter((path) => !files.has(path))
    .sort(compareText);
  const changed = [...files]
    .filter(([path, content]) => readIfThere(join(folder, path)) !== content)
    .map(([path]) => path);
  const texts = others.flatMap((path) => {
    const text = readIfThere(join(folder, path));
    return text === undefined ? [] : [{ path, rendered: text.startsWith(header) }];
  });
  const pathsOf = (rendered: boolean) =>
    texts.filter((each) => each.rendered === rendered).map(({ path }) => path);
  return { changed: changed.sort(compareText), removed: pathsOf(true), foreign: pathsOf(false) };
}

/** Paths of all manifests in a folder, in no order: `ENV/COMPONENT/FILE.yaml`. */
export function manifestsBelow(folder: string, below: string): string[] {
  const found: string[] = [];
  // Faster than Node's recursive option, which calls stat for every entry again.
  const walk = (path: string) => {
    for (const entry of readdirSync(`${folder}/${path}`, { withFileTypes: true })) {
      const inner = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) walk(inner);
      else if (isManifest(inner)) found.push(inner);
    }
  };
  if (existsSync(join(folder, below))) walk(below);
  return found;
}

/** Whether a path is in a folder that is not hidden. */
function isManifest(path: string): boolean {
  return /^[^.].*\/.*\.ya?ml$/.test(path);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
}
