import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { askEngine, type EngineInfo } from './engine/info.ts';
import { privateEngine, startPrivateEngine } from './engine/private-engine.ts';
import { useEnginePlatform } from './platform.ts';
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
  /** What it said of itself when it was found. */
  info: EngineInfo;
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
  const found = await lookForEngine();
  return 'engine' in found ? used(found.engine) : undefined;
}

/** The same, without having it used; where none answers, what each of their clients said. */
export async function lookForEngine(): Promise<{ engine: Engine } | { said: string[] }> {
  const said: string[] = [];
  if (process.env.PLINTH_ENGINE !== 'private') {
    for (const command of ['docker', 'podman']) {
      const answer = await askEngine(command);
      // What is called docker may be Podman: Debian's package podman-docker.
      if ('info' in answer)
        return { engine: { name: answer.info.name, private: false, command, env: {}, ...answer } };
      said.push(answer.why);
    }
  }
  const own = privateEngine();
  if (own === undefined) return { said };
  const answer = await askEngine(own.command, own.env);
  return 'info' in answer ? { engine: { ...own, ...answer } } : { said: [...said, answer.why] };
}

/**
 * The engine that answers; where there is none and this process may, a private one is started.
 * `PLINTH_ENGINE=private` passes over the engines of this machine.
 */
export async function ensureEngine(report: Report = silent): Promise<Engine> {
  return (await findEngine()) ?? used(await startPrivateEngine(report));
}

function used(engine: Engine): Engine {
  useEnginePlatform(engine.info);
  return engine;
}
