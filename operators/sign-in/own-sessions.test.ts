import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { kratosCookie, SignInWorld, shopOrigin } from '../../test/sign-in/world.ts';

let world: SignInWorld;
let value = '';

beforeAll(async () => {
  world = await SignInWorld.make();
});

afterAll(() => world.close());

beforeEach(() => {
  world.kratos.answers.clear();
  world.kratos.asked.length = 0;
  value = world.signIn('ada');
});

const phone = '1f0e4c5a-0000-4000-8000-000000000001';
const path = '/.sign-in/sessions';
const asAda = (more: Record<string, string> = {}) => ({ cookie: `__Host-session=${value}`, ...more });

/** Methods and paths of what Kratos was asked beside the session of the cookie. */
const askedOfKratos = () =>
  world.kratos.asked
    .filter((each) => each.path !== '/sessions/whoami')
    .map(({ method, path: at }) => `${method} ${at}`);

describe('the sessions of a visitor', () => {
  it('are listed with device and address, and the one of this browser is named', async () => {
    world.kratos.answers.set('GET /sessions', {
      status: 200,
      body: [
        {
          ...{
            id: phone,
            active: true,
            authenticated_at: '2026-03-01T10:00:00Z',
            expires_at: '2026-03-02T10:00:00Z',
          },
          devices: [{ user_agent: 'Phone', ip_address: '192.0.2.8' }],
        },
        { id: 'ended', active: false },
      ],
    });
    const got = await world.ask(path, { headers: asAda() });
    expect(got.status, got.text).toBe(200);
    expect(got.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(got.text)).toEqual({
      sessions: [
        expect.objectContaining({ id: `id-${value}`, isThis: true }),
        {
          ...{ id: phone, agent: 'Phone', address: '192.0.2.8', isThis: false },
          ...{ signedInAt: '2026-03-01T10:00:00.000Z', expiresAt: '2026-03-02T10:00:00.000Z' },
        },
      ],
    });
    expect(world.kratos.asked.at(-1)?.headers.cookie).toBe(`${kratosCookie}=${value}`);
  });

  it.each([
    ['one other', `${path}/${phone}`, `DELETE /sessions/${phone}`],
    ['all others', path, 'DELETE /sessions'],
  ])('are ended: %s', async (_, asked, ofKratos) => {
    world.kratos.answers.set(ofKratos, { status: 204 });
    const got = await world.ask(asked, { method: 'DELETE', headers: asAda({ origin: shopOrigin }) });
    expect([got.status, askedOfKratos()]).toEqual([204, [ofKratos]]);
  });
});

describe('nothing is ended', () => {
  it('by a page of another origin', async () => {
    const headers = asAda({ origin: 'https://evil.example.org' });
    expect((await world.ask(path, { method: 'DELETE', headers })).status).toBe(403);
    expect(askedOfKratos()).toEqual([]);
  });

  it('without a session', async () => {
    expect((await world.ask(path, { method: 'DELETE', headers: { origin: shopOrigin } })).status).toBe(401);
    expect(askedOfKratos()).toEqual([]);
  });

  it.each([
    ['POST', path],
    ['DELETE', `${path}/..%2f..%2fadmin`],
    ['DELETE', `${path}/../whoami`],
    ['GET', `${path}/${phone}`],
  ])('by %s %s', async (method, asked) => {
    const got = await world.ask(asked, { method, headers: asAda({ origin: shopOrigin }) });
    expect(got.status).not.toBe(204);
    expect(askedOfKratos()).toEqual([]);
  });

  it('where Kratos refuses, and the visitor is told', async () => {
    world.kratos.answers.set('DELETE /sessions', { status: 500 });
    const got = await world.ask(path, { method: 'DELETE', headers: asAda({ origin: shopOrigin }) });
    expect([got.status, got.headers['retry-after']]).toEqual([503, '2']);
  });
});
