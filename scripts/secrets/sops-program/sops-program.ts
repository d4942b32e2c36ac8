import { join } from 'node:path';
import { execa } from 'execa';
import { Failure } from '../../cli/failure.ts';
import { ensurePythonPackages } from '../../nodes/python-packages.ts';

/** For tests: the SOPS program, in the version whose format scripts/secrets/sops.ts writes. */
export class SopsProgram {
  readonly #path: string;
  /** Private age key, which the program gets as a variable. */
  readonly #identity: string;

  private constructor(path: string, identity: string) {
    this.#path = path;
    this.#identity = identity;
  }

  static async fetch(identity: string): Promise<SopsProgram> {
    const wanted = {
      title: 'SOPS',
      name: 'sops',
      requirements: join(import.meta.dirname, 'requirements.txt'),
      debian: ['python3-venv'],
    };
    const folder = await ensurePythonPackages(wanted, () => undefined).catch((error: unknown) => {
      throw error instanceof Failure ? new Error(`${error.message} ${error.next}`) : error;
    });
    return new SopsProgram(join(folder, 'sops'), identity);
  }

  /** Runs it and returns its output. */
  async run(args: string[], options: { cwd?: string; input?: string } = {}): Promise<string> {
    const { stdout } = await execa(this.#path, args, {
      ...options,
      env: { SOPS_AGE_KEY: this.#identity, SOPS_DISABLE_VERSION_CHECK: '1' },
    });
    return stdout;
  }
}
