import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Engine } from '../../images/index.ts';
import { killHost, onHost } from './containers.ts';
import type { TestSite } from './test-site.ts';

const name = 'git';
const home = '/home/git';

/**
 * A machine that serves a Git repository by SSH, as a forge does: people push with their key, and a cluster reads with a deploy key,
 * which can do nothing else.
 */
export class GitMachine {
  /** Address of the repository, in which nothing is at first. */
  readonly url: string;
  /** Settings for a person: key, host key, name and signed commits of Git; deploy key of the hand-over. */
  readonly env: Record<string, string>;
  private readonly engine: Engine;

  private constructor(engine: Engine, { url, env }: Pick<GitMachine, 'url' | 'env'>) {
    this.engine = engine;
    this.url = url;
    this.env = env;
  }

  /** @param folder Folder of this machine for the keys. */
  static async start(site: TestSite, folder: string): Promise<GitMachine> {
    const { address } = await site.startMachine(name);
    const [person, deploy] = [join(folder, 'person'), join(folder, 'deploy')];
    for (const key of [person, deploy])
      await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', key]);
    const publicKey = await readFile(`${person}.pub`, 'utf8');
    const deployPublic = await readFile(`${deploy}.pub`, 'utf8');
    const readOnly = `restrict,command="git-upload-pack '${home}/platform.git'" ${deployPublic}`;
    const script = [
      'set -e',
      'useradd --create-home --shell /usr/bin/git-shell git',
      // sshd refuses accounts whose password is locked.
      "usermod --password '*' git",
      `install -d -o git -m 0700 ${home}/.ssh`,
      `printf '%s' '${publicKey}${readOnly.replaceAll("'", "'\\''")}' > ${home}/.ssh/authorized_keys`,
      `chown git ${home}/.ssh/authorized_keys`,
      `runuser -u git -- git init --quiet --bare --initial-branch=main ${home}/platform.git`,
    ];
    await onHost(site.engine, name, script.join('\n'));
    const { stdout: knownHosts } = await execa('ssh-keyscan', ['-T', '10', address]);
    const hosts = join(folder, 'git-hosts');
    await writeFile(hosts, `${knownHosts}\n`);
    const ssh = `ssh -i ${person} -o IdentitiesOnly=yes -o UserKnownHostsFile=${hosts}`;
    await writeFile(join(folder, 'signers'), `ann@example.org ${publicKey}`);
    await writeFile(
      join(folder, 'gitconfig'),
      [
        '[user]\n\tname = Ann\n\temail = ann@example.org',
        `\tsigningKey = ${person}.pub`,
        '[commit]\n\tgpgSign = true',
        `[gpg]\n\tformat = ssh\n[gpg "ssh"]\n\tallowedSignersFile = ${join(folder, 'signers')}\n`,
      ].join('\n'),
    );
    return new GitMachine(site.engine, {
      url: `ssh://git@${address}${home}/platform.git`,
      env: {
        GIT_SSH_COMMAND: ssh,
        GIT_CONFIG_GLOBAL: join(folder, 'gitconfig'),
        PLINTH_DEPLOY_KEY: deploy,
        PLINTH_KNOWN_HOSTS: hosts,
      },
    });
  }

  /** A command of Git in the repository, on the machine itself. */
  git(args: string): Promise<string> {
    return onHost(this.engine, name, `runuser -u git -- git -C ${home}/platform.git ${args}`);
  }

  stop(): Promise<void> {
    return killHost(this.engine, name);
  }
}
