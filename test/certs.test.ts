import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createSecureContext, createServer as createTls, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityFolder } from '../apps/kit/identity.ts';
import { registry } from '../apps/kit/metrics.ts';
import { rootId, serialOf } from '../apps/kit/pem.ts';
import { readIssued } from '../scripts/certs/certificates.ts';
import { handshake } from '../scripts/certs/handshake.ts';
import { heldBy } from '../scripts/certs/held.ts';
import { readTrust } from '../scripts/certs/trust.ts';
import { type Pair, TestAuthority } from './services/authority.ts';
import { scratch, writeIdentity } from './services/identity-folder.ts';

let authority: TestAuthority;
let pair: Pair;
const servers: Server[] = [];

beforeAll(async () => {
  authority = await TestAuthority.make('orders');
  pair = await authority.issue({ commonName: 'orders', dnsNames: ['orders.orders.svc'] });
});

afterAll(() => {
  for (const server of servers) server.close();
});

async function listen<T extends Server>(server: T): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const serial = () => serialOf(new X509Certificate(pair.cert));

describe('a TLS handshake', () => {
  it('reads the certificate of a server that requires client certificates', async () => {
    const server = createTls({ ...pair, ca: authority.roots, requestCert: true, rejectUnauthorized: true });
    const shown = await handshake(await listen(server), 'tls');
    expect(shown).toMatchObject({ serial: serial(), issuer: 'orders CA' });
    expect(shown.notAfter).toEqual(new X509Certificate(pair.cert).validToDate);
  });

  it('requests TLS from Postgres with its SSLRequest', async () => {
    const server = createServer((socket) => {
      socket.once('data', (asked: Buffer) => {
        expect(asked.toString('hex')).toBe('0000000804d2162f');
        socket.write('S');
        const secureContext = createSecureContext(pair);
        new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => {});
      });
    });
    expect(await handshake(await listen(server), 'postgres')).toMatchObject({ serial: serial() });
  });

  it('fails with the reason', async () => {
    const plain = await listen(createServer((socket) => socket.once('data', () => socket.end('N'))));
    await expect(handshake(plain, 'postgres')).rejects.toThrow('PostgreSQL does not offer TLS');
    const closes = await listen(createServer((socket) => socket.destroy()));
    await expect(handshake(closes, 'tls')).rejects.toThrow(
      /closed the connection|hung up|ECONNRESET|socket disconnected/,
    );
    const mute = await listen(createServer(() => {}));
    await expect(handshake(mute, 'tls', { timeoutMs: 200 })).rejects.toThrow('no handshake within 0.2 s');
  });
});

it('a process reports its current certificate in its metrics, also after a renewal', async () => {
  const folder = scratch();
  writeIdentity(folder, pair, authority.roots);
  const identity = new IdentityFolder(folder);
  const port = await listen(createHttp(async (_request, response) => response.end(await registry.metrics())));
  try {
    const root = rootId(new X509Certificate(authority.roots));
    expect((await heldBy(port)).get(folder)).toEqual({ serial: serial(), roots: [root] });
    const other = await TestAuthority.make('orders again');
    const next = await other.issue({ commonName: 'orders' });
    const renewed = new Promise<void>((done) => identity.onRenewed(done));
    writeIdentity(folder, next, authority.roots + other.roots);
    await renewed;
    const both = [root, rootId(new X509Certificate(other.roots))].sort();
    const held = serialOf(new X509Certificate(next.cert));
    expect((await heldBy(port)).get(folder)).toEqual({ serial: held, roots: both });
    expect((await registry.metrics()).match(/^identity_held\{/gm)).toHaveLength(1);
  } finally {
    identity.close();
    rmSync(folder, { recursive: true });
  }
});

describe('an issued certificate', () => {
  const certificate = (status: object, generation = 1) => ({
    items: [
      {
        metadata: { namespace: 'orders', name: 'orders-server', generation },
        spec: { issuerRef: { name: 'orders-ca-1' } },
        status,
      },
    ],
  });
  const request = (revision: string, chain = pair.cert) => ({
    metadata: {
      ...{ namespace: 'orders', name: `orders-server-${revision}` },
      annotations: {
        'cert-manager.io/certificate-name': 'orders-server',
        'cert-manager.io/certificate-revision': revision,
      },
    },
    status: { certificate: Buffer.from(chain).toString('base64') },
  });
  const ready = { type: 'Ready', status: 'True', observedGeneration: 1 };

  it('by an intermediate has the root of its chain', async () => {
    const environment = await TestAuthority.make('environment');
    const intermediate = await environment.issue({ commonName: 'orders CA' });
    const all = { items: [request('1', pair.cert + intermediate.cert)] };
    const issued = readIssued(certificate({ revision: 1, conditions: [ready] }), all).get(
      'orders/orders-server',
    );
    const current = { serial: serial(), subject: 'CN=orders', top: 'CN=environment CA' };
    expect(issued).toMatchObject({ current });
  });

  it('is that of the CertificateRequest of the current revision', () => {
    const all = { items: [request('2')] };
    const issued = readIssued(certificate({ revision: 2, conditions: [ready] }), all).get(
      'orders/orders-server',
    );
    const current = { serial: serial(), subject: 'CN=orders', top: 'CN=orders CA' };
    expect(issued).toMatchObject({ ready: true, issuer: 'orders-ca-1', current });
    const older = readIssued(certificate({ revision: 3, conditions: [ready] }), all);
    expect(older.get('orders/orders-server')).not.toHaveProperty('current');
  });

  it('is not ready while another one is requested or issued', () => {
    const issuing = { type: 'Issuing', status: 'True' };
    const one = readIssued(certificate({ revision: 2, conditions: [ready, issuing] }), { items: [] });
    expect(one.get('orders/orders-server')).toMatchObject({ ready: false, message: 'it is being issued' });
    const two = readIssued(certificate({ revision: 2, conditions: [ready] }, 2), { items: [] });
    expect(two.get('orders/orders-server')?.ready).toBe(false);
  });
});

it('roots are listed by generation, with the namespaces that have them', () => {
  const id = rootId(new X509Certificate(authority.roots));
  const at = new Date('2030-01-01T00:00:00Z');
  const all = [
    {
      metadata: { namespace: 'trust', name: 'orders-roots', annotations: { 'plinth.io/trusted': '1,2' } },
      data: { [`1-${id}.pem`]: authority.roots },
    },
    {
      metadata: { namespace: 'home', name: 'orders-trust', managedFields: [{ time: at }] },
      data: { 'roots.pem': authority.roots },
    },
  ];
  expect(readTrust(all, { name: 'orders', anchor: 'orders' })).toEqual({
    trusted: [1, 2],
    roots: new Map([[id, 1]]),
    spread: new Map([['home', { ids: [id], since: at }]]),
  });
});
