import { isIPv4 } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killHost, onHost } from './containers.ts';
import { changed, TestSite } from './test-site.ts';

const three = ['control-1', 'control-2', 'control-3'];

let site: TestSite;
let address: string;

beforeAll(async () => {
  site = await TestSite.make('control-planes-test', 'v1.36.4');
  address = lastOf(await site.network('Subnet'));
  await site.describe({ kubernetes: { version: 'v1.36.4', virtualAddress: address } });
  for (const name of three) await site.add(name, 'control-plane');
});

afterAll(async () => {
  await site?.remove();
});

describe('control planes', () => {
  it('become a cluster of three, whose shared address one of them holds', async () => {
    await site.timed('three machines to three control planes', () => site.nodes('apply'));
    expect(await site.readyNodes()).toEqual(three);
    expect(await holders()).toHaveLength(1);
    expect(await members()).toEqual(three);
  });

  it('are unchanged by a second run', async () => {
    expect(changed(await site.nodes('apply'))).toEqual([]);
  });

  it('answer at the shared address after the machine that held it is lost', async () => {
    const [holder = ''] = await holders();
    await killHost(site.engine, holder);
    await site.timed('the API server answers again', async () => {
      await expect
        .poll(() => site.kubectl('get', 'nodes', '--output=name', '--request-timeout=5s').catch(String), {
          timeout: 120_000,
          interval: 500,
        })
        .toContain('node/control-1');
    });
    await site.replace(holder);
    const answer = await site.timed('a control plane is replaced', () => site.nodes('apply'));
    expect(changed(answer)).toContain(holder);
    expect(await site.readyNodes()).toEqual(three);
    expect(await members()).toEqual(three);
    expect(await holders()).toHaveLength(1);
  });
});

/** The machines that have the address now. */
async function holders(): Promise<string[]> {
  const found = await Promise.all(
    three.map(async (name) => {
      const shown = await onHost(site.engine, name, `ip -oneline -4 address show to ${address}/32`);
      return shown === '' ? [] : [name];
    }),
  );
  return found.flat();
}

/** Names of etcd's members that have started. */
async function members(): Promise<string[]> {
  const pki = '/etc/kubernetes/pki/etcd';
  const keys = `--cacert=${pki}/ca.crt --cert=${pki}/healthcheck-client.crt --key=${pki}/healthcheck-client.key`;
  const text = await onHost(site.engine, 'control-1', `etcdctl ${keys} member list --write-out=simple`);
  return text
    .split('\n')
    .flatMap((line) => {
      const [, state, name = ''] = line.split(', ');
      return state === 'started' ? [name] : [];
    })
    .sort();
}

/** An address that the engine gives out last of all: five before the end of the network. */
function lastOf(network: string): string {
  const [base = '', prefix = ''] = network.split('/');
  if (!isIPv4(base)) throw new Error(`${network} is no network of IPv4`);
  const number = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const last = number + 2 ** (32 - Number(prefix)) - 6;
  return [24, 16, 8, 0].map((shift) => Math.floor(last / 2 ** shift) % 256).join('.');
}
