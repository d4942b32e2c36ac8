import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Git, gitIn } from '../../scripts/delivery/git.ts';
import { ManifestRemote } from '../../scripts/delivery/manifest-remote.ts';

/** For tests: a bare repository, and checkouts of people who write to it, in a folder that goes away. */
export class TestRepository {
  readonly folder = mkdtempSync(join(tmpdir(), 'plinth-delivery-'));
  readonly url = join(this.folder, 'remote.git');
  #people = 0;

  static async make(): Promise<TestRepository> {
    const made = new TestRepository();
    await gitIn(made.folder)(['init', '--quiet', '--bare', '--initial-branch=main', made.url]);
    return made;
  }

  get git(): Git {
    return gitIn(this.url);
  }

  /** A checkout of somebody with files in one commit. */
  async person(files: Readonly<Record<string, string>> = { 'apps/shop/app.ts': '1' }) {
    const name = `person-${++this.#people}`;
    const root = join(this.folder, name);
    mkdirSync(root);
    const git = gitIn(root);
    await git(['init', '--quiet', '--initial-branch=main', '.']);
    appendFileSync(
      join(root, '.git/config'),
      `[user]\n\tname = ${name}\n\temail = ${name}@example.org\n[commit]\n\tgpgsign = false\n`,
    );
    const commit = await this.commit(root, files, 'Sources');
    return { root, git, commit, name };
  }

  async commit(root: string, files: Readonly<Record<string, string>>, message: string): Promise<string> {
    const git = gitIn(root);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    await git(['add', '--all']);
    await git(['commit', '--quiet', '-m', message]);
    return (await git(['rev-parse', 'HEAD'])).trim();
  }

  /** The manifest repository as it is reached from a checkout, on one of several machines. */
  remote(
    root: string,
    { url = this.url, machine = 1, acceptRewritten = false } = {},
  ): Promise<ManifestRemote> {
    const gitDir = join(this.folder, `${basename(root)}-${machine}.git`);
    return ManifestRemote.open({ url, branch: 'main' }, { root, cluster: 'test', gitDir, acceptRewritten });
  }

  /**
   * The server ends right after it has accepted the next push to a branch, before it answers.
   * @param then A command that it runs before it ends, in the repository.
   */
  loseAnswer(branch = 'main', then = 'true'): void {
    const hook = join(this.url, 'hooks/reference-transaction');
    mkdirSync(dirname(hook), { recursive: true });
    const script = `#!/bin/sh
if [ "$1" = committed ] && grep -q "refs/heads/${branch}"; then
  rm "${hook}"
  ${then}
  kill -9 $PPID
fi
`;
    writeFileSync(hook, script, { mode: 0o755 });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
