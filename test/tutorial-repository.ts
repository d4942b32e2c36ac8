import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Edit, platformCluster, withPlatform } from './model/fixture.ts';
import type { Tutorial } from './tutorial.ts';

const root = join(import.meta.dirname, '..');

/** A repository with the platform, the kit and the app that a tutorial writes. `cluster`: keys of cluster.yaml. */
export function withTutorial<T>(
  { files }: Tutorial,
  app: string,
  cluster: string,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const edits: Edit[] = [
    ['clusters/dev/cluster.yaml', platformCluster(cluster)],
    ...[...files].map(([file, text]): Edit => [file, text]),
  ];
  return withPlatform(edits, async (folder) => {
    cpSync(join(root, 'apps/kit'), join(folder, 'apps/kit'), { recursive: true });
    cpSync(join(root, 'package.json'), join(folder, 'package.json'));
    // As `npm install` would write it.
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    lock.packages[`apps/${app}`] = JSON.parse(files.get(`apps/${app}/package.json`) ?? '');
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
    return use(folder);
  });
}

/** What the compiler says against the programs of the app; '' for nothing. */
export async function typeErrors(folder: string, app: string): Promise<string> {
  // Below the root, so that types of packages are found as in a clone.
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      ...JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')),
      include: [`apps/${app}/**/*.ts`],
    }),
  );
  const { stdout } = await execa('tsc', ['--noEmit', '--project', folder], {
    cwd: root,
    preferLocal: true,
    reject: false,
  });
  return stdout;
}
