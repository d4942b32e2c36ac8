import { expect, it } from 'vitest';
import { recipeOf } from '../go/recipe.ts';
import { loadLock } from '../lock/read.ts';
import { ownHost } from '../oci/reference.ts';
import { basesOf, dockerfileOf } from './dockerfile.ts';

const lock = loadLock();

function buildOf(name: string) {
  const build = lock.images[name]?.build;
  if (build === undefined) throw new Error(`no ${name}`);
  return build;
}

it('installs the packages of an image on the locked Debian and copies its files over them', () => {
  expect(basesOf(buildOf('git-server'))).toEqual(['debian']);
  expect(dockerfileOf(buildOf('git-server'))).toBe(
    `FROM ${lock.images.debian?.ref}
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates curl git jq lighttpd && rm -rf /var/lib/apt/lists/*
COPY files /
ENTRYPOINT ["/usr/local/bin/git-server"]
USER 10001:10001
WORKDIR /srv/git
`,
  );
});

it('compiles our own program in the locked image of Go, with the flags of every build, into an image without other files', () => {
  const flags = recipeOf(lock, 'trust-roots')
    .flags.map((flag) => JSON.stringify(flag))
    .join(',');
  expect(basesOf(buildOf('trust-roots'))).toEqual(['golang']);
  expect(dockerfileOf(buildOf('trust-roots'))).toBe(
    `FROM ${lock.images.golang?.ref} AS programs
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
WORKDIR /src/trust-roots
COPY go/trust-roots .
RUN ["go","build",${flags},"-o","/out/trust-roots","."]
FROM scratch
COPY --from=programs /out/trust-roots /trust-roots
ENTRYPOINT ["/trust-roots"]
USER 65532:65532
`,
  );
});

it('can build all images that only this repository has', () => {
  const ours = Object.values(lock.images).filter(({ ref }) => ref.startsWith(`${ownHost}/`));
  expect(ours.length).toBeGreaterThan(0);
  for (const { ref, build } of ours) {
    expect(Object.keys(build?.npm ?? {}), ref).toEqual([]);
    expect(Object.keys(build?.links ?? {}), ref).toEqual([]);
    expect(build?.without ?? [], ref).toEqual([]);
    for (const executable of Object.values(build?.binaries ?? {})) {
      const { go } = lock.binaries[recipeOf(lock, executable).component] ?? {};
      expect(go, `${executable} needs modules of others`).toMatchObject({
        packages: { [executable]: '.' },
        instead: [],
      });
      expect(go?.module).toBeUndefined();
    }
    for (const base of build === undefined ? [] : basesOf(build))
      expect(lock.images[base]?.digest, base).toBeDefined();
  }
});
