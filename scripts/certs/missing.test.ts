import { describe, expect, it } from 'vitest';
import type { Authority } from '../../model/identity.ts';
import type { CertificateHolder } from './certificate-holder.ts';
import { isWell, printRows, rowsOf } from './certificate-rows.ts';
import { missingFor } from './missing.ts';
import type { Observation } from './observe.ts';

const leaf = { authority: 'orders', dnsNames: [] as string[], usage: 'server' } as const;
const authority: Authority = {
  ...{ name: 'orders', kind: 'app', anchor: 'orders', trusted: [1, 2], issuing: 1 },
  leaves: [
    { ...leaf, name: 'orders-server', namespace: 'orders', commonName: 'orders.orders.svc' },
    { ...leaf, name: 'orders-client', namespace: 'home', commonName: 'home', usage: 'client' },
  ],
};
const minute = 60_000;
const start = new Date('2030-01-01T00:00:00Z');
const later = (ms: number) => new Date(start.getTime() + ms);
const server: CertificateHolder = {
  who: 'orders/orders-1',
  by: 'wire',
  serial: 'A',
  roots: ['r1', 'r2'],
  remedy: 'mend orders',
};
const client: CertificateHolder = {
  who: 'home/home-1',
  by: 'process',
  serial: 'B',
  roots: ['r1', 'r2'],
  remedy: 'mend home',
};

interface Given {
  at?: Date;
  server?: Partial<CertificateHolder>;
  client?: Partial<CertificateHolder>;
  issuer?: string;
  top?: string;
  ready?: boolean;
  generations?: [string, number][];
  ids?: string[];
}

/** A cluster in the state that cluster.yaml describes, except for the given changes. */
function observed(given: Given = {}): Observation {
  const { at = later(10 * minute), issuer = 'orders-ca-1', ready = true, ids = ['r1', 'r2'] } = given;
  const top = given.top ?? 'CN=dev orders 1';
  const issued = (key: string, serial: string, subject = `CN=${serial}`) =>
    [
      key,
      {
        ...{ key, ready, issuer, message: ready ? '' : 'no issuer' },
        current: { serial, notBefore: start, notAfter: later(24 * 60 * minute), subject, top },
      },
    ] as const;
  return {
    at,
    issued: new Map([
      issued('orders/orders-server', 'A'),
      issued('home/orders-client', 'B'),
      ...[1, 2].map((generation) => {
        const subject = `CN=dev orders ${generation}`;
        const [key, value] = issued(`cert-manager/orders-ca-${generation}`, `CA${generation}`, subject);
        return [key, { ...value, issuer: 'self-signed', ready: true, message: '' }] as const;
      }),
    ]),
    trust: new Map([
      [
        'orders',
        {
          trusted: [1, 2],
          roots: new Map(
            given.generations ?? [
              ['r1', 1],
              ['r2', 2],
            ],
          ),
          spread: new Map([
            ['orders', { ids: ['r1', 'r2'], since: start }],
            ['home', { ids, since: start }],
          ]),
        },
      ],
    ]),
    uses: new Map([
      ['orders/orders-server', [{ ...server, ...given.server }]],
      ['home/orders-client', [{ ...client, ...given.client }]],
    ]),
  };
}

const missing = (given?: Given) => missingFor(authority, authority, observed(given)).map(({ what }) => what);
const home = '(home/orders-client)';

function issuedOf({ issued }: Observation, key: string) {
  const found = issued.get(key);
  if (found?.current === undefined) throw new Error(`the fixture has no ${key}`);
  return { ...found, current: found.current };
}

describe('the requirement that is missing before the next step', () => {
  it('is nothing if every process has the current certificates', () => {
    expect(missing()).toEqual([]);
  });

  it.each<[string, Given, string]>([
    [
      'a generation without a root',
      { generations: [['r1', 1]] },
      'the trusted generations of orders are 1, not 1 and 2',
    ],
    [
      'a namespace that the roots have not reached',
      { ids: ['r1'] },
      'the CA certificates of orders have not reached the namespace home',
    ],
    [
      'another issuer',
      { issuer: 'orders-ca-2' },
      'home/orders-client has the issuer orders-ca-2, not generation 1',
    ],
    [
      'what hangs on another root',
      { top: 'CN=dev orders 2' },
      'home/orders-client was issued below CN=dev orders 2, not below generation 1 of orders',
    ],
    ['what is not issued', { ready: false }, 'home/orders-client is not issued: no issuer'],
    [
      'an old one on the wire',
      { server: { serial: '9' } },
      'orders/orders-1 still serves the previous certificate (orders/orders-server)',
    ],
    [
      'an old one in a process',
      { client: { serial: '9' } },
      `home/home-1 still has the previous certificate ${home}`,
    ],
    [
      'old roots in a process',
      { client: { roots: ['r1'] } },
      `home/home-1 does not trust the current CA certificates yet ${home}`,
    ],
    [
      'a process that was not seen',
      { client: { unseen: 'it is not ready' } },
      `home/home-1 was not observed: it is not ready ${home}`,
    ],
  ])('is %s', (_, given, what) => {
    expect(missing(given)).toContain(what);
  });

  it("is computed below the environment's root if orders is an intermediate", () => {
    const root: Authority = {
      ...authority,
      name: 'environment',
      kind: 'environment',
      issuing: 2,
      leaves: [],
    };
    const seen = observed({ top: 'CN=dev environment 2' });
    const ca = { ...issuedOf(seen, 'cert-manager/orders-ca-2'), key: 'cert-manager/environment-ca-2' };
    ca.current = { ...ca.current, subject: 'CN=dev environment 2' };
    seen.issued.set(ca.key, ca);
    const below = (given: Authority) => missingFor(authority, given, seen).map(({ what }) => what);
    expect(below(root)).toEqual([]);
    expect(below({ ...root, trusted: [2] })).toEqual([
      'the trusted generations of environment are 1 and 2, not 2',
    ]);
    expect(below({ ...root, issuing: 1 })).toContain(
      'orders/orders-server was issued below CN=dev environment 2, not below generation 1 of environment',
    );
  });

  it('is time if a process does not report its certificate', () => {
    const mute = { client: { silent: true, unseen: 'no metrics' } };
    expect(missing({ ...mute, at: later(minute) })).toEqual([
      `home/home-1 does not report its certificate: it has 90 s more to reload its files ${home}`,
    ]);
    expect(missing(mute)).toEqual([]);
  });
});

describe('the list', () => {
  const rows = (given?: Given) => rowsOf([authority], observed(given));

  it('lists every certificate, with those of the authorities', () => {
    expect(rows().map(({ certificate, issuer }) => `${certificate} by ${issuer}`)).toEqual([
      'cert-manager/orders-ca-1 by self-signed',
      'cert-manager/orders-ca-2 by self-signed',
      'orders/orders-server by orders-ca-1',
      'home/orders-client by orders-ca-1',
    ]);
    expect(rows().every(isWell)).toBe(true);
    expect(printRows(rows(), later(0))).toMatchInlineSnapshot(`
      "CERTIFICATE                HOLDER                 ISSUED BY     ENDS      USED BY
      cert-manager/orders-ca-1   orders, generation 1   self-signed   in 24 h
      cert-manager/orders-ca-2   orders, generation 2   self-signed   in 24 h
      orders/orders-server       orders.orders.svc      orders-ca-1   in 24 h   orders-1 current by wire
      home/orders-client         home                   orders-ca-1   in 24 h   home-1 current by process

      All 4 certificates are valid and in use. Servers observed on the wire: 1."
    `);
  });

  it('names the process that still serves the old certificate, and the next command', () => {
    const old = rows({ server: { serial: '9' } });
    expect(old.every(isWell)).toBe(false);
    expect(printRows(old, later(0))).toContain(
      'orders/orders-1 still serves the previous certificate (orders/orders-server)\n  mend orders',
    );
  });

  it('gives a process time to load a new certificate', () => {
    const young = rows({ server: { serial: '9' }, at: later(minute) });
    expect(young.every(isWell)).toBe(true);
    expect(printRows(young, later(0))).toContain('This takes up to 2.5 minutes.');
  });

  it('lists certificates that are not issued', () => {
    expect(
      rows({ ready: false })
        .filter((row) => !isWell(row))
        .map(({ problem }) => problem),
    ).toEqual(['no issuer', 'no issuer']);
  });
});
