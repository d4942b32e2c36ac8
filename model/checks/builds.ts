import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../app.ts';
import type { Problem, Words } from '../diagnostics/problem.ts';
import type { FieldPath, Loaded } from '../reading/source.ts';
import { problemAt } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import { checkBaseImages } from './base-images.ts';

/** An image that is built here: its folder from the root, its bundles, and the field that names it. */
interface Build {
  folder: string;
  bundle?: string | undefined;
  path: FieldPath;
}

/** The inputs of a build exist: Dockerfile, base images, the bundled program, and the lock file of its packages. */
export function checkBuilds(root: string, { apps, lock, packageLock }: Repository): Problem[] {
  const exists = (path: string) => statSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true;
  return apps.flatMap((app) =>
    buildsOf(app).flatMap(({ folder, bundle, path }) => {
      const problem = (field: string, words: Words) => problemAt(app.source, [...path, field], words);
      if (!exists(`${folder}/Dockerfile`)) return [problem('build', noDockerfile(folder, path))];
      const problems = checkBaseImages(root, `${folder}/Dockerfile`, lock);
      if (bundle === undefined) return problems;
      if (!exists(`${folder}/${bundle}`)) return [...problems, problem('bundle', noProgram(folder, bundle))];
      const unknown = packageLock.read().problem;
      if (unknown !== undefined) return [...problems, problem('bundle', unknown)];
      if (packageLock.packageOf(folder) !== undefined) return problems;
      return [...problems, problem('bundle', noPackage(folder))];
    }),
  );
}

function buildsOf({ name, value: { image, database } }: Loaded<App>): Build[] {
  const folder = `apps/${name}`;
  const migrations = database?.migrations;
  return [
    ...('build' in image ? [{ folder, bundle: image.bundle, path: ['image'] }] : []),
    ...(migrations === undefined
      ? []
      : [
          {
            folder: `${folder}/migrations`,
            bundle: migrations.bundle,
            path: ['database', 'migrations'],
          },
        ]),
  ];
}

function noDockerfile(folder: string, [field]: FieldPath): Words {
  return {
    code: 'no-dockerfile',
    what: `there is no ${folder}/Dockerfile`,
    why: 'the image is made by it',
    fix: `write ${folder}/Dockerfile${field === 'image' ? ', or name an image of others: image: { ref: … }' : ''}`,
  };
}

function noProgram(folder: string, bundle: string): Words {
  return {
    code: 'no-program',
    what: `there is no ${folder}/${bundle}`,
    why: 'it is what is bundled',
    fix: `write it, or name the file at which the program starts, from ${folder}`,
  };
}

function noPackage(folder: string): Words {
  return {
    code: 'no-package',
    what: `${folder} belongs to no package that package-lock.json knows`,
    why: 'the packages of a bundle are those of the package that it is in, at the versions that are locked',
    fix: `write ${folder}/package.json with its dependencies, then type npm install`,
  };
}
