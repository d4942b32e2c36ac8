import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { forwardToPod } from '../../scripts/call/port-forward.ts';
import { visit } from '../../scripts/cluster/visit.ts';
import { seedDomain } from '../../scripts/seed/data.ts';
import { openChromium } from '../browser/chromium.ts';
import { until } from '../until.ts';
import { gatewayPlace, keyHash, shownCertificate } from './gateway.ts';
import { httpsPort, said, World } from './identity/world.ts';
import { mailed, mailedCode, mails, register, signInBy } from './people/registration.ts';
import { recovers, signsInByPasskey, signsInBySecondFactor } from './people/ways-to-sign-in.ts';

/** Port of the gateway on this machine, in clusters of stories. */

const club = `https://club.dev.localhost:${httpsPort}`;
const accounts = `https://accounts.dev.localhost:${httpsPort}`;
const organisations = `https://organisations.dev.localhost:${httpsPort}`;
const web = `https://app.dev.localhost:${httpsPort}`;

/** People make accounts, sign in to an app, and are signed out, in a browser and against a real Kratos. */
describe('sign-in', () => {
  const world = new World();
  const ada = { address: 'ada@example.org', password: 'a long sentence nobody guesses 42' };
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const errors: string[] = [];

  async function claims(): Promise<{
    sub?: string;
    aud?: unknown;
    organisation?: string | null;
    roles?: string[];
    path: string;
    cookies: string[];
  }> {
    return JSON.parse(await page.locator('pre').innerText());
  }

  /** Status and text of an answer to a script: to one of the page that is open, or to nobody. */
  async function ask(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string }> {
    return page.evaluate(
      async ([url = '', given]) => {
        const answer = await fetch(url as string, { headers: given as Record<string, string> });
        return { status: answer.status, text: await answer.text() };
      },
      [`${club}${path}`, headers] as const,
    );
  }

  /** The status of a DELETE at Kratos' admin API, by a port-forward: nobody in the cluster reaches it. */
  async function revoke(path: string): Promise<number> {
    const forward = await forwardToPod(world.cluster, 'kratos', 4434);
    try {
      // The certificate is that of the Service, not of this machine's loopback.
      const place = { host: '127.0.0.1', port: forward.port, rejectUnauthorized: false, agent: false };
      const call = request({ ...place, method: 'DELETE', path }).end();
      const [answer] = await once(call, 'response');
      answer.resume();
      return answer.statusCode;
    } finally {
      forward.close();
    }
  }

  async function open(): Promise<void> {
    context = await browser.newContext({ ignoreHTTPSErrors: true });
    page = await context.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
  }

  beforeAll(async () => {
    await world.begin(async (checkout) => {
      await cp(join(import.meta.dirname, 'people', 'apps'), join(checkout.root, 'apps'), { recursive: true });
      await checkout.edit(
        'clusters/dev/cluster.yaml',
        (text) =>
          `${text.trimEnd()}\n  accounts: { env: { ADMINISTRATORS: ada@example.org } }\n  club:\n  web:\nsignIn: { mail: { kind: mailpit }, rights: accounts }\n`,
      );
    });
  });
  afterAll(async () => {
    await browser?.close();
    await world.end();
  });

  it('starts with the accounts app', async () => {
    const ended = await world.checkout.npm('init-cluster', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    await world.clusterIsUp();
    browser = await openChromium();
    await open();
  });

  it('answers 401 to a script without a session, without a request to the app', async () => {
    const place = await gatewayPlace(world.cluster, 'club.dev.localhost', httpsPort);
    const { status, body } = await visit(place, '/data');
    expect(status).toBe(401);
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'not_signed_in' } });
  });

  it('redirects a person to the registration with a mailed code, and back', async () => {
    await page.goto(`${club}/notes?of=today`);
    expect(new URL(page.url()).origin).toBe(accounts);
    await register(page, ada.address, ada.password);
    await page.locator('input[name="code"]').fill(await mailedCode(world.cluster, ada.address, 0));
    await page.locator('button[name="method"][value="code"]').first().click();
    await page.waitForURL((url) => url.origin === accounts || url.origin === club);
    if (new URL(page.url()).origin === accounts) await signIn(page);
    await page.waitForURL(`${club}/**`);
    expect(await claims()).toMatchObject({ aud: 'club' });
    expect((await claims()).cookies.join()).not.toContain('sign');
  });

  it('recognises the person at the next request without another redirect', async () => {
    const { sub } = await claims();
    await page.goto(`${club}/again`);
    expect(await claims()).toMatchObject({ sub, path: '/again' });
  });

  /** A request of the API's own page. */
  async function organise(
    method: string,
    path: string,
    body?: object,
    at = page,
  ): Promise<{ status: number; body: unknown }> {
    await at.goto(`${organisations}/`);
    return at.evaluate(
      async ([url = '', how = '', given = '']) => {
        const sent = given === '' ? {} : { body: given, headers: { 'content-type': 'application/json' } };
        const answer = await fetch(url, { method: how, ...sent });
        const text = await answer.text();
        return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
      },
      [path, method, body === undefined ? '' : JSON.stringify(body)],
    );
  }

  const madeOrganisation = z.object({ organisation: z.object({ id: z.string() }) });

  it('puts organisation and roles into the token of another app', async () => {
    const made = await organise('POST', '/v1/organisations', { name: 'Club of Ada' });
    expect(made.status, JSON.stringify(made.body)).toBe(200);
    const { id } = madeOrganisation.parse(made.body).organisation;
    await until(async () => {
      await page.goto(`${club}/rights`);
      return (await claims()).organisation === id;
    }, 'the organisation in the token');
    expect((await claims()).roles).toEqual(['owner']);
  });

  it('asks to revalidate changed rights, with a button back to the page', async () => {
    const made = await organise('POST', '/v1/organisations', { name: 'Second club' });
    const { organisation } = madeOrganisation.parse(made.body);
    const switched = await organise('PUT', '/v1/session/organisation', { organisation: organisation.id });
    expect(switched.status, JSON.stringify(switched.body)).toBe(200);
    await until(async () => (await page.goto(`${club}/typed?page=2`))?.status() === 402, 'the refusal', {
      pauseMs: 200,
    });
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.waitForURL(`${club}/typed?page=2`);
    expect(await claims()).toMatchObject({ organisation: organisation.id, roles: ['owner'] });
  });

  it('sends an invitation by mail', async () => {
    const { body } = await organise('GET', '/v1/session');
    const { session } = z.object({ session: z.object({ organisation: z.string() }) }).parse(body);
    const invited = await organise('POST', `/v1/organisations/${session.organisation}/invitations`, {
      ...{ email: 'bo@example.org', roles: ['member'] },
    });
    expect(invited.status, JSON.stringify(invited.body)).toBe(200);
    const subjects = (await mails(world.cluster)).map(({ Subject }) => Subject);
    expect(subjects).toContain('Invitation to Second club');
  });

  it('shows the organisations of the person in the web application, without another sign-in', async () => {
    await page.goto(web);
    await page.getByRole('link', { name: 'Second club' }).waitFor();
    expect(new URL(page.url()).origin).toBe(web);
    await page.getByText('You act for it: owner').waitFor();
  });

  it('invites from the web application', async () => {
    await page.getByRole('link', { name: 'Second club' }).click();
    await page.getByRole('textbox', { name: 'Address' }).fill('cy@example.org');
    await page.getByRole('button', { name: 'Send the invitation' }).click();
    await page.getByText('The invitation was sent.').waitFor();
    await page.getByText('cy@example.org').waitFor();
  });

  it('carries out in the web application what was typed before the rights changed', async () => {
    await page.getByRole('link', { name: 'Organisations', exact: true }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Third club');
    const refused = page.waitForResponse((answer) => answer.status() === 402);
    const other = await context.newPage();
    const { body } = await organise('GET', '/v1/organisations', undefined, other);
    const { organisations: all } = z
      .object({ organisations: z.array(z.object({ id: z.string(), name: z.string() })) })
      .parse(body);
    const organisation = all.find(({ name }) => name === 'Club of Ada')?.id;
    const switched = await organise('PUT', '/v1/session/organisation', { organisation }, other);
    expect(switched.status, JSON.stringify(switched.body)).toBe(200);
    await other.close();
    // Until then the proxy may have the rights of before.
    await setTimeout(2_000);
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('link', { name: 'Third club' }).waitFor();
    await refused;
  });

  it('shows an administrator the audit log of all organisations', async () => {
    await page.getByRole('link', { name: 'Administration' }).click();
    await page.getByRole('link', { name: 'Audit log' }).click();
    await page.getByText('invitation.create').first().waitFor();
  });

  it('places an order, which is confirmed before the eyes of the person', async () => {
    await page.getByRole('link', { name: 'Orders', exact: true }).click();
    await page.getByText('Changes are shown as they happen.').waitFor();
    await page.getByRole('textbox', { name: 'Customer' }).fill('Choir');
    await page.getByRole('textbox', { name: 'Article' }).fill('column-3');
    await page.getByRole('textbox', { name: 'Quantity' }).fill('2');
    await page.getByRole('textbox', { name: 'Price of one' }).fill('12.50');
    await page.getByRole('button', { name: 'Place the order' }).click();
    const order = page
      .getByRole('list', { name: 'Orders' })
      .getByRole('listitem')
      .filter({ hasText: 'Choir' });
    await order.getByText('Confirmed').waitFor();
  });

  it('shows an administrator the queue of that order', async () => {
    await page.goto(`${web}/admin/jobs`);
    const queue = page.getByRole('listitem').filter({ hasText: 'orders.confirm' });
    await queue.getByText(/[1-9]\d* done/).waitFor();
  });

  it('lists the own sessions, and ends another one within two seconds', async () => {
    const other = await browser.newContext({ ignoreHTTPSErrors: true });
    const elsewhere = await other.newPage();
    await elsewhere.goto(club);
    await signIn(elsewhere);
    await elsewhere.waitForURL(`${club}/**`);
    await page.goto(`${web}/account/sessions`);
    await page.getByText('This one').waitFor();
    await page.getByRole('button', { name: 'End all others' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'End all others' }).click();
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await until(
      async () => {
        await elsewhere.goto(`${club}/after`);
        return new URL(elsewhere.url()).origin === accounts;
      },
      'the end of the other session',
      { pauseMs: 200 },
    );
    await other.close();
  });

  it('lets an administrator act as another person, with a banner, and names both in the audit log', async () => {
    const other = await browser.newContext({ ignoreHTTPSErrors: true });
    const registering = await other.newPage();
    await registering.goto(club);
    await register(registering, 'dan@example.org', ada.password);
    await registering
      .locator('input[name="code"]')
      .fill(await mailedCode(world.cluster, 'dan@example.org', 0));
    const verified = registering.waitForEvent('framenavigated');
    await registering.locator('button[name="method"][value="code"]').first().click();
    await verified;
    await other.close();
    await page.goto(`${web}/admin`);
    await page.getByRole('button', { name: 'Act as this person: dan@example.org' }).click();
    await page.getByRole('textbox', { name: 'Reason' }).fill('A test of the platform');
    await page.getByRole('button', { name: 'Act as dan@example.org', exact: true }).click();
    const banner = page.getByRole('region', { name: 'You act as somebody else' });
    await banner.getByText('dan@example.org').waitFor();
    await banner.getByRole('button', { name: 'Stop' }).click();
    await banner.waitFor({ state: 'detached' });
    await page.goto(`${web}/admin/audit`);
    await page.getByText('impersonation.begin').first().waitFor();
    await page.getByText('impersonation.end').first().waitFor();
  });

  it('is filled by seeds, which a second run repeats, and cleaned again', async () => {
    for (const _ of ['first', 'second']) {
      const filled = await world.checkout.npm('seed', 'minimal');
      expect(filled.exitCode, said(filled)).toBe(0);
      expect(filled.stdout).toMatch(/^people: 3, .*\norganisations: 1\norders: 5$/m);
    }
    const seeded = page.getByText(`@${seedDomain}`);
    await page.goto(`${web}/admin`);
    await seeded.first().waitFor();
    const cleaned = await world.checkout.npm('seed', 'clean');
    expect(cleaned.exitCode, said(cleaned)).toBe(0);
    await page.goto(`${web}/admin`);
    await page.getByRole('button', { name: `Show sessions: ${ada.address}` }).waitFor();
    expect(await seeded.count()).toBe(0);
  });

  it('blocks requests of other pods and of the gateway to the app', async () => {
    const line =
      "require('net').connect({ host: 'club.club.svc.cluster.local', port: 8080, timeout: 3000 }).on('connect', () => { console.log('connected'); process.exit() }).on('timeout', () => { console.log('nothing'); process.exit() }).on('error', (error) => { console.log(error.code); process.exit() })";
    const text = await world.probe.kubectl(['exec', '-n', 'home', 'deploy/home', '--', 'node', '-e', line]);
    expect(text.trim()).not.toBe('connected');
  });

  it('ends a session within two seconds of its revocation', async () => {
    await until(async () => (await page.goto(`${club}/before`))?.status() === 200, 'an answer of the club');
    const { sub } = await claims();
    expect(await revoke(`/admin/identities/${sub}/sessions`)).toBe(204);
    const revoked = performance.now();
    await until(async () => (await ask('/data')).status === 401, 'the session to end', {
      pauseMs: 100,
    });
    console.log(
      `a revoked session was refused after ${((performance.now() - revoked) / 1_000).toFixed(1)} s`,
    );
    expect(performance.now() - revoked).toBeLessThan(2_500);
  });

  it('gives the same answer for a wrong password and an unknown address', async () => {
    const words: string[] = [];
    for (const address of [ada.address, 'nobody@example.org']) {
      const other = await browser.newContext({ ignoreHTTPSErrors: true });
      const wrong = await other.newPage();
      await wrong.goto(club);
      await signInBy(wrong, address, 'not the password at all 42');
      words.push(await wrong.getByRole('alert').first().innerText());
      await other.close();
    }
    expect(words[0]).not.toBe('');
    expect(words[1]).toBe(words[0]);
  });

  it('signs in by the link of a mail, in the browser that asked for it and no other', async () => {
    const [asking, elsewhere] = [
      await browser.newContext({ ignoreHTTPSErrors: true }),
      await browser.newContext({ ignoreHTTPSErrors: true }),
    ];
    const own = await asking.newPage();
    await own.goto(`${club}/linked`);
    await own.locator('input[name="identifier"]').fill(ada.address);
    await own.locator('button[name="method"][value="code"]').click();
    const link = await mailed(world.cluster, ada.address, 0, /https:\S+\/link\?code=\d{6}/);
    expect(new URL(link).origin).toBe(accounts);
    expect((await (await elsewhere.newPage()).goto(link))?.status()).toBe(403);
    await own.goto(link);
    await own.getByRole('button', { name: 'Sign in' }).click();
    await own.waitForURL(`${club}/linked`);
    await asking.close();
    await elsewhere.close();
  });

  describe('with a browser that trusts the certificate', () => {
    let place: Parameters<typeof signsInByPasskey>[0];

    beforeAll(async () => {
      const shown = await Promise.all(
        [club, accounts].map(async (origin) =>
          keyHash(
            await shownCertificate(await gatewayPlace(world.cluster, new URL(origin).hostname, httpsPort)),
          ),
        ),
      );
      const trusting = await openChromium(shown.join());
      place = { browser: trusting, cluster: world.cluster, app: club, accounts };
    });
    afterAll(() => place?.browser.close());

    it('signs in by a passkey', () => signsInByPasskey(place));
    it('signs in with an authenticator app, and with a recovery code', () => signsInBySecondFactor(place));
    it('recovers an account by mail', () => recovers(place));
  });

  it('accepts the password again, and signs out everywhere', async () => {
    await page.goto(`${club}/after`);
    await signIn(page);
    await page.waitForURL(`${club}/**`);
    expect(await claims()).toMatchObject({ path: '/after' });
    await page.goto(`${club}/.sign-in/out`);
    const signedOut = page.waitForEvent('framenavigated');
    await page
      .getByRole('button', { name: /sign out/i })
      .first()
      .click();
    await signedOut;
    // An answer of Kratos is taken for a second.
    await until(
      async () => {
        await page.goto(`${club}/data`);
        return new URL(page.url()).origin === accounts;
      },
      'the sign-out',
      { pauseMs: 1_000 },
    );
  });

  /** Asks all the time while something happens; returns what came in place of an answer of the app. */
  async function lostDuring(what: string, act: () => Promise<unknown>): Promise<string[]> {
    let isOver = false;
    let all = 0;
    const lost: string[] = [];
    const asking = (async () => {
      while (!isOver) {
        const { status, text } = await ask('/data').catch((error: unknown) => ({
          status: 0,
          text: String(error),
        }));
        all += 1;
        if (status !== 200) lost.push(`${new Date().toISOString()} ${status} ${text.slice(0, 200)}`);
        await setTimeout(50);
      }
    })();
    await act().finally(() => {
      isOver = true;
    });
    await asking;
    console.log(`${what}: ${lost.length} of ${all} requests of a session were lost`);
    return lost.length === 0 ? [] : [...lost, ...(await reasons())];
  }
  /** What the proxy and Kratos say of failures. */
  const reasons = async (): Promise<string[]> => {
    const log = (namespace: string, name: string) =>
      world.probe.kubectl(['logs', '-n', namespace, `deploy/${name}`, '--all-containers', '--since=20m']);
    const [proxy, kratos] = [await log('sign-in', 'sign-in'), await log('kratos', 'kratos')];
    return [
      ...proxy.split('\n').filter((line) => /"level":"(warn|error)"|renewed/.test(line)),
      ...kratos.split('\n').filter((line) => /certificate|tls|panic|"level":"(error|fatal)"/i.test(line)),
    ].slice(-60);
  };
  const rollOut = async (namespace: string, deployment: string): Promise<void> => {
    const target = ['-n', namespace, `deployment/${deployment}`];
    await world.probe.kubectl(['rollout', 'restart', ...target]);
    await world.probe.kubectl(['rollout', 'status', '--timeout=180s', ...target]);
  };
  const isAnswered = () =>
    until(async () => (await ask('/data')).status === 200, 'an answer to the same session');

  it('signs in again', async () => {
    await page.goto(club);
    await signIn(page);
    await page.waitForURL(`${club}/**`);
  });

  it('loses no request of a session while Kratos, the proxy and the CA of Kratos are replaced', async () => {
    expect(await lostDuring('roll-out of Kratos', () => rollOut('kratos', 'kratos'))).toEqual([]);
    expect(await lostDuring('roll-out of the proxy', () => rollOut('sign-in', 'sign-in'))).toEqual([]);
    const rotate = async () => {
      const ended = await world.checkout.npm('certs', 'rotate', 'kratos');
      expect(ended.exitCode, said(ended)).toBe(0);
    };
    expect(await lostDuring('certs rotate kratos', rotate)).toEqual([]);
  });

  /** Kills the pods, and waits until a new one is ready: a pod of a database has the name of the one before. */
  const kill = async (namespace: string, pods: string): Promise<void> => {
    const of = ['-n', namespace, '-l', pods];
    const path = `{range .items[*]}{.metadata.uid} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}`;
    const ready = async () => {
      const lines = (await world.probe.kubectl(['get', 'pods', ...of, '-o', `jsonpath=${path}`])).split('\n');
      return lines.filter((line) => line.endsWith(' True'));
    };
    const before = await ready();
    const gone = ['delete', 'pod', ...of, '--grace-period=0', '--force'];
    expect(await world.probe.kubectl(gone)).toContain('deleted');
    await until(async () => (await ready()).some((line) => !before.includes(line)), `a new pod of ${pods}`);
    await isAnswered();
  };

  it('loses no request of a session while Kratos and its database are killed', async () => {
    const killed = (pods: string) => lostDuring(`kill of ${pods}`, () => kill('kratos', pods));
    expect(await killed('app.kubernetes.io/name=kratos')).toEqual([]);
    expect(await killed('cnpg.io/cluster=kratos-db')).toEqual([]);
  });

  it('answers the same session again after the proxy, which has one replica here, is killed', async () => {
    const pods = 'app.kubernetes.io/name=sign-in';
    await lostDuring(`kill of ${pods}`, () => kill('sign-in', pods));
  });

  it('has no script error on any page', () => {
    expect(errors.filter((text) => !/^Failed to load resource: .* (401|402|403|503) /.test(text))).toEqual(
      [],
    );
  });

  async function signIn(at: Page): Promise<void> {
    await signInBy(at, ada.address, ada.password);
  }
});
