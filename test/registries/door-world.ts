import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { hash } from 'bcryptjs';
import { stringify } from 'yaml';
import { ensureProgram } from '../../images/index.ts';
import { registryNames } from '../../model/registry.ts';
import { configurations } from '../../operators/registry/configuration.ts';
import { environment } from '../charts/fixture.ts';
import { waitForAnswer } from '../delivery/wait-for-answer.ts';
import { freePort } from '../free-port.ts';
import { type Pair, TestAuthority } from '../services/authority.ts';
import { callRegistry, type RegistryCall, type RegistryReply } from './call.ts';

/** For tests: the registry with the configuration of the overlay `tls`, and `registry-door`, as in one pod. */
export class DoorWorld {
  readonly folder: string;
  readonly authority: TestAuthority;
  /** CA of the cluster, which signs the certificates of kubelets. */
  readonly cluster: TestAuthority;
  readonly programs: { door: string; registry: string };
  readonly ports: { https: number; gateway: number; loopback: number; health: number; behind: number };
  readonly #processes: ChildProcess[] = [];

  private constructor(given: Pick<DoorWorld, 'folder' | 'authority' | 'cluster' | 'programs' | 'ports'>) {
    this.folder = given.folder;
    this.authority = given.authority;
    this.cluster = given.cluster;
    this.programs = given.programs;
    this.ports = given.ports;
  }

  static async start(): Promise<DoorWorld> {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-door-'));
    const [https, gateway, loopback, health, behind] = await Promise.all(Array.from({ length: 5 }, freePort));
    const world = new DoorWorld({
      folder,
      authority: await TestAuthority.make('registry'),
      cluster: await TestAuthority.make('cluster'),
      programs: {
        door: await ensureProgram('registry-door', () => {}),
        registry: await ensureProgram('registry', () => {}),
      },
      ports: {
        https: https ?? 0,
        gateway: gateway ?? 0,
        loopback: loopback ?? 0,
        health: health ?? 0,
        behind: behind ?? 0,
      },
    });
    mkdirSync(world.data);
    await world.show(world.authority);
    writeFileSync(join(folder, 'nodes.crt'), world.cluster.roots);
    writeFileSync(join(folder, 'htpasswd'), `ann:${await hash('secret', 4)}\n`);
    writeFileSync(join(folder, 'keep'), '');
    await world.#startRegistry();
    await world.#startDoor();
    return world;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  get names(): string[] {
    return registryNames(environment().cluster);
  }

  /** Has the door show a new certificate of that authority. */
  async show(authority: TestAuthority): Promise<void> {
    const [commonName = ''] = this.names;
    const { cert, key } = await authority.issue({ commonName, dnsNames: this.names });
    writeFileSync(join(this.folder, 'tls.key'), key);
    writeFileSync(join(this.folder, 'tls.crt'), cert);
  }

  /** The certificate of a kubelet. */
  node(): Promise<Pair> {
    return this.cluster.issue({ commonName: 'system:node:worker-1, O=system:nodes' });
  }

  /** A call over HTTPS, by the registry's public name. `roots`: what the caller trusts; those of `authority` by default. */
  call(
    path: string,
    { roots = this.authority.roots, ...call }: RegistryCall & { roots?: string } = {},
  ): Promise<RegistryReply> {
    const [host = ''] = this.names;
    return callRegistry({ port: this.ports.https, host, roots }, path, call);
  }

  /** Runs a step of the clean-up on the volume; returns its exit code and what it said. */
  async step(program: 'door' | 'registry', ...args: string[]): Promise<{ code: number; said: string }> {
    const child = spawn(this.programs[program], args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { OTEL_TRACES_EXPORTER: 'none' },
    });
    const [out, err, [code]] = await Promise.all([
      buffer(child.stdout),
      buffer(child.stderr),
      once(child, 'exit'),
    ]);
    return { code: Number(code), said: `${out}${err}` };
  }

  /** The clean-up as the CronJob runs it, with other times. */
  async close(options: { age?: string; quiet?: string; patience?: string } = {}) {
    const { age = '0s', quiet = '0s', patience = '5s' } = options;
    return this.step(
      'door',
      'close',
      `--data=${this.data}`,
      `--keep=${join(this.folder, 'keep')}`,
      `--age=${age}`,
      `--quiet=${quiet}`,
      `--patience=${patience}`,
    );
  }

  collect() {
    return this.step('registry', 'garbage-collect', join(this.folder, 'config.yml'));
  }

  open() {
    return this.step('door', 'open', `--data=${this.data}`);
  }

  async stop(): Promise<void> {
    for (const child of this.#processes) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #startRegistry(): Promise<void> {
    const file = join(this.folder, 'config.yml');
    const rendered = stringify(
      configurations(environment({ cluster: { registry: { overlay: 'tls' } } }))['config.yml'],
    );
    writeFileSync(
      file,
      rendered
        .replace('/var/lib/registry', this.data)
        .replace('127.0.0.1:5002', `127.0.0.1:${this.ports.behind}`),
    );
    await this.#spawn(this.programs.registry, ['serve', file], `http://127.0.0.1:${this.ports.behind}/v2/`);
  }

  async #startDoor(): Promise<void> {
    const { https, gateway, loopback, health, behind } = this.ports;
    const args = [
      'serve',
      `--listen=127.0.0.1:${https}`,
      `--gateway=127.0.0.1:${gateway}`,
      `--loopback=127.0.0.1:${loopback}`,
      `--health=127.0.0.1:${health}`,
      `--upstream=http://127.0.0.1:${behind}`,
      `--certificate=${join(this.folder, 'tls.crt')}`,
      `--key=${join(this.folder, 'tls.key')}`,
      `--nodes=${join(this.folder, 'nodes.crt')}`,
      `--logins=${join(this.folder, 'htpasswd')}`,
      `--data=${this.data}`,
    ];
    await this.#spawn(this.programs.door, args, `http://127.0.0.1:${health}/readyz`);
  }

  async #spawn(program: string, args: string[], url: string): Promise<void> {
    const log = join(this.folder, `log-${this.#processes.length}`);
    this.#processes.push(
      spawn(program, args, {
        stdio: ['ignore', 'ignore', openSync(log, 'w')],
        env: { OTEL_TRACES_EXPORTER: 'none' },
      }),
    );
    await waitForAnswer(url).catch((cause: unknown) => {
      throw new Error(`${program} does not answer: ${readFileSync(log, 'utf8')}`, { cause });
    });
  }
}
