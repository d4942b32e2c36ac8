import { chmod, chown, copyFile, mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { Engine } from '../../images/engine/engine.ts';
import type { Ended } from '../e2e/checkout.ts';

/** Programs in this user's PATH besides Docker's client and Node: no Go, no package manager, no sudo. */
const tools = [
  ...[
    'sh',
    'bash',
    'env',
    'git',
    'tar',
    'gzip',
    'npm',
    'cat',
    'cp',
    'dirname',
    'basename',
    'grep',
    'sed',
    'awk',
  ],
  ...[
    'ls',
    'mkdir',
    'mv',
    'rm',
    'id',
    'uname',
    'readlink',
    'sleep',
    'tr',
    'cut',
    'head',
    'tail',
    'ps',
    'find',
  ],
];

const name = 'plinth-pull';

/** A user of this machine with access to the container engine, and with its own home and PATH. */
export class OrdinaryUser {
  readonly home: string;
  readonly uid: number;
  readonly gid: number;
  readonly #socket: string;
  readonly #folder: string;

  private constructor(home: string, uid: number, gid: number, socket: string, folder: string) {
    this.home = home;
    this.uid = uid;
    this.gid = gid;
    this.#socket = socket;
    this.#folder = folder;
  }

  /** Creates the user, whose group may use the engine's socket until `remove`. */
  static async make({ command: dockerClient, env }: Engine): Promise<OrdinaryUser> {
    const address = env.DOCKER_HOST ?? process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
    const socket = address.replace('unix://', '');
    await execa('useradd', ['--create-home', '--shell', '/bin/sh', name], { reject: false });
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (option) => Number((await execa('id', [option, name])).stdout)),
    );
    if (!uid || !gid) throw new Error(`useradd made no user ${name}`);
    const { stdout: entry } = await execa('getent', ['passwd', name]);
    const home = entry.split(':')[5] ?? '';
    const folder = await mkdtemp('/tmp/plinth-pull-');
    await chmod(folder, 0o755);
    const user = new OrdinaryUser(home, uid, gid, socket, folder);
    await mkdir(user.#bin);
    for (const tool of tools) {
      const { stdout } = await execa('sh', ['-c', `command -v ${tool}`]);
      await symlink(stdout, join(user.#bin, tool));
    }
    // A copy: the client of a private engine lies in the home of its owner.
    await copyFile(dockerClient, join(user.#bin, 'docker'));
    await symlink(process.execPath, join(user.#bin, 'node'));
    await chown(socket, 0, gid);
    await chmod(socket, 0o660);
    await chown(dirname(socket), 0, gid);
    await chmod(dirname(socket), 0o750);
    return user;
  }

  get #bin(): string {
    return join(this.#folder, 'bin');
  }

  /** Runs a program as this user and says how it ended. */
  async run(
    command: string,
    args: string[],
    options: { cwd: string; env?: Record<string, string> },
  ): Promise<Ended> {
    const { exitCode, stdout, stderr } = await execa(command, args, {
      cwd: options.cwd,
      extendEnv: false,
      env: {
        HOME: this.home,
        USER: name,
        PATH: this.#bin,
        LANG: 'C.UTF-8',
        NO_COLOR: '1',
        DOCKER_HOST: `unix://${this.#socket}`,
        ...options.env,
      },
      uid: this.uid,
      gid: this.gid,
      stdin: 'ignore',
      reject: false,
    });
    return { exitCode: exitCode ?? -1, stdout, stderr };
  }

  /** Gives this user a folder with all that is in it. */
  async own(path: string): Promise<void> {
    await execa('chown', ['-R', '-h', `${this.uid}:${this.gid}`, path]);
  }

  /** What of this user's home belongs to others: nobody but root could remove it. */
  async othersFiles(): Promise<string[]> {
    const { stdout } = await execa('find', [this.home, '!', '-user', name]);
    return stdout.split('\n').filter((line) => line !== '');
  }

  async remove(): Promise<void> {
    if (await stat(this.#socket).catch(() => undefined)) {
      await chmod(dirname(this.#socket), 0o700);
      await chown(dirname(this.#socket), 0, 0);
      await chown(this.#socket, 0, 0);
    }
    await execa('userdel', ['--remove', name], { reject: false });
    await rm(this.#folder, { recursive: true, force: true });
  }
}
