import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { ensureProgram } from '../../images/index.ts';
import { copyRepository, editFile } from '../e2e/checkout.ts';
import { Account } from './local-aws/account.ts';
import { localAws } from './local-aws/provider.ts';
import { localCommand } from './local-command.ts';
import { serve } from './plugin.ts';

/** Output and exit code of a Pulumi command. */
export interface Said {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Both, as a person reads them. */
  all: string;
}

/** Output for a person when a test fails. */
export function said({ all, exitCode }: Said): string {
  return `exit code ${exitCode}\n${all}`;
}

/** The command that `npm run pulumi` uses is there before the clock of a test runs. */
export async function ensurePulumi(): Promise<void> {
  const { failed } = await execa('pulumi', ['version'], { reject: false });
  if (failed) await ensureProgram('pulumi', (line) => console.log(line));
}

/**
 * A copy of the repository on which the real engine works, with a state of its own, and an account of AWS that exists in
 * memory.
 */
export class Project {
  readonly account = new Account();
  readonly root: string;
  private readonly folder: string;
  private readonly closing: (() => void)[] = [];
  private env: Record<string, string> = {};

  private constructor(folder: string) {
    this.folder = folder;
    this.root = join(folder, 'repository');
  }

  static async make(): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), 'plinth-stacks-'));
    await copyRepository(join(folder, 'repository'));
    return Project.at(folder);
  }

  /** With the existing copy in a folder; `commandEnv` is for commands that Pulumi runs. */
  static async at(folder: string, commandEnv: Record<string, string> = {}): Promise<Project> {
    const project = new Project(folder);
    await mkdir(join(folder, 'backend'));
    const aws = await serve(localAws(project.account));
    const command = await serve(
      localCommand(join(project.root, 'stacks'), () => ({
        PATH: project.path,
        PLINTH_TEST_API: join(folder, 'api-port'),
        ...commandEnv,
      })),
    );
    project.closing.push(aws.close, command.close);
    project.env = {
      PULUMI_BACKEND_URL: `file://${join(folder, 'backend')}`,
      PULUMI_HOME: join(folder, 'home'),
      PULUMI_CONFIG_PASSPHRASE: 'only for this test',
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
      PULUMI_DEBUG_PROVIDERS: `aws:${aws.port},command:${command.port}`,
      NO_COLOR: '1',
    };
    return project;
  }

  /** `npm run pulumi -- ARGS`, without anybody to answer questions. */
  async pulumi(...args: string[]): Promise<Said> {
    const { exitCode, stdout, stderr, all } = await execa(
      'npm',
      ['run', '--silent', 'pulumi', '--', ...args, '--non-interactive'],
      { cwd: this.root, env: { ...this.env, PATH: this.path }, stdin: 'ignore', reject: false, all: true },
    );
    return { exitCode: exitCode ?? -1, stdout, stderr, all };
  }

  /** Its outputs, secrets as they are. */
  async outputs(stack: string): Promise<Record<string, unknown>> {
    const { stdout } = await this.pulumi('stack', 'output', '--json', '--show-secrets', '-s', stack);
    return JSON.parse(stdout);
  }

  /** The state as it lies on the disk. */
  async state(stack: string): Promise<string> {
    return readFile(join(this.folder, 'backend', '.pulumi', 'stacks', 'plinth', `${stack}.json`), 'utf8');
  }

  edit(file: string, change: (text: string) => string): Promise<void> {
    return editFile(join(this.root, file), change);
  }

  /** Puts a file in the place of one of the repository's. */
  async put(file: string, text: string): Promise<void> {
    const path = join(this.root, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }

  /** Ends what it started. */
  close(): void {
    for (const close of this.closing) close();
  }

  async remove(): Promise<void> {
    this.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Stands in for Ansible and for Flux, which this test does not have: what they are given is kept, what they answer is given. */
  async standIns(api: { port: number; kubeconfig: string }): Promise<void> {
    await this.reach(api.port);
    const kubeconfig = join(this.folder, 'kubeconfig');
    await writeFile(kubeconfig, api.kubeconfig);
    await this.put(
      'scripts/nodes.ts',
      `import { copyFileSync } from 'node:fs';
const outputs = process.argv[process.argv.indexOf('--outputs') + 1];
copyFileSync(outputs, ${JSON.stringify(this.given)});
console.log(JSON.stringify({ machines: {}, seconds: 0, kubeconfig: ${JSON.stringify(kubeconfig)} }));
`,
    );
    await this.put('scripts/hand-over.ts', '');
  }

  /** Loopback port at which the replacement of the session manager finds the API server. */
  async reach(port: number): Promise<void> {
    await writeFile(join(this.folder, 'api-port'), String(port));
  }

  /** What Ansible was given last. */
  get given(): string {
    return join(this.folder, 'given.json');
  }

  /** With programs in PATH that replace those of AWS. */
  private get path(): string {
    return `${join(this.root, 'test', 'stacks', 'bin')}:${process.env.PATH}`;
  }
}
