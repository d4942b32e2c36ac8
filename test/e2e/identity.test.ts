import { cp, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findEngine } from '../../images/engine.ts';
import { Checkout, type Ended } from './checkout.ts';
import { reaches, startProbes } from './flows.ts';
import { identityIn, takenOver } from './identity/forge.ts';
import { callOrders, queryOrders } from './identity/laptop.ts';
import { Load, lostNothing } from './identity/load.ts';
import { login, Probe } from './identity/probe.ts';

const cluster = process.env.PLINTH_E2E_CLUSTER ?? 'e2e-dev';
const ports = { http: 18080, https: 18443, registry: 15002 };

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

/**
 * Orders and jobs, and beside them an app that owns a database and one that reads it and calls the other: each refusal is
 * tried for real, and each fault, renewal and roll under load.
 */
describe('identity', () => {
  let checkout: Checkout;
  let probe: Probe;

  beforeAll(async () => {
    checkout = await Checkout.make(cluster, ports);
    process.env.PLINTH_STATE = checkout.state;
    await cp(join(import.meta.dirname, 'identity', 'apps'), join(checkout.root, 'apps'), { recursive: true });
    await checkout.edit(
      'clusters/dev/cluster.yaml',
      (text) =>
        `${text.replace(/^people:$/m, 'people:\n  tester: { uses: [ledger] }').trimEnd()}\n  ledger:\n  reader:\n`,
    );
    // A roll is commits: in a repository of the checkout's own.
    for (const args of [
      ['init', '--quiet'],
      ['config', 'user.name', 'tester'],
      ['config', 'user.email', 'tester@example.org'],
      ['add', '--all'],
      ['commit', '--quiet', '-m', 'A start'],
    ]) {
      await execa('git', args, { cwd: checkout.root });
    }
    await checkout.npm('init-cluster', '--down');
  });

  afterAll(async () => {
    await checkout.npm('init-cluster', '--down');
    await checkout.remove();
  });

  it('comes up with a cluster: authorities, roots, certificates, a database', async () => {
    const ended = await checkout.npm('init-cluster', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    probe = await Probe.of(cluster);
  });

  it('gives a person a certificate, with which orders and jobs answer from this machine', async () => {
    for (const app of ['orders', 'jobs']) {
      const ended = await checkout.npm('certs', 'issue', 'me', '--for', app);
      expect(ended.exitCode, said(ended)).toBe(0);
      const { mode } = await stat(join(checkout.state, cluster, 'identity', app, 'tls.key'));
      expect(mode & 0o777).toBe(0o600);
    }
    const placed = await checkout.npm('orders', 'place', 'Ada', 'plinth-1:2:1250', '--key', 'once', '--json');
    expect(placed.exitCode, said(placed)).toBe(0);
    const { id } = JSON.parse(placed.stdout);
    await until(
      async () => (await checkout.npm('orders', 'get', id)).stdout.includes('confirmed'),
      'the order to be confirmed by its job',
    );
    const queues = await checkout.npm('jobs', 'queues', '--json');
    expect(said(queues)).toContain('orders.confirm');
    const stranger = await checkout.npm('certs', 'issue', 'you', '--for', 'orders');
    expect(stranger.exitCode).toBe(1);
    expect(stranger.stderr).toMatch(/clusters\/dev\/cluster\.yaml:\d+:\d+: 'you' may not call 'orders'/);
  });

  it('lists every certificate with what is really in use', async () => {
    const all = await inUse();
    const by = (way: string) =>
      all.filter(({ uses }) => uses.some((use) => use.by === way)).map(({ certificate }) => certificate);
    expect(by('wire')).toEqual(
      expect.arrayContaining([
        'jobs/jobs-server',
        'jobs/jobs-db-server',
        'orders/orders-server',
        'orders/orders-db-server',
      ]),
    );
    expect(by('process')).toEqual(
      expect.arrayContaining(['orders/jobs-client', 'orders/orders-db-rw', 'jobs/jobs-db-rw']),
    );
    expect(by('files')).toEqual(['people/me-jobs', 'people/me-orders']);
  });

  it('brings a declared edge to a first query over mutual TLS', async () => {
    const started = performance.now();
    await checkout.edit('apps/reader/app.ts', (text) =>
      text.replace('uses: [', "uses: [\n    { kind: 'database', of: 'ledger', as: 'read-only' },"),
    );
    const ended = await checkout.npm('deploy', '-m', 'The reader reads');
    expect(ended.exitCode, said(ended)).toBe(0);
    await probe.startProbe('reader', { 'ledger-db-ro': 'ledger-db', 'ledger-client': 'ledger' });
    const first = await probe.sh('reader', `${login('ledger_ro', '/as/ledger-db-ro')} psql -wAtc 'select 1'`);
    expect(first).toEqual({ ok: true, text: '1' });
    await probe.startProbe('ledger', { 'ledger-db-rw': 'ledger-db' });
    console.log(`edge declared to first query: ${seconds(started)} s`);
    await commit('The reader reads');
  });

  describe('the database', () => {
    beforeAll(() =>
      probe.sh(
        'reader',
        `mkdir -p /tmp/own && cd /tmp/own && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \\
          -keyout tls.key -out tls.crt -days 1 -subj /CN=ledger_rw && cp /as/ledger-db-ro/roots.pem . && chmod 600 tls.key`,
      ),
    );

    it('lets a role in by its certificate, and lets it do what it may', async () => {
      const line = `${login('ledger_rw', '/as/ledger-db-rw')} psql -Atc 'select current_user, ssl from pg_stat_ssl where pid = pg_backend_pid()'`;
      expect(await probe.sh('ledger', line)).toEqual({ ok: true, text: 'ledger_rw|t' });
      const ro = await probe.sh('reader', `${login('ledger_ro', '/as/ledger-db-ro')} psql -Atc 'select 1'`);
      expect(ro).toEqual({ ok: true, text: '1' });
      await asSuperuser(
        "set role ledger_owner; create table entries (id bigint generated always as identity, note text); insert into entries (note) values ('first')",
      );
      const read = await probe.sh(
        'reader',
        `${login('ledger_ro', '/as/ledger-db-ro')} psql -Atc 'select note from entries'`,
      );
      expect(read).toEqual({ ok: true, text: 'first' });
    });

    it.each<[string, string, string, string, RegExp]>([
      [
        'without a certificate',
        'ledger',
        login('ledger_rw', '/nowhere', { PGSSLMODE: 'require', PGSSLROOTCERT: '' }),
        'select 1',
        /requires a valid client certificate/,
      ],
      [
        "with another service's certificate",
        'reader',
        login('ledger_ro', '/as/ledger-client', { PGSSLROOTCERT: '/as/ledger-db-ro/roots.pem' }),
        'select 1',
        /unknown ca|certificate verify failed/,
      ],
      [
        'with the right CN from the wrong CA',
        'reader',
        login('ledger_rw', '/tmp/own'),
        'select 1',
        /unknown ca|certificate verify failed/,
      ],
      [
        "with another role's certificate",
        'reader',
        login('ledger_rw', '/as/ledger-db-ro'),
        'select 1',
        /certificate authentication failed/,
      ],
      [
        'with a password',
        'ledger',
        login('ledger_rw', '/nowhere', { PGSSLMODE: 'require', PGSSLROOTCERT: '', PGPASSWORD: 'secret' }),
        'select 1',
        /requires a valid client certificate/,
      ],
      [
        'in plain text',
        'ledger',
        login('ledger_rw', '/nowhere', { PGSSLMODE: 'disable', PGPASSWORD: 'secret' }),
        'select 1',
        /pg_hba\.conf rejects connection .*no encryption/,
      ],
      [
        'of another database',
        'ledger',
        login('ledger_rw', '/as/ledger-db-rw', { PGDATABASE: 'postgres' }),
        'select 1',
        /pg_hba\.conf rejects connection/,
      ],
      [
        'as the superuser',
        'ledger',
        login('postgres', '/as/ledger-db-rw'),
        'select 1',
        /pg_hba\.conf rejects connection/,
      ],
      [
        'that writes as a reader',
        'reader',
        login('ledger_ro', '/as/ledger-db-ro'),
        "insert into entries (note) values ('mine')",
        /permission denied for table entries/,
      ],
      [
        'that changes the schema as a writer',
        'ledger',
        login('ledger_rw', '/as/ledger-db-rw'),
        'create table mine (a int)',
        /permission denied for schema public/,
      ],
    ])('refuses a login %s', async (_, namespace, variables, statement, reason) => {
      const { ok, text } = await probe.sh(namespace, `${variables} psql -wAtc "${statement}"`);
      expect(text).toMatch(reason);
      expect(ok).toBe(false);
    });

    it('has no password of any role', async () => {
      expect(
        await asSuperuser(
          "select count(*) from pg_authid where rolname like 'ledger_%' and rolpassword is not null",
        ),
      ).toBe('0');
      expect(
        await asSuperuser(
          "select count(*) from pg_authid where rolname = 'postgres' and rolpassword is not null",
        ),
      ).toBe('0');
    });
  });

  describe('the service', () => {
    const call = (options: string) =>
      probe.sh(
        'reader',
        `printf 'GET / HTTP/1.1\\r\\nHost: ledger\\r\\nConnection: close\\r\\n\\r\\n' | timeout 10 openssl s_client -quiet \\
          -connect ledger.ledger.svc.cluster.local:8443 -verify_return_error ${options}`,
      );
    const as = (folder: string) => `-cert ${folder}/tls.crt -key ${folder}/tls.key`;
    const trust = '-CAfile /as/ledger-client/roots.pem';

    it('answers a caller by name', async () => {
      expect((await call(`${trust} ${as('/as/ledger-client')}`)).text).toMatch(/200 OK[\s\S]*reader/);
    });

    it.each<[string, string, RegExp]>([
      ['who shows no certificate', trust, /certificate required|alert/],
      ["who shows another service's", `${trust} ${as('/as/ledger-db-ro')}`, /unknown ca|alert/],
      [
        'who trusts another authority',
        `-CAfile /as/ledger-db-ro/roots.pem ${as('/as/ledger-client')}`,
        /verify error/,
      ],
    ])('refuses one %s', async (_, options, reason) => {
      const { text } = await call(options);
      expect(text).toMatch(reason);
      expect(text).not.toContain('200 OK');
    });
  });

  describe('the policy on certificates', () => {
    const certificate = (name: string, spec: object, kind = 'Certificate') =>
      JSON.stringify({
        apiVersion: 'cert-manager.io/v1',
        kind,
        metadata: { name, namespace: 'reader' },
        spec,
      });
    const issuerRef = { group: 'cert-manager.io', kind: 'ClusterIssuer', name: 'ledger-db-ca-1' };
    const apply = ['apply', '--dry-run=server', '-f', '-'];

    it('lets nobody have one that no edge gives', async () => {
      const spec = { secretName: 'mine', commonName: 'ledger_rw', usages: ['client auth'], issuerRef };
      expect(await probe.refused(apply, certificate('mine', spec))).toContain(
        'no edge of the graph gives reader.mine a certificate',
      );
    });

    it('lets nobody change what an edge gives', async () => {
      const args = [
        'patch',
        'certificate',
        'ledger-db-ro',
        '-n',
        'reader',
        '--type=merge',
        '--dry-run=server',
        '-p',
      ];
      expect(await probe.refused([...args, '{"spec":{"commonName":"ledger_rw"}}'])).toContain(
        'it gives issuer=',
      );
      expect(await probe.refused([...args, '{"spec":{"uris":["spiffe://a/b"]}}'])).toContain(
        'no other names',
      );
    });

    it('lets nobody but cert-manager ask a ClusterIssuer', async () => {
      const spec = { request: Buffer.from('x').toString('base64'), issuerRef };
      expect(await probe.refused(apply, certificate('mine', spec, 'CertificateRequest'))).toContain(
        'only cert-manager asks a ClusterIssuer',
      );
    });
  });

  describe('what an authority never signs', () => {
    const day = 86_400;

    it('is refused by a service: what has ended, is not valid yet, or names nobody who may call', async () => {
      const authority = await takenOver(cluster, 'orders-ca-1');
      const call = async (commonName: string, times: { seconds?: number; startsIn?: number } = {}) =>
        callOrders(cluster, await authority.issue({ commonName, ...times }), authority.roots);
      // The same but for what is refused: it is that which is refused.
      expect(await call('person:me')).toBeGreaterThan(0);
      await expect(call('person:me', { seconds: -60 })).rejects.toThrow(/UNAVAILABLE/);
      await expect(call('person:me', { seconds: day, startsIn: 3600 })).rejects.toThrow(/UNAVAILABLE/);
      await expect(call('stranger')).rejects.toThrow(/PERMISSION_DENIED: stranger may not call/);
    });

    it('is refused by a database: what has ended, is not valid yet, or names no role', async () => {
      const authority = await takenOver(cluster, 'orders-db-ca-1');
      const query = async (commonName: string, times: { seconds?: number; startsIn?: number } = {}) =>
        queryOrders(cluster, await authority.issue({ commonName, ...times }), { roots: authority.roots });
      expect(await query('orders_rw')).toEqual([{ one: 1 }]);
      await expect(query('orders_rw', { seconds: -60 })).rejects.toThrow(/certificate expired/);
      await expect(query('orders_rw', { seconds: day, startsIn: 3600 })).rejects.toThrow(
        /bad certificate|not yet valid/,
      );
      await expect(query('stranger')).rejects.toThrow(/certificate authentication failed/);
    });
  });

  it('lets no pod near that no edge names', async () => {
    const engine = await findEngine();
    if (engine === undefined) throw new Error('no container engine runs');
    const [stranger] = await startProbes(engine, cluster, ['stranger'], [`${cluster}-control-plane`]);
    if (stranger === undefined) throw new Error('no probe');
    const targets = {
      names: 'ledger.ledger.svc.cluster.local',
      service: 'ledger.ledger.svc.cluster.local:8443',
      database: 'ledger-db-rw.ledger.svc.cluster.local:5432',
    };
    const shut = { names: true, service: false, database: false };
    expect(await reaches(engine, cluster, stranger, targets)).toEqual(shut);
    const reader = { namespace: 'reader', pod: 'deploy/reader' };
    expect(await reaches(engine, cluster, reader, targets)).toEqual({
      names: true,
      service: true,
      database: true,
    });
  });

  it('issues certificates as fast as they are asked for', async () => {
    const count = 60;
    const made = (kind: string, name: string, spec: object) =>
      JSON.stringify({
        apiVersion: 'cert-manager.io/v1',
        kind,
        metadata: { name, namespace: 'stranger' },
        spec,
      });
    const ca = { secretName: 'own-ca', commonName: 'own', isCA: true, issuerRef: { name: 'own-root' } };
    const leaf = (i: number) => ({
      ...{ secretName: `own-${i}`, commonName: `own-${i}`, issuerRef: { name: 'own-ca' } },
      privateKey: { algorithm: 'ECDSA', size: 256 },
    });
    const ready = (which: string[]) =>
      probe.kubectl(['wait', '--for=condition=Ready', '--timeout=180s', '-n', 'stranger', ...which]);
    await probe.kubectl(
      ['apply', '-f', '-'],
      made('Issuer', 'own-root', { selfSigned: {} }) + made('Certificate', 'own-ca', ca),
    );
    await ready(['certificate/own-ca']);
    await probe.kubectl(['apply', '-f', '-'], made('Issuer', 'own-ca', { ca: { secretName: 'own-ca' } }));
    await ready(['issuer/own-ca']);
    const all = Array.from({ length: count }, (_, i) => made('Certificate', `own-${i}`, leaf(i)));
    const started = performance.now();
    await probe.kubectl(['apply', '-f', '-'], all.join('\n'));
    await ready(['certificate', '--all']);
    console.log(`certificates issued: ${Math.round((count / Number(seconds(started))) * 60)} a minute`);
    await probe.kubectl(['delete', 'namespace', 'stranger', '--wait=false']);
  });

  describe('under load', () => {
    let load: Load;

    beforeAll(async () => {
      for (const namespace of ['ledger', 'reader'])
        await probe.kubectl(['delete', 'pod', 'probe', '-n', namespace, '--wait']);
      load = Load.start(cluster);
      await sleep(5_000);
      expect(lostNothing(load.since('before anything'))).toBe('nothing');
    });

    afterAll(() => load?.stop());

    it('loses nothing when Secrets are deleted', async () => {
      const secrets = ['orders-server', 'orders-db-rw'];
      const before = await Promise.all(secrets.map((name) => fingerprint('orders', name)));
      await probe.kubectl(['delete', 'secret', '-n', 'orders', ...secrets]);
      await allNew('orders', secrets, before);
      await inUse();
      // A login reads the Secret itself, which for a moment is not there.
      const { 'logins with a query': logins, ...others } = load.since('Secrets deleted');
      expect(logins?.ok).toBeGreaterThan(0);
      expect(lostNothing({ ...others, logins: { ok: 1, failed: 0, last: '' } })).toBe('nothing');
    });

    it('loses nothing when cert-manager is killed in the middle of issuing', async () => {
      const names = ['orders-server', 'jobs-client', 'orders-db-server', 'orders-db-rw'];
      const before = await Promise.all(names.map((name) => fingerprint('orders', name)));
      await Promise.all(names.map((name) => renew('orders', name)));
      await probe.kubectl([
        ...['delete', 'pod', '-n', 'cert-manager', '-l', 'app.kubernetes.io/name=cert-manager'],
        ...['--grace-period=0', '--force'],
      ]);
      await allNew('orders', names, before);
      await inUse();
      expect(lostNothing(load.since('cert-manager killed while it renewed'))).toBe('nothing');
    });

    it('renews every certificate without a failed request', async () => {
      const before = await counts();
      const all = (await list())
        .filter(({ uses }) => uses.length > 0)
        .map(({ certificate }) => parts(certificate));
      const old = await Promise.all(all.map((each) => fingerprint(...each)));
      for (const each of all) await renew(...each);
      await until(async () => {
        const now = await Promise.all(all.map((each) => fingerprint(...each)));
        return now.every((value, i) => value !== '' && value !== old[i]);
      }, 'renewed certificates');
      for (const app of ['orders', 'jobs']) await checkout.npm('certs', 'issue', 'me', '--for', app);
      await inUse();
      const after = await counts();
      console.log(
        `renewal, between apps: ${after.ok - before.ok} calls, ${after.failed - before.failed} failed`,
      );
      expect(after.ok - before.ok).toBeGreaterThan(100);
      expect(after.failed - before.failed, after.last).toBe(0);
      expect(lostNothing(load.since(`renewal of ${all.length} certificates`))).toBe('nothing');
    });

    it.each(['orders', 'orders-db'])('rolls the authority %s without a failed request', async (name) => {
      if (name === 'orders-db') await checkout.npmKilledAt(/2 of 3/, 'certs', 3_000, 'roll', name);
      const started = performance.now();
      const ended = await checkout.npm('certs', 'roll', name);
      expect(ended.exitCode, said(ended)).toBe(0);
      expect(lostNothing(load.since(`roll of ${name} in ${seconds(started)} s`))).toBe('nothing');
      const issuers = (await inUse()).filter(({ issuer }) => issuer.startsWith(`${name}-ca-`));
      expect([...new Set(issuers.map(({ issuer }) => issuer))]).toEqual([`${name}-ca-2`]);
      const roots = [
        'get',
        'configmap',
        `${name}-trust`,
        '-n',
        'orders',
        '-o',
        'jsonpath={.data.roots\\.pem}',
      ];
      expect((await probe.kubectl(roots)).match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    });

    it('drops an authority at once after a compromise', async () => {
      const old = await takenOver(cluster, 'jobs-ca-1');
      const started = performance.now();
      const ended = await checkout.npm('certs', 'roll', 'jobs', '--compromise');
      expect(ended.exitCode, said(ended)).toBe(0);
      console.log(`compromise of jobs: the old one refused everywhere after ${seconds(started)} s`);
      const { roots } = await identityIn(cluster, {
        namespace: 'people',
        secret: 'me-jobs',
        authority: 'jobs',
      });
      expect(roots).not.toContain(old.roots.trim());
      const queues = await checkout.npm('jobs', 'queues');
      expect(queues.exitCode, said(queues)).toBe(0);
      expect(lostNothing(load.since('compromise of jobs, seen from orders'))).toBe('nothing');
    });

    it('loses nothing that was committed when the database pod is killed', async () => {
      const started = performance.now();
      await probe.kubectl(['delete', 'pod', 'orders-db-1', '-n', 'orders', '--grace-period=0', '--force']);
      const answered = load.placed.length;
      await until(async () => load.placed.length > answered + 20, 'orders to be placed again');
      console.log(`database pod killed: orders were placed again after ${seconds(started)} s`);
      await load.stop();
      load.since('database pod killed');
      const ids = load.placed.map((id) => `'${id}'`).join(',');
      const kept = await probe.kubectl(
        [
          ...['exec', '-i', '-n', 'orders', 'orders-db-1', '-c', 'postgres', '--'],
          ...['psql', '-Atq', '-v', 'ON_ERROR_STOP=1', '-d', 'orders'],
        ],
        `select count(*) from orders where id in (${ids})`,
      );
      console.log(`orders answered: ${load.placed.length}; kept: ${kept.trim()}`);
      expect(Number(kept)).toBe(load.placed.length);
      await until(async () => !(await unconfirmed()), 'every order to be confirmed');
    });
  });

  async function asSuperuser(statements: string): Promise<string> {
    const text = await probe.kubectl([
      ...['exec', '-n', 'ledger', 'ledger-db-1', '-c', 'postgres', '--'],
      ...['psql', '-Atq', '-v', 'ON_ERROR_STOP=1', '-d', 'ledger', '-c', statements],
    ]);
    return text.trim();
  }

  /** Of the certificate in a Secret; empty where there is none. */
  function fingerprint(namespace: string, secret: string): Promise<string> {
    const path = 'jsonpath={.data.tls\\.crt}';
    return probe.kubectl(['get', 'secret', secret, '-n', namespace, '--ignore-not-found', '-o', path]);
  }

  /** As cert-manager's own command does: by the condition that says that it is being issued. */
  async function renew(namespace: string, name: string): Promise<void> {
    const conditions: unknown = JSON.parse(
      await probe.kubectl([
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
    await probe.kubectl([
      ...['patch', 'certificate', name, '-n', namespace, '--subresource=status', '--type=merge'],
      ...['-p', JSON.stringify({ status })],
    ]);
  }

  async function counts(): Promise<{ ok: number; failed: number; last: string }> {
    const line = "require('http').get('http://127.0.0.1:8080/counts', (r) => r.pipe(process.stdout))";
    return JSON.parse(
      await probe.kubectl(['exec', '-n', 'reader', 'deploy/reader', '--', 'node', '-e', line]),
    );
  }

  async function unconfirmed(): Promise<boolean> {
    const text = await probe.kubectl([
      ...['exec', '-n', 'orders', 'orders-db-1', '-c', 'postgres', '--', 'psql', '-Atq', '-d', 'orders'],
      ...['-c', 'select count(*) from orders where confirmed_at is null'],
    ]);
    return text.trim() !== '0';
  }

  async function list(): Promise<z.infer<typeof rows>> {
    const { stdout } = await checkout.npm('certs', 'list', '--json');
    return rows.parse(JSON.parse(stdout));
  }

  /** What `certs list` says once every certificate is issued and in use everywhere. */
  async function inUse(): Promise<z.infer<typeof rows>> {
    let all: z.infer<typeof rows> = [];
    let late = '';
    await until(
      async () => {
        all = await list();
        late = all
          .flatMap(({ certificate, problem, uses }) => [
            ...(problem === undefined ? [] : [`${certificate}: ${problem}`]),
            ...uses.filter(({ state }) => state !== 'current').map(({ who, lacks }) => `${who} ${lacks}`),
          ])
          .join('; ');
        return late === '';
      },
      () => `certificates in use: ${late}`,
    );
    return all;
  }

  async function allNew(namespace: string, names: string[], before: string[]): Promise<void> {
    await until(async () => {
      const after = await Promise.all(names.map((name) => fingerprint(namespace, name)));
      return after.every((value, i) => value !== '' && value !== before[i]);
    }, 'new certificates');
  }

  async function commit(message: string): Promise<void> {
    await execa('git', ['commit', '--quiet', '--all', '-m', message], { cwd: checkout.root });
  }
});

function parts(name: string): [namespace: string, name: string] {
  const [namespace = '', rest = ''] = name.split('/');
  return [namespace, rest];
}

function said({ stdout, stderr }: Ended): string {
  return `${stdout}\n${stderr}`;
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Since then, with one digit. */
const seconds = (started: number) => ((performance.now() - started) / 1000).toFixed(1);

async function until(done: () => Promise<boolean>, what: string | (() => string), most = 240): Promise<void> {
  const end = Date.now() + most * 1000;
  while (!(await done().catch(() => false))) {
    if (Date.now() > end) throw new Error(`waited ${most} s for ${typeof what === 'string' ? what : what()}`);
    await sleep(500);
  }
}
