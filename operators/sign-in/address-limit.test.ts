import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Got, navigation, SignInWorld } from '../../test/sign-in/world.ts';
import { perAddress, Tries } from './program/tries.ts';
import { addressKey } from './program/visitor-address.ts';

let world: SignInWorld;
let forms = 0;

beforeAll(async () => {
  world = await SignInWorld.make();
  world.kratos.answers.set('POST /self-service/login', {
    status: 303,
    headers: { location: '/login?flow=1' },
  });
});

afterAll(() => world.close());

beforeEach(() => {
  world.kratos.asked.length = 0;
});

/** Sends the form of a sign-in for an account of its own each time unless it is given, as the gateway passes it on. */
function form(forwarded: string, account = `person-${++forms}`): Promise<Got> {
  return world.ask('/self-service/login?flow=1', {
    ...{ method: 'POST', host: 'accounts.test:8443' },
    headers: {
      ...navigation,
      ...{ 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': forwarded },
      ...{ origin: 'https://accounts.test:8443' },
    },
    body: `identifier=${account}%40example.org&password=guess`,
  });
}

/** More forms at once than are possible, also where a slow machine regains some meanwhile. */
const many = perAddress.most + 30;

/** How many of these forms were passed on, and how many refused. */
async function sent(forwarded: (i: number) => string): Promise<{ passed: number; refused: number }> {
  const found = await Promise.all(
    Array.from({ length: many }, async (_, i) => (await form(forwarded(i))).status),
  );
  const count = (status: number) => found.filter((each) => each === status).length;
  expect(count(303) + count(429)).toBe(many);
  return { passed: count(303), refused: count(429) };
}

describe('forms from one address', () => {
  it('are passed to Kratos up to a number, and refused with 429 and Retry-After then, whatever the account', async () => {
    const { passed, refused } = await sent(() => '192.0.2.1');
    expect(passed).toBeGreaterThanOrEqual(perAddress.most);
    expect(refused).toBeGreaterThan(0);
    expect(world.kratos.asked.filter(({ method }) => method === 'POST')).toHaveLength(passed);
    let last = await form('192.0.2.1');
    while (last.status !== 429) last = await form('192.0.2.1');
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(last.headers['retry-after'])).toBeLessThanOrEqual(perAddress.anotherAfterMs / 1_000);
    expect(last.text).toContain('Too many forms came from your network');
  });

  it('are counted by the address that the gateway saw: addresses that the visitor wrote before it do not help', async () => {
    expect((await sent((i) => `203.0.113.${i}, 192.0.2.2`)).refused).toBeGreaterThan(0);
  });

  it('do not hold up another address', async () => {
    await sent(() => '192.0.2.3');
    expect((await form('192.0.2.4')).status).toBe(303);
  });

  it.each(['10.0.0.1', '172.31.0.9', '::ffff:192.168.1.1', 'fd00::1'])(
    'are not limited from %s, an address of a private network that may hide all visitors',
    async (address) => {
      expect((await sent(() => address)).refused).toBe(0);
    },
  );

  it('that are refused use up no attempts of an account', async () => {
    await sent(() => '192.0.2.5');
    const victim = async (from: string) => (await form(from, 'victim')).status;
    const found = await Promise.all(Array.from({ length: 20 }, () => victim('192.0.2.5')));
    expect(found.filter((status) => status === 429).length).toBeGreaterThan(10);
    expect(await victim('192.0.2.6')).toBe(303);
  });

  it('without an address in the header, or with a text that is none, are counted by the connection', async () => {
    const texts = ['', 'unknown', '203.0.113.1, forged', '999.1.1.1'];
    expect((await sent((i) => texts[i % texts.length] ?? '')).refused).toBeGreaterThan(0);
  });
});

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0db8:0001:0002::1', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('of %s limits count %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});

it('the limits keep at most 10 000 addresses, and forget the one that was used longest ago', () => {
  const tries = new Tries({ most: 1, anotherAfterMs: 3_600_000 }, () => 0);
  for (let i = 0; i < 20_000; i++) tries.take(`address ${i}`);
  expect(tries.size).toBe(10_000);
  expect(tries.take('address 19999')).toBeGreaterThan(0);
  expect(tries.take('address 0')).toBe(0);
});
