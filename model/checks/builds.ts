import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../app.ts';
import type { Diagnostic, Words } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/nearest.ts';
import { readText } from '../reading/read-text.ts';
import type { FieldPath, Loaded } from '../reading/source.ts';
import { diagnosticAt } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import { argumentsIn } from '../schema/dockerfile.ts';
import { checkBaseImages } from './base-images.ts';
import { type Build, checkBuildInputs } from './build-inputs.ts';

/**
 * The inputs of a build must exist: Dockerfile, base images, bundled program, and the lock file of its
 * packages.
 */
export function checkBuilds(root: string, { apps, lock, packageLock }: Repository): Diagnostic[] {
  const exists = (path: string) => statSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true;
  return apps.flatMap((app) =>
    buildsOf(app).flatMap((build) => {
      const { folder, bundle, path } = build;
      const diagnostic = (field: string, words: Words) => diagnosticAt(app.source, [...path, field], words);
      if (!exists(`${folder}/Dockerfile`)) return [diagnostic('build', noDockerfile(folder, path))];
      const diagnostics = [
        ...checkBaseImages(root, `${folder}/Dockerfile`, lock),
        ...checkArguments(root, app, build),
        ...checkBuildInputs(root, app.source, build),
      ];
      if (bundle === undefined) return diagnostics;
      if (!exists(`${folder}/${bundle}`))
        return [...diagnostics, diagnostic('bundle', noProgram(folder, bundle))];
      const unknown = packageLock.read().diagnostic;
      if (unknown !== undefined) return [...diagnostics, diagnostic('bundle', unknown)];
      if (packageLock.packageOf(folder) !== undefined) return diagnostics;
      return [...diagnostics, diagnostic('bundle', noPackage(folder))];
    }),
  );
}

function buildsOf({ name, value: { image, database } }: Loaded<App>): Build[] {
  const folder = `apps/${name}`;
  const migrations = database?.migrations;
  return [
    ...('build' in image
      ? [{ ...image, folder, buildArgs: Object.keys(image.buildArgs), path: ['image'] }]
      : []),
    ...(migrations === undefined
      ? []
      : [
          {
            folder: `${folder}/migrations`,
            bundle: migrations.bundle,
            buildArgs: [],
            secrets: [],
            path: ['database', 'migrations'],
          },
        ]),
  ];
}

/**
 * A build argument must be declared in a stage: Docker ignores any other, and an argument of a FROM would
 * change the base image without review.
 */
function checkArguments(
  root: string,
  { source }: Loaded<App>,
  { folder, buildArgs, path }: Build,
): Diagnostic[] {
  const file = `${folder}/Dockerfile`;
  const { text } = readText(root, file);
  if (buildArgs.length === 0 || text === undefined) return [];
  const { ofImages, ofStages } = argumentsIn(text);
  return buildArgs.flatMap((name) => {
    if (ofStages.includes(name) && !ofImages.includes(name)) return [];
    const words = ofImages.includes(name)
      ? {
          code: 'argument-of-an-image',
          what: `the build argument ${name} is declared before the first FROM of ${file}`,
          why: 'only the Dockerfile and the lock file decide which base image is used',
          fix: `declare an ARG after FROM, such as ARG NAME`,
        }
      : {
          code: 'unknown-argument',
          what: `no stage of ${file} declares the build argument ${name}`,
          why: 'the build would ignore it',
          fix: suggest(name, ofStages, `add ARG ${name} after FROM, or remove it`),
        };
    return [diagnosticAt(source, [...path, 'buildArgs', name], words, 'key')];
  });
}

function noDockerfile(folder: string, [field]: FieldPath): Words {
  return {
    code: 'no-dockerfile',
    what: `there is no ${folder}/Dockerfile`,
    why: 'the image is built from it',
    fix: `write ${folder}/Dockerfile${field === 'image' ? ', or name an upstream image: image: { ref: … }' : ''}`,
  };
}

function noProgram(folder: string, bundle: string): Words {
  return {
    code: 'no-program',
    what: `there is no ${folder}/${bundle}`,
    why: 'this program is bundled into the image',
    fix: `write it, or name the program that exists, as a path from ${folder}`,
  };
}

function noPackage(folder: string): Words {
  return {
    code: 'no-package',
    what: `package-lock.json has no package for ${folder}`,
    why: "a bundle uses the locked versions of its package's dependencies",
    fix: `write ${folder}/package.json with its dependencies, then type npm install`,
  };
}
