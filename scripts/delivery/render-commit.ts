import { existsSync, globSync, symlinkSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { previewsFile } from '../../model/schema/previews.ts';
import { type PublishedImages, publishedImagesFile } from '../../model/schema/published-images.ts';
import { Failure } from '../cli/failure.ts';
import { isDiskError } from '../files/disk-failure.ts';
import { makeStaging, removeAbandoned } from '../files/staging.ts';
import { fetchAdvice, GitError, gitIn, hasCommit } from './git.ts';
import { writePublished } from './images-file.ts';

/** The manifests of one environment, by path from the root: `manifests/ENV/…`. */
export type Manifests = Map<string, string>;

/** Beginning of the name of a temporary folder with sources. */
const prefix = 'plinth-sources-';

/** The files of a source commit in a temporary folder, until it is closed. */
export class SourceCommit {
  readonly commit: string;
  /** Root of the repository at that commit. */
  readonly folder: string;
  readonly #root: string;
  readonly #scratch: string;

  private constructor(commit: string, root: string, scratch: string) {
    this.commit = commit;
    this.#root = root;
    this.#scratch = scratch;
    this.folder = join(scratch, 'sources');
  }

  /**
   * @param root The checkout, whose npm packages are used; no others are installed.
   * @throws Failure if the checkout does not have the commit.
   */
  static async open(root: string, commit: string): Promise<SourceCommit> {
    const git = gitIn(root);
    if (!(await hasCommit(git, commit))) {
      throw new Failure(
        `this repository does not have the commit ${commit}, from which the environment was published.`,
        await fetchAdvice(git),
      );
    }
    let scratch: string;
    try {
      // Of commands that were interrupted.
      removeAbandoned(tmpdir(), prefix);
      scratch = makeStaging(tmpdir(), prefix);
    } catch (error) {
      throw cannotUnpack(error, commit);
    }
    const sources = new SourceCommit(commit, root, scratch);
    try {
      await git(['worktree', 'prune']);
      await git(['worktree', 'add', '--quiet', '--detach', sources.folder, commit]);
      const packages = join(root, 'node_modules');
      if (existsSync(packages)) symlinkSync(packages, join(sources.folder, 'node_modules'));
    } catch (error) {
      await sources.close();
      throw cannotUnpack(error, commit);
    }
    return sources;
  }

  /**
   * Renders an environment with the commit's own program, the given published versions and the text of previews.yaml; undefined where
   * there are no previews.
   */
  async render(
    environment: string,
    images: PublishedImages,
    previews: string | undefined,
  ): Promise<Manifests> {
    const now = new Date();
    // It is not abandoned, however often it renders.
    await utimes(this.#scratch, now, now);
    const file = join(this.folder, publishedImagesFile(environment));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, writePublished(images));
    // Those of the commit may be older than those of the manifest repository, also in other environments.
    const stale = globSync('clusters/*/previews.yaml', { cwd: this.folder });
    await Promise.all(stale.map((path) => rm(join(this.folder, path))));
    if (previews !== undefined) await writeFile(join(this.folder, previewsFile(environment)), previews);
    const out = join(this.#scratch, 'manifests');
    const args = ['scripts/render.ts', '--no-cache', '--env', environment, '--out', out];
    const result = await execa(process.execPath, args, {
      cwd: this.folder,
      stdin: 'ignore',
      reject: false,
      all: true,
    });
    if (result.failed) {
      throw new Failure(
        `${environment} cannot be rendered from the commit ${this.commit.slice(0, 12)}:\n${result.all.trim()}`,
        'Mend it, commit, then type the same command again.',
      );
    }
    const folder = join(out, environment);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const manifests = await Promise.all(
      files.map(async (path) => {
        const below = path.slice(folder.length).replaceAll('\\', '/');
        return [`manifests/${environment}${below}`, await readFile(path, 'utf8')] as const;
      }),
    );
    return new Map(manifests.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async close(): Promise<void> {
    const git = gitIn(this.#root);
    await rm(this.#scratch, { recursive: true, force: true });
    await git(['worktree', 'prune']);
  }
}

/** Git does not say why it cannot write a file. */
function cannotUnpack(error: unknown, commit: string): unknown {
  if (!(error instanceof GitError || isDiskError(error))) return error;
  const said = error instanceof GitError ? error.said : error.message;
  return new Failure(
    `the sources of ${commit.slice(0, 12)} cannot be unpacked below ${tmpdir()}: ${said}`,
    `See that there is space and who may write there (df -h ${tmpdir()}), then type the same command again: nothing was published partially.`,
    { cause: error },
  );
}

/** Refuses manifests with an image without a digest, as older versions of the program rendered them. */
export function requireDigests(manifests: Manifests, images: PublishedImages, apps: readonly string[]): void {
  const texts = [...manifests.values()];
  for (const app of apps) {
    for (const image of [images.apps[app]?.image, images.apps[app]?.migrations]) {
      if (image === undefined || texts.some((text) => text.includes(`:${image.tag}@${image.digest}`)))
        continue;
      throw new Failure(
        `the render does not name the image of ${app} by its digest ${image.digest}: ${app} does not run there, or the sources are too old.`,
        'See clusters/ENV/cluster.yaml: apps. Or publish from a newer commit.',
      );
    }
  }
}
