import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Checkout, type Ended } from './checkout.ts';
import { login, Probe } from './identity/probe.ts';

const cluster = process.env.PLINTH_E2E_CLUSTER ?? 'e2e-dev';
const ports = { http: 18080, https: 18443, registry: 15002 };

/** One app that owns a database, and one that reads it and calls the other: each refusal is tried for real. */
describe('identity', () => {
  let checkout: Checkout;
  let probe: Probe;

  beforeAll(async () => {
    checkout = await Checkout.make(cluster, ports);
    process.env.PLINTH_STATE = checkout.state;
    await cp(join(import.meta.dirname, 'identity', 'apps'), join(checkout.root, 'apps'), { recursive: true });
    await checkout.edit(
      'clusters/dev/cluster.yaml',
      (text) => `${text.trimEnd()}\n  ledger:\n  reader:\npeople:\n  tester: { uses: [ledger] }\n`,
    );
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
    await probe.startProbe('ledger', { 'ledger-db-rw': 'ledger-db', 'ledger-server': 'ledger' });
    await probe.startProbe('reader', { 'ledger-db-ro': 'ledger-db', 'ledger-client': 'ledger' });
    await probe.sh(
      'reader',
      `mkdir -p /tmp/own && cd /tmp/own && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \\
        -keyout tls.key -out tls.crt -days 1 -subj /CN=ledger_rw && cp /as/ledger-db-ro/roots.pem . && chmod 600 tls.key`,
    );
  });

  describe('the database', () => {
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

  describe('when things go wrong', () => {
    it('makes a lost Secret again', async () => {
      const before = await fingerprint('ledger', 'ledger-db-rw');
      await probe.kubectl(['delete', 'secret', 'ledger-db-rw', '-n', 'ledger']);
      await until(async () => (await fingerprint('ledger', 'ledger-db-rw')) !== before, 'a new certificate');
      await allReady();
    });

    it('goes on where cert-manager was killed in the middle of issuing', async () => {
      const secrets = ['ledger-server', 'ledger-db-rw', 'ledger-db-server'];
      const before = await Promise.all(secrets.map((name) => fingerprint('ledger', name)));
      await probe.kubectl(['delete', 'secret', '-n', 'ledger', ...secrets]);
      await probe.kubectl([
        ...['delete', 'pod', '-n', 'cert-manager', '-l', 'app.kubernetes.io/name=cert-manager'],
        ...['--grace-period=0', '--force'],
      ]);
      await until(async () => {
        const after = await Promise.all(secrets.map((name) => fingerprint('ledger', name)));
        return after.every((value, i) => value !== '' && value !== before[i]);
      }, 'new certificates');
      await allReady();
    });

    it('loses nothing that was committed when the database pod is killed', async () => {
      const line = `${login('ledger_rw', '/as/ledger-db-rw')}; export PGHOST PGDATABASE PGUSER PGSSLMODE PGSSLCERT PGSSLKEY PGSSLROOTCERT PGCONNECT_TIMEOUT HOME
        i=0; while [ $i -lt 400 ]; do i=$((i+1)); psql -wAtqc "insert into entries (note) values ('load $i')" >/dev/null 2>&1 && echo "load $i" >> /tmp/committed || echo $i >> /tmp/lost; done`;
      const load = probe.sh('ledger', `rm -f /tmp/committed /tmp/lost; ${line}`);
      await sleep(5_000);
      await probe.kubectl(['delete', 'pod', 'ledger-db-1', '-n', 'ledger', '--grace-period=0', '--force']);
      await load;
      const count = async (file: string) =>
        Number((await probe.sh('ledger', `cat /tmp/${file} 2>/dev/null | wc -l`)).text);
      const [committed, refused] = [await count('committed'), await count('lost')];
      const kept = Number(await asSuperuser("select count(*) from entries where note like 'load %'"));
      console.log(
        `database pod killed: ${committed} commits told, ${kept} rows kept, ${refused} tries refused`,
      );
      expect(committed).toBeGreaterThan(0);
      expect(kept).toBeGreaterThanOrEqual(committed);
    });
  });

  it('renews every certificate under load without a failed request', async () => {
    const before = await counts();
    const names = [
      'ledger/ledger-server',
      'reader/ledger-client',
      'ledger/ledger-db-server',
      'ledger/ledger-db-rw',
    ];
    const old = await Promise.all(names.map((name) => fingerprint(...parts(name))));
    for (const name of names) await renew(...parts(name));
    await until(async () => {
      const now = await Promise.all(names.map((name) => fingerprint(...parts(name))));
      return now.every((value, i) => value !== old[i]);
    }, 'renewed certificates');
    // Until every pod has the new files and every process has read them.
    await sleep(100_000);
    const after = await counts();
    console.log(`renewal: ${after.ok - before.ok} requests, ${after.failed - before.failed} failed`);
    expect(after.ok - before.ok).toBeGreaterThan(500);
    expect(after.failed - before.failed, after.last).toBe(0);
    expect(
      (await probe.sh('ledger', `${login('ledger_rw', '/as/ledger-db-rw')} psql -Atc 'select 1'`)).text,
    ).toBe('1');
  });

  it('rolls an authority by three commits under load without a failed request', async () => {
    const before = await counts();
    const roll = async (from: string | undefined, to: string) => {
      await checkout.edit('clusters/dev/cluster.yaml', (text) =>
        from === undefined
          ? text.replace(/^identity:\n/m, `identity:\n  roots: { ledger: ${to} }\n`)
          : text.replace(from, to),
      );
      const ended = await checkout.npm('deploy', '-m', `Roll: ${to}`);
      expect(ended.exitCode, said(ended)).toBe(0);
      await sleep(100_000);
    };
    const steps = [
      '{ trusted: [1, 2], issuing: 1 }',
      '{ trusted: [1, 2], issuing: 2 }',
      '{ trusted: [2], issuing: 2 }',
    ];
    for (const [i, step] of steps.entries()) await roll(steps[i - 1], step);
    const after = await counts();
    console.log(`roll: ${after.ok - before.ok} requests, ${after.failed - before.failed} failed`);
    expect(after.failed - before.failed, after.last).toBe(0);
    const roots = await probe.kubectl([
      'get',
      'configmap',
      'ledger-trust',
      '-n',
      'reader',
      '-o',
      'jsonpath={.data.roots\\.pem}',
    ]);
    expect(roots.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
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

  async function allReady(): Promise<void> {
    await probe.kubectl(['wait', '--for=condition=Ready', 'certificate', '--all', '-A', '--timeout=120s']);
    await until(async () => {
      const { text } = await probe.sh(
        'ledger',
        `${login('ledger_rw', '/as/ledger-db-rw')} psql -wAtc 'select 1'`,
      );
      return text === '1';
    }, 'a login with the new certificate');
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

async function until(done: () => Promise<boolean>, what: string, seconds = 180): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await done().catch(() => false))) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await sleep(500);
  }
}
