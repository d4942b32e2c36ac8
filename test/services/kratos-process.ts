import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Environment } from '../../model/graph.ts';
import { configFiles, tablesScript } from '../../operators/kratos/chart.ts';
import { databaseAddress, secretVariables } from '../../operators/kratos/variables.ts';
import { freePort } from '../free-port.ts';
import { until } from '../until.ts';
import { scratch } from './identity-folder.ts';

/** Value of each Secret that Kratos reads. */
export const secretValue = '0123456789abcdefghijklmnopqrstuv';

/** What a request came to. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** JSON where it is JSON, else undefined. */
  body: unknown;
}

/** What Kratos is started with, in place of what a cluster has. */
interface Given {
  program: string;
  cluster: Environment['cluster'];
  /** Variables of libpq by which the role reads and writes, or owns. */
  login: Record<string, string>;
  owner: Record<string, string>;
  /** Its server certificate. */
  identity: string;
  roots: string;
  smtp: number;
  /** Variables beside those of the chart. Default: none. */
  more?: Record<string, string>;
}

/** Kratos as the chart has it: the same files and variables, with this machine's paths, ports and keys. */
export class KratosProcess {
  readonly ports: { public: number; admin: number };
  /** All that it wrote. */
  log = '';
  #given: Given;
  #folder = scratch();
  #running: ChildProcess[] = [];

  private constructor(given: Given, ports: { public: number; admin: number }) {
    this.#given = given;
    this.ports = ports;
  }

  static async start(given: Given): Promise<KratosProcess> {
    const made = new KratosProcess(given, { public: await freePort(), admin: await freePort() });
    made.#writeFiles();
    await execa('/bin/sh', ['-euc', tablesScript(given.program)], { env: { DSN: addressOf(given.owner) } });
    const config = ['--config', join(made.#folder, 'kratos.yaml')];
    made.#run(['serve', ...config, '--sqa-opt-out']);
    made.#run(['courier', 'watch', ...config]);
    await until(
      async () => (await made.ask('GET', '/health/ready')).status === 200,
      () => `Kratos: ${made.log.slice(-3000)}`,
      { seconds: 60 },
    );
    return made;
  }

  stop(): void {
    for (const child of this.#running) child.kill();
  }

  /** Asks one of its APIs by HTTPS, over a connection of its own. */
  ask(
    method: string,
    path: string,
    {
      json,
      headers = {},
      port = 'public',
    }: { json?: object; headers?: Record<string, string>; port?: 'public' | 'admin' } = {},
  ): Promise<Answer> {
    const options = {
      host: 'localhost',
      port: this.ports[port],
      method,
      path,
      ca: this.#given.roots,
      agent: new Agent({ keepAlive: false }),
      headers: {
        accept: 'application/json',
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    };
    return new Promise((resolve, reject) => {
      const asked = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = text !== '' && response.headers['content-type']?.includes('json') === true;
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: isJson ? JSON.parse(text) : undefined,
          });
        });
      });
      asked.on('error', reject);
      asked.end(json === undefined ? undefined : JSON.stringify(json));
    });
  }

  #writeFiles(): void {
    const { cluster, identity } = this.#given;
    if (cluster.signIn === undefined) throw new Error('the cluster has no signIn');
    mkdirSync(this.#folder, { recursive: true });
    for (const [name, text] of Object.entries(configFiles({ cluster }, cluster.signIn))) {
      const here = text
        .replaceAll('/etc/kratos', this.#folder)
        .replaceAll('/identity/kratos-server', identity);
      writeFileSync(join(this.#folder, name), here);
    }
  }

  #run(args: string[]): void {
    const child = spawn(this.#given.program, args, { env: this.#variables() });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.log += chunk.toString();
      });
    }
    this.#running.push(child);
  }

  #variables(): Record<string, string> {
    const { cluster, login, smtp, more } = this.#given;
    if (cluster.signIn === undefined) throw new Error('the cluster has no signIn');
    const variables = secretVariables(cluster.signIn).map(({ name, value }) => [
      name,
      value?.replace('mailpit.mailpit.svc.cluster.local:1025', `127.0.0.1:${smtp}`) ?? secretValue,
    ]);
    return {
      ...Object.fromEntries(variables),
      DSN: addressOf(login),
      SERVE_PUBLIC_PORT: `${this.ports.public}`,
      SERVE_ADMIN_PORT: `${this.ports.admin}`,
      ...more,
    };
  }
}

function addressOf(login: Record<string, string>): string {
  return (
    databaseAddress({ env: Object.entries(login).map(([name, value]) => ({ name, value })) }).value ?? ''
  );
}
