import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { gitIn } from '../../scripts/delivery/git.ts';

const root = join(import.meta.dirname, '../..');

/** For tests: a repository with the files of CI, in which jobs run with an npm that only writes down how it is called. */
export class JobFolder {
  readonly folder = mkdtempSync(join(tmpdir(), 'plinth-ci-'));
  /** The repository. */
  readonly checkout = join(this.folder, 'checkout');
  /** With that npm first. */
  readonly path: string;
  readonly #calls = join(this.folder, 'calls');

  private constructor() {
    const programs = join(this.folder, 'programs');
    mkdirSync(programs);
    this.path = [programs, process.env.PATH].join(delimiter);
    const names = [
      'PLINTH_REGISTRY_USER',
      'PLINTH_REGISTRY_PASSWORD',
      'PLINTH_SIGNING_KEY',
      'PLINTH_FORGE_TOKEN',
    ];
    const shown = ['GIT_ASKPASS', 'GIT_PASSWORD', ...names].map((name) => `\${${name}:+ ${name}=$${name}}`);
    this.#program('npm', `echo "npm $*${shown.join('')}" >> ${this.#calls}`);
    // gitlab-ci-local copies the files for jobs in containers, and no job here has one.
    this.#program('rsync', ':');
  }

  static async make(): Promise<JobFolder> {
    const made = new JobFolder();
    for (const path of ['.ci', 'ci'])
      cpSync(join(root, path), join(made.checkout, path), { recursive: true });
    const git = gitIn(made.checkout);
    await git(['init', '--quiet', '--initial-branch=main']);
    await git(['config', 'user.name', 'Ann']);
    await git(['config', 'user.email', 'ann@example.org']);
    await git(['remote', 'add', 'origin', 'git@git.example.org:team/platform.git']);
    return made;
  }

  /** Makes a commit of all files, with these. */
  async commit(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) writeFileSync(join(this.checkout, path), text);
    const git = gitIn(this.checkout);
    await git(['add', '--all']);
    await git(['commit', '--quiet', '-m', 'Files']);
  }

  /** How npm was called since the last time, with the credentials that it got. */
  calls(): string[] {
    if (!existsSync(this.#calls)) return [];
    const text = readFileSync(this.#calls, 'utf8').replaceAll(this.checkout, '.');
    rmSync(this.#calls);
    return text.trim().split('\n');
  }

  #program(name: string, line: string): void {
    const file = join(this.folder, 'programs', name);
    writeFileSync(file, `#!/bin/sh\n${line}\n`);
    chmodSync(file, 0o755);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
