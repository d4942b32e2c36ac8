import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type GatewayAddress, visit } from '../../scripts/cluster/visit.ts';
import { until } from '../until.ts';
import { Pebble } from './acme/pebble.ts';
import { answerByHttp, keyHash, shownCertificate } from './gateway.ts';
import { said, World } from './identity/world.ts';

const domain = 'dev.localhost';
const [home, welcome, forbidden] = ['home', 'welcome', 'forbidden'].map((name) => `${name}.${domain}`) as [
  string,
  string,
  string,
];
const ports = { http: 19080, https: 19443 };
const clusterFile = 'clusters/dev/cluster.yaml';

/** A gateway whose certificate an ACME server gives, which asks each host at port 80: from the order to the renewal. */
describe('a certificate by ACME', () => {
  const world = new World();
  let pebble: Pebble;
  let gatewayAddress = '';

  const place = (host: string): GatewayAddress => ({
    host,
    port: ports.https,
    roots: [pebble.issuedRoots],
  });
  const get = (...args: string[]): Promise<string> =>
    world.probe.kubectl(['get', ...args]).then((text) => text.trim());
  const npm = async (script: string, ...args: string[]) => {
    const ended = await world.checkout.npm(script, ...args);
    expect(ended.exitCode, said(ended)).toBe(0);
  };
  const status = async () => said(await world.checkout.npm('status'));
  const everythingIsReady = () =>
    until(async () => (await status()).includes(': everything is Ready'), 'everything to be Ready');
  /** The names of what cert-manager makes for a challenge and has not taken away. */
  const ofChallenges = () =>
    get(
      ...['pods,services,httproutes', '-n', 'gateway', '-o', 'name'],
      ...['-l', 'acme.cert-manager.io/http01-solver=true'],
    );

  /** Waits for another certificate than the one before, with another key; the gateway answers all the while. */
  const renewedAfter = async (act: () => Promise<unknown>): Promise<void> => {
    const before = await shownCertificate(place(home));
    const failed: unknown[] = [];
    await act();
    await until(
      async () => {
        await visit(place(home)).catch((error) => failed.push(error));
        return (await shownCertificate(place(home))).serialNumber !== before.serialNumber;
      },
      'another certificate',
      { pauseMs: 200 },
    );
    expect(keyHash(await shownCertificate(place(home)))).not.toBe(keyHash(before));
    expect(failed).toEqual([]);
  };

  beforeAll(() =>
    world.begin(async (checkout) => {
      // One app is enough, and it has no database. Of those that had one there is nothing yet.
      await checkout.edit(clusterFile, (text) =>
        stringify({ ...parse(text), people: undefined, apps: { home: null } }),
      );
      await rm(join(checkout.root, 'manifests/dev'), { recursive: true });
    }),
  );
  afterAll(() => world.end());

  beforeEach(({ onTestFailed }) => {
    // The state at the failure, which is lost when the story ends.
    onTestFailed(async () => {
      const kinds = 'certificates,certificaterequests,orders,challenges,issuers,pods,httproutes';
      const looks: (() => Promise<unknown>)[] = [
        async () => get(kinds, '-n', 'gateway', '-o', 'wide'),
        async () => get('challenges', '-n', 'gateway', '-o', 'yaml'),
        async () => status(),
        async () => pebble.log(),
      ];
      for (const look of looks) console.log(await look().catch(String));
    });
  });

  it('is preceded by a gateway with its own CA, and an ACME server beside the cluster', async () => {
    const ended = await world.checkout.npm('init-cluster', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    await world.clusterIsUp();
    pebble = await Pebble.start(world.cluster, world.probe, { domain, forbidden: [forbidden] });
    gatewayAddress = await get('service', 'traefik', '-n', 'gateway', '-o', 'jsonpath={.spec.clusterIP}');
    await pebble.lead(home, gatewayAddress);
    await pebble.lead(forbidden, gatewayAddress);
  });

  it('is served by the gateway once cluster.yaml names the ACME server', async () => {
    await world.checkout.edit(clusterFile, (text) =>
      stringify({
        ...parse(text),
        gateway: {
          tls: {
            acme: {
              server: pebble.server,
              email: 'tester@example.org',
              roots: pebble.serverRoots + pebble.issuedRoots,
            },
          },
        },
      }),
    );
    await npm('deploy', '--message', 'Certificates by ACME');
    await until(async () => (await visit(place(home))).status === 200, 'the page with the new certificate');
    const shown = await shownCertificate(place(home));
    expect(shown.subjectAltName).toBe(`DNS:${home}`);
    expect(shown.issuer).toContain('Pebble');
    await until(
      async () => `${await get('challenges', '-A', '-o', 'name')}${await ofChallenges()}` === '',
      'challenges, their pods and their routes to be taken away',
    );
    await everythingIsReady();
  });

  it('leaves the redirect from HTTP to HTTPS unchanged, also at the path of challenges', async () => {
    const path = '/.well-known/acme-challenge/none';
    expect(await answerByHttp(home, ports.http, path)).toEqual({
      status: 301,
      to: `https://${home}:${ports.https}${path}`,
    });
  });

  it('is renewed with another key and without a failed request', async () => {
    await renewedAfter(() => world.renew('gateway', 'gateway'));
  });

  it('is issued again after its Secret is lost', async () => {
    const before = await shownCertificate(place(home));
    await world.probe.kubectl(['delete', 'secret', 'gateway', '-n', 'gateway']);
    await until(async () => {
      const { serialNumber } = await shownCertificate(place(home));
      return serialNumber !== before.serialNumber && (await visit(place(home))).status === 200;
    }, 'another certificate');
  });

  it('is reported with a name that does not resolve here, and issued as soon as it does', async () => {
    await world.checkout.edit('apps/home/app.ts', (text) =>
      text.replace("exposes: { port: 'http' }", "exposes: { port: 'http', hosts: ['welcome'] }"),
    );
    const deploying = world.checkout.npm('deploy', '--message', 'Another name');
    let told = '';
    await until(
      async () => {
        told = await status();
        return told.includes(welcome) && told.includes('no such host');
      },
      () => `${welcome} in what status says:\n${told}`,
    );
    expect(told).toContain('not everything is Ready');
    expect((await visit(place(home))).status).toBe(200);
    await pebble.lead(welcome, gatewayAddress);
    const ended = await deploying;
    expect(ended.exitCode, said(ended)).toBe(0);
    await until(async () => (await visit(place(welcome))).status === 200, `the page at ${welcome}`);
    await everythingIsReady();
  });

  it('is reported with the name that the ACME server refuses', async () => {
    const metadata = { name: 'refused', namespace: 'gateway' };
    const issuerRef = { group: 'cert-manager.io', kind: 'Issuer', name: 'acme' };
    const spec = { secretName: 'refused', dnsNames: [forbidden], issuerRef };
    const certificate = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', metadata, spec };
    await world.probe.kubectl(['apply', '-f', '-'], JSON.stringify(certificate));
    let told = '';
    await until(
      async () => {
        told = await status();
        return told.includes('gateway/refused') && told.includes('forbidden by policy');
      },
      () => `the refusal in what status says:\n${told}`,
    );
    await world.probe.kubectl(['delete', 'certificate', 'refused', '-n', 'gateway']);
    await everythingIsReady();
  });

  it('is accepted by the check of init-cluster at the front page', async () => {
    await npm('init-cluster', '--json');
  });
});
