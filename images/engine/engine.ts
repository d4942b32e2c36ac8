import type { Readable } from 'node:stream';
import { execa } from 'execa';
import type { EngineInfo } from './info.ts';

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
  /** The mirror of registries from which its images are pulled, as cluster.yaml sets it. Default: none. */
  registryMirror?: string;
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
