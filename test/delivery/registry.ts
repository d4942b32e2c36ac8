import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../free-port.ts';
import { waitForAnswer } from './wait-for-answer.ts';

/** For tests: the registry that clusters run too, on a port of this machine's loopback. */
export class TestRegistry {
  readonly folder: string;
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, url: string, process: ChildProcess) {
    this.folder = folder;
    this.url = url;
    this.#process = process;
  }

  /**
   * @param program Path of the registry.
   * @param options `htpasswd`: a line of its file; without one nobody signs in. `data`: the folder of its content.
   */
  static async start(
    program: string,
    { htpasswd, readonly = false, data }: { htpasswd?: string; readonly?: boolean; data?: string } = {},
  ): Promise<TestRegistry> {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-registry-'));
    if (data === undefined) mkdirSync(join(folder, 'data'));
    const port = await freePort();
    writeFileSync(join(folder, 'htpasswd'), `${htpasswd ?? ''}\n`);
    const configuration = {
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage: {
        filesystem: { rootdirectory: data ?? join(folder, 'data') },
        ...(readonly ? { maintenance: { readonly: { enabled: true } } } : {}),
      },
      http: { addr: `127.0.0.1:${port}`, secret: 'of-a-test' },
      ...(htpasswd === undefined
        ? {}
        : { auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } } }),
    };
    writeFileSync(join(folder, 'config.yml'), stringify(configuration));
    const process = spawn(program, ['serve', join(folder, 'config.yml')], {
      stdio: ['ignore', 'ignore', openSync(join(folder, 'log'), 'w')],
      env: { OTEL_TRACES_EXPORTER: 'none' },
    });
    const url = `http://127.0.0.1:${port}`;
    await waitForAnswer(`${url}/v2/`).catch((cause: unknown) => {
      throw new Error(`the registry does not answer: ${readFileSync(join(folder, 'log'), 'utf8')}`, {
        cause,
      });
    });
    return new TestRegistry(folder, url, process);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill();
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
