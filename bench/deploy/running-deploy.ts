import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Failure } from '../../scripts/cli/failure.ts';
import { repositoryRoot } from '../../scripts/repository/read-cluster.ts';

/** A process of `deploy`, which prints one line per deploy. */
export class RunningDeploy {
  readonly ended: Promise<unknown>;
  /** Resolves when `--watch` waits for a save. */
  readonly watches: Promise<unknown>;
  readonly #lines: AsyncIterator<string>;
  readonly #child: ChildProcess;
  readonly #name: string;

  constructor(env: string, name: string, ...options: string[]) {
    const script = join(repositoryRoot, 'scripts/deploy.ts');
    const args = [script, name, '--env', env, '--json', '-m', 'Benchmark', ...options];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stderr.pipe(process.stderr);
    this.watches = new Promise<void>((resolve) => {
      child.stderr.on('data', (text: Buffer) => text.includes('Watching.') && resolve());
    });
    this.#name = name;
    this.#child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    this.ended = new Promise((resolve) => child.on('close', resolve));
  }

  /** Waits for the next deploy; `at` is when its line came, by `performance.now()`; `steps` in seconds. */
  async next(): Promise<{ at: number; steps: Record<string, number> }> {
    const { value, done } = await this.#lines.next();
    const at = performance.now();
    if (done) {
      throw new Failure(
        `npm run deploy -- ${this.#name} ended with ${await this.ended}.`,
        'Correct it, then type the same command again.',
      );
    }
    const { phases }: { phases: { title: string; seconds: number }[] } = JSON.parse(value);
    return { at, steps: Object.fromEntries(phases.map((phase) => [phase.title, phase.seconds])) };
  }

  stop(): void {
    this.#child.kill('SIGTERM');
  }
}
