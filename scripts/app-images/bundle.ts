import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BuildFailure, build } from 'esbuild';
import { bundleInputs } from '../../model/reading/bundle-inputs.ts';
import { imageFiles } from '../../model/reading/image-hash.ts';
import { RepositoryFiles } from '../../model/reading/repository-files.ts';
import { Failure } from '../cli/failure.ts';

/** The version of Node in the images. */
const target = 'node24';

/** Defines `require` for packages that need it, because ES modules have none. */
const banner = [
  "import { createRequire } from 'node:module';",
  'const require = createRequire(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
].join('\n');

/** A program to bundle: the folder of its Dockerfile from the root, and a file in it. */
interface BundleEntry {
  root: string;
  folder: string;
  entry: string;
}

/**
 * Bundles a program, or the pages of a site if the entry is HTML, with every package that it imports into `dist` in its folder.
 * Refused if the installed packages differ from package-lock.json, which determines the image's tag.
 */
export async function bundle({ root, folder, entry }: BundleEntry): Promise<void> {
  const inputs = bundleInputs(root, folder);
  await checkInstalled(root, inputs.packages);
  await rm(join(root, folder, 'dist'), { recursive: true, force: true });
  const imported = entry.endsWith('.html')
    ? // Vite takes long to load, and few apps need it.
      await (await import('./bundle-site.ts')).bundleSite({ root, folder, entry })
    : await bundleProgram({ root, folder, entry });
  const places = [folder, ...inputs.folders];
  const files = new RepositoryFiles(root);
  const hashed = places.flatMap((place) =>
    imageFiles(files, place, { bundled: inputs }).map(({ path }) => `${place}/${path}`),
  );
  checkHashed(imported, places, new Set(hashed));
}

/** Makes `dist/NAME.mjs` with a source map. Returns the files that are in it, from the root. */
async function bundleProgram({ root, folder, entry }: BundleEntry): Promise<string[]> {
  try {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: [join(root, folder, entry)],
      outfile: join(root, folder, 'dist', `${basename(entry, '.ts')}.mjs`),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target,
      banner: { js: banner },
      external: ['pg-native', 'pg-cloudflare'],
      sourcemap: true,
      sourcesContent: false,
      legalComments: 'none',
      logLevel: 'silent',
      metafile: true,
    });
    return Object.keys(metafile.inputs);
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    const found = error.errors.map(
      ({ text, location }) =>
        `${location ? `${location.file}:${location.line}:${location.column + 1}: ` : ''}${text}`,
    );
    throw new Failure(
      `${folder}/${entry} could not be bundled:\n${found.join('\n')}`,
      'Correct it, then type the same command again.',
    );
  }
}

async function checkInstalled(root: string, packages: readonly string[]): Promise<void> {
  const installed: { packages?: Record<string, { integrity?: string }> } = JSON.parse(
    await readFile(join(root, 'node_modules/.package-lock.json'), 'utf8'),
  );
  const missing = packages.filter((line) => {
    const [place = '', , integrity] = line.split(' ');
    return installed.packages?.[place]?.integrity !== integrity;
  });
  if (missing.length === 0) return;
  throw new Failure(
    `node_modules differs from package-lock.json: ${missing
      .slice(0, 3)
      .map((line) => line.split(' ')[0])
      .join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} more` : ''}.`,
    'Type: npm ci',
  );
}

/** Refuses an imported file that is not an input of the image's tag. */
function checkHashed(
  inputs: readonly string[],
  places: readonly string[],
  hashed: ReadonlySet<string>,
): void {
  const other = inputs.find((input) => !/(^|\/)node_modules\//.test(input) && !hashed.has(input));
  if (other === undefined) return;
  throw new Failure(
    `${places[0]} imports ${other}, which is not part of its image's tag: a change of it would not be deployed.`,
    places.some((place) => other.startsWith(`${place}/`))
      ? 'Import neither tests nor ignored files: move or rename it, or remove it from .gitignore.'
      : `Move it to ${places.join(' or ')}.`,
  );
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}
