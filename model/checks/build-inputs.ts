import { posix } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/nearest.ts';
import { placesOf } from '../reading/place.ts';
import { readText } from '../reading/read-text.ts';
import { RepositoryFiles } from '../reading/repository-files.ts';
import { diagnosticAt, type FieldPath, type Source } from '../reading/source.ts';
import { type CopiedPath, copiedPaths, isCopied, secretMounts } from '../schema/dockerfile-inputs.ts';

/** An image that is built here: its folder from the root, its bundles, and the field that names it. */
export interface Build {
  folder: string;
  bundle?: string | undefined;
  buildArgs: readonly string[];
  context?: string | undefined;
  secrets: readonly string[];
  path: FieldPath;
}

/** A build sees what its Dockerfile asks for: the files of a context above its folder, and the secrets that app.ts names. */
export function checkBuildInputs(root: string, source: Source, build: Build): Diagnostic[] {
  const file = `${build.folder}/Dockerfile`;
  const { text } = readText(root, file);
  if (text === undefined) return [];
  return [...checkContext(root, source, build, text), ...checkSecrets(source, build, file, text)];
}

function checkContext(
  root: string,
  source: Source,
  { folder, path, ...build }: Build,
  text: string,
): Diagnostic[] {
  if (build.context === undefined) return [];
  if (build.bundle !== undefined) {
    return [
      diagnosticAt(source, [...path, 'context'], {
        code: 'bundle-with-context',
        what: `the image of ${folder} has a bundle and a context above its folder`,
        why: 'a bundle has everything that it imports from other packages of the repository in one file',
        fix: 'remove context, or remove bundle and let the Dockerfile copy the packages',
      }),
    ];
  }
  const context = posix.join(folder, build.context);
  const files = new RepositoryFiles(root);
  const place = placesOf(text);
  return copiedPaths(text).flatMap((copy) => {
    const words = faultOf(copy, context, files);
    return words === undefined
      ? []
      : [{ file: `${folder}/Dockerfile`, ...place(copy.start, copy.end), ...words }];
  });
}

function faultOf(copy: CopiedPath, context: string, files: RepositoryFiles) {
  const { path, written } = copy;
  const from = context === '.' ? 'the root of the repository' : context;
  if (path === undefined) {
    return {
      code: 'unknown-copy',
      what: `which files '${written}' means is not known before the image is built`,
      why: 'the tag of the image is made of the files that it copies',
      fix: 'write the path out',
    };
  }
  const manifests = posix.relative(context, 'manifests');
  if (!manifests.startsWith('..') && isCopied(manifests, [copy])) {
    return {
      code: 'copies-manifests',
      what: `'${written}' copies ${from} with the rendered manifests`,
      why: 'they have the tag of this image, so that each render would change it again',
      fix: 'name the files and folders that the image needs',
    };
  }
  if (path === '.' || files.below(context, (file) => isCopied(file, [copy])).length > 0) return undefined;
  const places = new Set(files.below(context).flatMap((file) => foldersAndFile(file.path)));
  return {
    code: 'nothing-to-copy',
    what: `'${written}' is no file and no folder of ${from}, the context of this build`,
    why: 'the build would fail; what Git ignores is not there either',
    fix: suggest(path, [...places], `write a path from ${from}`),
  };
}

function foldersAndFile(file: string): string[] {
  const parts = file.split('/');
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** A secret of a build is asked for by the Dockerfile and named in app.ts, or in neither. */
function checkSecrets(source: Source, { secrets, path }: Build, file: string, text: string): Diagnostic[] {
  const mounts = secretMounts(text);
  const asked = mounts.map(({ id }) => id);
  const place = placesOf(text);
  return [
    ...mounts
      .filter(({ id }) => !secrets.includes(id))
      .map(({ id, start, end }) => ({
        file,
        ...place(start, end),
        code: 'unknown-build-secret',
        what: `this step reads the secret '${id}' of the build, which ${source.file} does not name`,
        why: 'the build would get no value for it',
        fix: /^[A-Za-z_]\w*$/.test(id)
          ? `write secrets: ['${id}'] under image, and set the variable where the image is built`
          : "give it the name of a variable, such as id=NPM_TOKEN, and write secrets: ['NPM_TOKEN'] under image",
      })),
    ...secrets.flatMap((name, i) =>
      asked.includes(name)
        ? []
        : [
            diagnosticAt(source, [...path, 'secrets', i], {
              code: 'unused-build-secret',
              what: `no step of ${file} reads the secret '${name}'`,
              why: 'the build needs only what it reads',
              fix: suggest(name, asked, `write RUN --mount=type=secret,id=${name} …, or remove it`),
            }),
          ],
    ),
  ];
}
