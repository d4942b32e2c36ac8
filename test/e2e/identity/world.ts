import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import { z } from 'zod';
import { until } from '../../until.ts';
import { Checkout, type Ended } from '../checkout.ts';
import { primary } from './laptop.ts';
import { ClusterProbe } from './probe.ts';

/** As much of `certs list --json` as is looked at. */
const rows = z.array(
  z.object({
    certificate: z.string(),
    issuer: z.string(),
    problem: z.string().optional(),
    uses: z.array(
      z.object({ who: z.string(), by: z.string(), state: z.string(), lacks: z.string().optional() }),
    ),
  }),
);

type Rows = z.infer<typeof rows>;

/** HTTPS of the gateway on this machine. */
export const httpsPort = 19443;
const ports = { http: 19080, https: httpsPort, registry: 15003 };

/** A checkout of the repository and its cluster. */
export class World {
  readonly cluster: string;
  #checkout: Checkout | undefined;
  #probe: ClusterProbe | undefined;

  constructor(cluster = 'e2e-dev') {
    this.cluster = cluster;
  }

  get checkout(): Checkout {
    if (this.#checkout === undefined) throw new Error('the story has not begun');
    return this.#checkout;
  }

  get probe(): ClusterProbe {
    if (this.#probe === undefined) throw new Error('there is no cluster yet');
    return this.#probe;
  }

  /** Makes the checkout. `change` is what the story describes otherwise. */
  async begin(change: (checkout: Checkout) => Promise<void>): Promise<void> {
    const checkout = await Checkout.make(this.cluster, ports);
    process.env.PLINTH_STATE = checkout.state;
    await change(checkout);
    await this.take(checkout);
    await checkout.npm('init-cluster', '--down', '--yes');
  }

  /** Goes on with a checkout, which becomes a Git repository of its own: a rotation is commits. */
  async take(checkout: Checkout): Promise<void> {
    this.#checkout = checkout;
    await this.git('init', '--quiet');
    await this.git('config', 'user.name', 'tester');
    await this.git('config', 'user.email', 'tester@example.org');
    await this.commit('A start');
  }

  async end(): Promise<void> {
    await this.checkout.npm('init-cluster', '--down', '--yes');
    await this.checkout.remove();
  }

  async clusterIsUp(): Promise<void> {
    this.#probe = await ClusterProbe.of(this.cluster);
  }

  async commit(message: string): Promise<void> {
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '-m', message);
  }

  async git(...args: string[]): Promise<string> {
    return (await execa('git', args, { cwd: this.checkout.root })).stdout;
  }

  /** What statements print that the superuser runs in the ledger's database. */
  async asSuperuser(statements: string): Promise<string> {
    const text = await this.probe.kubectl([
      ...['exec', '-n', 'ledger', 'ledger-db-1', '-c', 'postgres', '--'],
      ...['psql', '-Atq', '-v', 'ON_ERROR_STOP=1', '-d', 'ledger', '-c', statements],
    ]);
    return text.trim();
  }

  /** Of the certificate in a Secret; empty where there is none. */
  fingerprint(namespace: string, secret: string): Promise<string> {
    const path = 'jsonpath={.data.tls\\.crt}';
    return this.probe.kubectl(['get', 'secret', secret, '-n', namespace, '--ignore-not-found', '-o', path]);
  }

  /** As cert-manager's own command does: by the condition that says that it is being issued. */
  async renew(namespace: string, name: string): Promise<void> {
    const conditions: unknown = JSON.parse(
      await this.probe.kubectl([
        'get',
        'certificate',
        name,
        '-n',
        namespace,
        '-o',
        'jsonpath={.status.conditions}',
      ]),
    );
    const issuing = {
      type: 'Issuing',
      status: 'True',
      reason: 'ManuallyTriggered',
      message: 'By the end-to-end test',
      lastTransitionTime: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    };
    const status = { conditions: [...(Array.isArray(conditions) ? conditions : []), issuing] };
    await this.probe.kubectl([
      ...['patch', 'certificate', name, '-n', namespace, '--subresource=status', '--type=merge'],
      ...['-p', JSON.stringify({ status })],
    ]);
  }

  async counts(): Promise<{ ok: number; failed: number; last: string }> {
    const line = "require('http').get('http://127.0.0.1:8080/counts', (r) => r.pipe(process.stdout))";
    const pod = await this.probe.podOf('reader');
    return JSON.parse(await this.probe.kubectl(['exec', '-n', 'reader', pod, '--', 'node', '-e', line]));
  }

  /** Output of a statement that the superuser runs in the primary of the database of orders. */
  async inOrders(statement: string): Promise<string> {
    const pod = await primary(this.cluster, 'orders');
    const text = await this.probe.kubectl(
      [
        ...['exec', '-i', '-n', 'orders', pod, '-c', 'postgres', '--'],
        ...['psql', '-Atq', '-v', 'ON_ERROR_STOP=1', '-d', 'orders'],
      ],
      statement,
    );
    return text.trim();
  }

  /** Every order that was answered is kept, and each is confirmed sooner or later. */
  async keeps(placed: readonly string[]): Promise<void> {
    const ids = placed.map((id) => `'${id}'`).join(',');
    const kept = Number(await this.inOrders(`select count(*) from orders where id in (${ids})`));
    console.log(`orders answered: ${placed.length}; kept: ${kept}`);
    expect(kept).toBe(placed.length);
    await until(async () => (await this.unconfirmed()) === 0, 'every order to be confirmed');
  }

  async unconfirmed(): Promise<number> {
    return Number(await this.inOrders('select count(*) from orders where confirmed_at is null'));
  }

  async readyInstances(app: string): Promise<number> {
    const path = 'jsonpath={.status.readyInstances}';
    const name = `clusters.postgresql.cnpg.io/${app}-db`;
    return Number(await this.probe.kubectl(['get', name, '-n', app, '-o', path]));
  }

  /** Has the kubelet look at the files of pods now: by itself it does so once in a minute or more. */
  async lookAtFiles(...namespaces: string[]): Promise<void> {
    const now = `plinth.io/looked-at=${new Date().toISOString()}`;
    for (const space of namespaces) {
      await this.probe.kubectl(['annotate', 'pods', '--all', '-n', space, '--overwrite', now]);
    }
  }

  async list(): Promise<Rows> {
    const { stdout } = await this.checkout.npm('certs', 'list', '--json');
    return rows.parse(JSON.parse(stdout));
  }

  /** What `certs list` says once every certificate is issued and in use everywhere. */
  async inUse(): Promise<Rows> {
    let all: Rows = [];
    let late = '';
    await until(
      async () => {
        all = await this.list();
        late = all
          .flatMap(({ certificate, problem, uses }) => [
            ...(problem === undefined ? [] : [`${certificate}: ${problem}`]),
            ...uses.filter(({ state }) => state !== 'current').map(({ who, lacks }) => `${who} ${lacks}`),
          ])
          .join('; ');
        return late === '';
      },
      () => `certificates in use: ${late}`,
      { pauseMs: 3_000 },
    );
    return all;
  }

  async allNew(namespace: string, names: string[], before: string[]): Promise<void> {
    await until(async () => {
      const after = await Promise.all(names.map((name) => this.fingerprint(namespace, name)));
      return after.every((value, i) => value !== '' && value !== before[i]);
    }, 'new certificates');
  }
}

/** Adds two apps: `ledger`, and `reader`, which calls it. */
export async function withTwoMoreApps(checkout: Checkout): Promise<void> {
  await cp(join(import.meta.dirname, 'apps'), join(checkout.root, 'apps'), { recursive: true });
  await checkout.edit(
    'clusters/dev/cluster.yaml',
    (text) =>
      `${text.replace(/^people:$/m, 'people:\n  tester: { uses: [ledger] }').trimEnd()}\n  ledger:\n  reader:\n`,
  );
}

/** Of `NAMESPACE/NAME`. */
export function parts(name: string): [namespace: string, name: string] {
  const [namespace = '', rest = ''] = name.split('/');
  return [namespace, rest];
}

export function said({ stdout, stderr }: Ended): string {
  return `${stdout}\n${stderr}`;
}

/** Since then, with one digit. */
export const seconds = (started: number) => ((performance.now() - started) / 1000).toFixed(1);
