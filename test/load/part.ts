import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { until } from '../until.ts';

/** How a part is started, in place of its pod. */
export interface PartInput {
  name: string;
  program: string;
  args: string[];
  /** Bytes: the memory limit of its container. Go collects garbage before it, as in the cluster. */
  memoryLimit: number;
  /** Whether it answers. */
  ready: () => Promise<boolean>;
}

/** One program of the pipeline. It can be killed and started again on the same folders and ports. */
export class Part {
  readonly name: string;
  /** The end of what it wrote. */
  log = '';
  #input: PartInput;
  #child: ChildProcess | undefined;
  #peak = 0;
  #sampling: NodeJS.Timeout | undefined;

  constructor(input: PartInput) {
    this.name = input.name;
    this.#input = input;
  }

  async start(): Promise<void> {
    const { program, args, memoryLimit, ready, name } = this.#input;
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH, GOMEMLIMIT: String(memoryLimit) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#sampling = setInterval(() => this.#notePeak(), 100).unref();
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.log = `${this.log}${chunk}`.slice(-20_000);
      });
    await until(ready, () => `${name}: ${this.log.slice(-2_000)}`, { seconds: 120, pauseMs: 200 });
  }

  /** Ends it without a chance to write anything, as a node that is lost does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Whether it still runs: none of the inputs of a story may end it. */
  get running(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /**
   * Bytes: the most memory of its own that it had, over all its starts, ten times a second. Pages of its files do not count: the kernel takes
   * them back before a container reaches its limit (cgroup v2, `memory.stat`: `inactive_file`).
   */
  get peak(): number {
    this.#notePeak();
    return this.#peak;
  }

  /** Part of its memory limit that it used at most. */
  get peakShare(): number {
    return this.peak / this.#input.memoryLimit;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.running) return;
    this.#notePeak();
    clearInterval(this.#sampling);
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await ended;
  }

  #notePeak(): void {
    if (!this.running) return;
    const status = readFileSync(`/proc/${this.#child?.pid}/status`, 'utf8');
    const own = [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)];
    const kibibytes = own.reduce((sum, [, each]) => sum + Number(each), 0);
    this.#peak = Math.max(this.#peak, kibibytes * 1024);
  }
}
