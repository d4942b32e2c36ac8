import { realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'vite';
import { Failure } from '../cli/failure.ts';

/**
 * Makes the pages of a site with Vite and its vite.config.ts, in `dist` of its folder. Returns the files of this repository that are in
 * them, from the root.
 */
export async function bundleSite({
  root,
  folder,
  entry,
}: {
  root: string;
  folder: string;
  entry: string;
}): Promise<string[]> {
  // Vite names modules by their real paths.
  const real = realpathSync(root);
  const modules = new Set<string>();
  const { NODE_ENV: before } = process.env;
  // Packages choose their build by it, and an image never holds that for development.
  process.env.NODE_ENV = 'production';
  try {
    await build({
      root: join(real, folder),
      mode: 'production',
      logLevel: 'silent',
      build: { outDir: 'dist', rolldownOptions: { input: join(real, folder, entry) } },
      plugins: [
        {
          name: 'modules',
          generateBundle() {
            for (const id of this.getModuleIds()) modules.add(id);
          },
        },
      ],
    });
  } catch (error) {
    throw new Failure(
      `${folder}/${entry} could not be bundled:\n${error instanceof Error ? error.message : error}`,
      'Correct it, then type the same command again.',
    );
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
  return [...modules]
    .map((id) => id.replace(/\?.*$/, ''))
    .filter((id) => id.startsWith(`${real}/`))
    .map((id) => relative(real, id));
}
