import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { privateEngine, startPrivateEngine } from './engine/private-engine.ts';
import { type Report, silent } from './report.ts';

/** What runs containers here. */
export interface Engine {
  name: 'docker' | 'podman';
  /** Whether Plinth started it for itself: then `stopPrivateEngine` ends it. */
  private: boolean;
  /** The client's executable. */
  command: string;
  /** What the client, and Kind, need in their environment to reach this engine; added to process.env. */
  env: Record<string, string>;
}

/** Options of a call of an engine's client. */
export interface RunOptions {
  /** Becomes the client's standard input. */
  input?: string | Readable;
  signal?: AbortSignal | undefined;
  timeoutSeconds?: number;
}

/** An engine's client ended with an error; `stderr` is what it said. */
export class EngineError extends Error {
  readonly stderr: string;

  constructor(message: string, stderr: string) {
    super(message);
    this.name = 'EngineError';
    this.stderr = stderr;
  }
}

/** Runs the engine's client and returns what it printed. */
export async function runEngine(engine: Engine, args: string[], options: RunOptions = {}): Promise<string> {
  const { input, signal, timeoutSeconds = 300 } = options;
  const result = await execa(engine.command, args, {
    env: engine.env,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    timeout: timeoutSeconds * 1000,
    reject: false,
  });
  if (!result.failed) return result.stdout;
  signal?.throwIfAborted();
  const said = result.stderr.trim() || result.shortMessage;
  const why = result.timedOut ? `did not end within ${timeoutSeconds} s` : `failed: ${said}`;
  throw new EngineError(`${engine.name} ${args.join(' ')} ${why}`, result.stderr);
}

/** Finds the engine that answers now: Docker, Podman, or the private one. Starts nothing. */
export async function findEngine(): Promise<Engine | undefined> {
  if (process.env.PLINTH_ENGINE !== 'private') {
    for (const name of ['docker', 'podman'] as const) {
      const engine: Engine = { name, private: false, command: name, env: {} };
      if (await answers(engine)) return engine;
    }
  }
  const own = privateEngine();
  return own !== undefined && (await answers(own)) ? own : undefined;
}

/**
 * The engine that answers; where there is none and this process may, a private one is started.
 * `PLINTH_ENGINE=private` passes over the engines of this machine.
 */
export async function ensureEngine(report: Report = silent): Promise<Engine> {
  return (await findEngine()) ?? (await startPrivateEngine(report));
}

async function answers(engine: Engine): Promise<boolean> {
  const { failed, stdout } = await execa(engine.command, ['info', '--format', '{{json .}}'], {
    env: engine.env,
    stdin: 'ignore',
    timeout: 10_000,
    reject: false,
  });
  // Docker's client ends well on some errors of its server, which it then names in the answer.
  return !failed && stdout.startsWith('{') && !/"ServerErrors":\["/.test(stdout);
}
