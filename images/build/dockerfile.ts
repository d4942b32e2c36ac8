import { recipeOf } from '../go/recipe.ts';
import { loadLock } from '../lock/read.ts';
import type { Lock, LockImage } from '../lock/schema.ts';

/** Name in the lock file of the image that compiles this repository's programs if images are pulled. */
export const compilerImage = 'golang';

/** Base image of images with Debian packages. */
export const debianImage = 'debian';

type Build = NonNullable<LockImage['build']>;

/** Base images of such a Dockerfile, by their names in the lock file. */
export function basesOf(build: Build): string[] {
  return [
    ...(Object.keys(build.binaries).length > 0 ? [compilerImage] : []),
    ...(build.debian === undefined ? [] : [debianImage]),
  ];
}

/**
 * The Dockerfile of an image from its description in the lock file. Only for images of this repository, whose programs need no other
 * module. Its context has `files`, which are copied over the root, and `go/WRAPPER`, which is compiled.
 */
export function dockerfileOf(build: Build, lock: Lock = loadLock()): string {
  const base = (name: string): string => {
    const ref = lock.images[name]?.ref;
    if (ref !== undefined) return ref;
    throw new Error(`images/lock.yaml has no image '${name}': add it under images:`);
  };
  const programs = Object.entries(build.binaries).map(([path, executable]) => {
    const { go } = lock.binaries[recipeOf(lock, executable).component] ?? {};
    return { path, executable, wrapper: go?.wrapper ?? '', flags: recipeOf(lock, executable).flags };
  });
  const lines = [
    ...(programs.length === 0 ? [] : [`FROM ${base(compilerImage)} AS programs`]),
    ...(programs.length === 0 ? [] : ['ENV CGO_ENABLED=0 GOTOOLCHAIN=local']),
    ...programs.flatMap(({ executable, wrapper, flags }) => [
      `WORKDIR /src/${wrapper}`,
      `COPY go/${wrapper} .`,
      `RUN ${JSON.stringify(['go', 'build', ...flags, '-o', `/out/${executable}`, '.'])}`,
    ]),
    `FROM ${build.debian === undefined ? 'scratch' : base(debianImage)}`,
    ...(build.debian === undefined
      ? []
      : [
          'RUN apt-get update' +
            ` && apt-get install --yes --no-install-recommends ${build.debian.join(' ')}` +
            ' && rm -rf /var/lib/apt/lists/*',
        ]),
    ...(build.files === undefined ? [] : ['COPY files /']),
    ...programs.map(({ path, executable }) => `COPY --from=programs /out/${executable} ${path}`),
    ...Object.entries(build.env).map(([name, value]) => `ENV ${name}=${JSON.stringify(value)}`),
    ...(build.entrypoint === undefined ? [] : [`ENTRYPOINT ${JSON.stringify(build.entrypoint)}`]),
    ...(build.cmd === undefined ? [] : [`CMD ${JSON.stringify(build.cmd)}`]),
    ...(build.user === undefined ? [] : [`USER ${build.user}`]),
    ...(build.workdir === undefined ? [] : [`WORKDIR ${build.workdir}`]),
  ];
  return `${lines.join('\n')}\n`;
}
