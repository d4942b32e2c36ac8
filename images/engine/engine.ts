import type { Readable } from 'node:stream';
import { execa } from 'execa';
import type { EngineInfo } from './info.ts';

/** The container engine in use. */
export interface Engine {
  name: 'docker' | 'podman';
  /** Whether it is Plinth's private engine, which `stopPrivateEngine` stops. */
  private: boolean;
  /** The client's executable. */
  command: string;
  /** Environment variables with which the client and Kind reach this engine; added to process.env. */
  env: Record<string, string>;
  /** Its information at the time of detection. */
  info: EngineInfo;
  /** The mirror of cluster.yaml for its images. Default: none. */
  registryMirror?: string;
}

/** Options of a call to an engine's client. */
export interface RunOptions {
  /** Becomes the client's standard input. */
  input?: string | Readable;
  signal?: AbortSignal | undefined;
  timeoutSeconds?: number;
}

/** An engine's client failed; `stderr` is its message. */
export class EngineError extends Error {
  readonly stderr: string;

  constructor(message: string, stderr: string) {
    super(message);
    this.name = 'EngineError';
    this.stderr = stderr;
  }
}

/** Runs the engine's client and returns its output. */
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
