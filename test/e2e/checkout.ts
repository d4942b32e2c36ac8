import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { repositoryRoot } from '../../scripts/repository/read-cluster.ts';

/** Output and exit code of a command of the checkout. */
export interface Ended {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Copies this repository with uncommitted changes; packages are those that are installed here. */
export async function copyRepository(to: string): Promise<void> {
  const { stdout } = await execa('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repositoryRoot,
  });
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    const target = join(to, file);
    await mkdir(dirname(target), { recursive: true });
    // A file that is deleted but still in the index is none of the repository's any more.
    await cp(join(repositoryRoot, file), target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  await symlink(join(repositoryRoot, 'node_modules'), join(to, 'node_modules'));
}

/** Changes a file as a person would; it must change. */
export async function editFile(path: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`${path}: the edit changed nothing`);
  await writeFile(path, after);
}

/** A copy of this repository with its own cluster name, ports and state folder. */
export class Checkout {
  readonly root: string;
  readonly state: string;

  private constructor(root: string) {
    this.root = join(root, 'repository');
    this.state = join(root, 'state');
  }

  static async make(
    cluster: string,
    ports: { http: number; https: number; registry: number },
  ): Promise<Checkout> {
    const checkout = new Checkout(await mkdtemp(join(tmpdir(), 'plinth-e2e-')));
    await copyRepository(checkout.root);
    await checkout.edit('clusters/dev/cluster.yaml', (text) =>
      text
        .replace(/^name: .*$/m, `name: ${cluster}`)
        // A story of its own looks at it: npm run test:observability
        .replace(/^observability: .*$/m, 'observability: off')
        .replace(
          /^( *)kind: kind$/m,
          `$1kind: kind\n$1ports: {http: ${ports.http}, https: ${ports.https}, registry: ${ports.registry}}`,
        ),
    );
    return checkout;
  }

  get env(): Record<string, string> {
    return { PLINTH_STATE: this.state, PLINTH_KEYS: join(this.state, 'keys'), NO_COLOR: '1' };
  }

  edit(file: string, change: (text: string) => string): Promise<void> {
    return editFile(join(this.root, file), change);
  }

  /** `npm run SCRIPT -- ARGS`. */
  async npm(script: string, ...args: string[]): Promise<Ended> {
    const { exitCode, stdout, stderr } = await execa('npm', ['run', '--silent', script, '--', ...args], {
      cwd: this.root,
      env: this.env,
      stdin: 'ignore',
      reject: false,
    });
    return { exitCode: exitCode ?? -1, stdout, stderr };
  }

  /** Starts `npm run SCRIPT` and kills it, with all that it started, as soon as its output matches. */
  async npmKilledAt(pattern: RegExp, script: string, afterMs: number, ...args: string[]): Promise<string> {
    const child = execa('npm', ['run', '--silent', script, '--', ...args], {
      cwd: this.root,
      env: this.env,
      stdin: 'ignore',
      all: true,
      reject: false,
      detached: true,
    });
    let text = '';
    let killing = false;
    child.all.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (killing || !pattern.test(text)) return;
      killing = true;
      setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), afterMs);
    });
    await child;
    if (!killing) throw new Error(`${script} ended before it printed ${pattern}:\n${text}`);
    return text;
  }

  async remove(): Promise<void> {
    await rm(dirname(this.root), { recursive: true, force: true });
  }
}
