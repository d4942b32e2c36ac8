import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hash } from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { copyImage, digestOf, ImageStore } from '../../images/oci/index.ts';
import { TestAuthority } from '../services/authority.ts';
import { DoorWorld } from './door-world.ts';
import { publish } from './image-fixture.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 600_000 });

let world: DoorWorld;
beforeAll(async () => {
  world = await DoorWorld.start();
});
afterAll(async () => {
  await world?.stop();
  vi.resetConfig();
});

const ann = 'ann:secret';
const accept = { accept: 'application/vnd.oci.image.manifest.v1+json' };

/** Pushes an image of random layers as a port-forward of the API server does; returns its digest and its layers. */
async function pushed(name: string, tag: string): Promise<{ digest: string; layers: string[] }> {
  const store = new ImageStore(join(world.folder, 'store'));
  const image = await publish(store, `host/${name}`, tag, {
    platforms: ['linux/amd64'],
    index: false,
    layers: [50_000],
  });
  await copyImage(
    { store, path: `host/${name}`, tag },
    { url: `http://127.0.0.1:${world.ports.loopback}`, path: name, tag },
  );
  return { digest: image.digest, layers: image.layers['linux/amd64'] ?? [] };
}

const manifestStatus = async (name: string, reference: string): Promise<number> =>
  (await world.call(`/v2/${name}/manifests/${reference}`, { login: ann, headers: accept })).status;

/** A layer sent by a login over HTTPS; its answer. */
async function pushLayer(text: string) {
  const started = await world.call('/v2/layers/blobs/uploads/', { method: 'POST', login: ann });
  if (started.status !== 202) return started;
  const digest = digestOf(Buffer.from(text));
  const place = `${started.headers.location}&digest=${digest}`;
  return world.call(place, { method: 'PUT', login: ann, body: text });
}

describe('the proxy of the registry', () => {
  it("lets a node read with its kubelet's certificate, but not push", async () => {
    const { digest, layers } = await pushed('shop', 'one');
    const pair = await world.node();
    const manifest = await world.call(`/v2/shop/manifests/${digest}`, { pair, headers: accept });
    expect(manifest.status).toBe(200);
    expect((await world.call(`/v2/shop/blobs/${layers[0]}`, { pair })).status).toBe(200);
    const push = await world.call('/v2/shop/blobs/uploads/', { method: 'POST', pair });
    expect(push.status).toBe(403);
    expect(JSON.parse(push.body.toString())).toMatchObject({ errors: [{ code: 'DENIED' }] });
  });

  it('answers 401 without a login, with a wrong one, and with a cluster certificate of no node', async () => {
    const person = await world.cluster.issue({ commonName: 'kubernetes-admin' });
    for (const call of [{}, { login: 'ann:guess' }, { login: 'bob:secret' }, { pair: person }]) {
      const answer = await world.call('/v2/', call);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Basic realm="registry"');
    }
  });

  it('refuses a client whose certificate another CA signed', async () => {
    const other = await TestAuthority.make('other');
    const pair = await other.issue({ commonName: 'system:node:worker-1, O=system:nodes' });
    await expect(world.call('/v2/', { pair })).rejects.toThrow();
  });

  it('lets a login read and push, with relative upload addresses', async () => {
    expect((await world.call('/v2/', { login: ann })).status).toBe(200);
    const started = await world.call('/v2/layers/blobs/uploads/', { method: 'POST', login: ann });
    expect(started.headers.location).toMatch(/^\/v2\/layers\/blobs\/uploads\//);
    expect((await pushLayer('a layer')).status).toBe(201);
  });

  it('accepts a new login and refuses a removed one within seconds, without a restart', async () => {
    const file = join(world.folder, 'htpasswd');
    const before = `ann:${await hash('secret', 4)}\n`;
    writeFileSync(file, `${before}ci:${await hash('token', 4)}\n`);
    const status = async () => (await world.call('/v2/', { login: 'ci:token' })).status;
    await expect.poll(status, { timeout: 20_000 }).toBe(200);
    writeFileSync(file, before);
    await expect.poll(status, { timeout: 20_000 }).toBe(401);
  });

  it('refuses every deletion, with a login and through a port-forward', async () => {
    const { digest } = await pushed('shop', 'two');
    const deleted = await world.call(`/v2/shop/manifests/${digest}`, { method: 'DELETE', login: ann });
    expect(deleted.status).toBe(405);
    const loopback = `http://127.0.0.1:${world.ports.loopback}/v2/shop/manifests/${digest}`;
    expect((await fetch(loopback, { method: 'DELETE' })).status).toBe(405);
    expect(await manifestStatus('shop', digest)).toBe(200);
  });

  it('requires a login at the port of the gateway too', async () => {
    const url = `http://127.0.0.1:${world.ports.gateway}/v2/`;
    expect((await fetch(url)).status).toBe(401);
    const authorization = `Basic ${Buffer.from(ann).toString('base64')}`;
    expect((await fetch(url, { headers: { authorization } })).status).toBe(200);
  });
});

describe('a renewal and a rotation of the CA', () => {
  it('lose no pull if nodes trust the new root before it signs', async () => {
    const { digest, layers } = await pushed('shop', 'three');
    const pair = await world.node();
    const next = await TestAuthority.make('registry-2');
    let roots = world.authority.roots;
    const failed: string[] = [];
    let count = 0;
    let running = true;
    const pulls = Promise.all(
      Array.from({ length: 3 }, async () => {
        while (running) {
          for (const path of [`/v2/shop/manifests/${digest}`, `/v2/shop/blobs/${layers[0]}`]) {
            const status = await world.call(path, { pair, headers: accept, roots }).then(
              (answer) => answer.status,
              (error: unknown) => String(error),
            );
            if (status === 200) count++;
            else failed.push(`${path}: ${status}`);
          }
        }
      }),
    );
    await sleep(1_000);
    await world.show(world.authority);
    await sleep(7_000);
    roots = world.authority.roots + next.roots;
    await world.show(next);
    await sleep(7_000);
    roots = next.roots;
    await sleep(2_000);
    running = false;
    await pulls;
    expect(failed).toEqual([]);
    expect(count).toBeGreaterThan(20);
    await world.show(world.authority);
    await expect
      .poll(() => world.call('/v2/', { pair }).then(({ status }) => status, String), { timeout: 20_000 })
      .toBe(200);
  });
});

describe('the clean-up of the registry', () => {
  it('keeps images that manifests name by digest or tag, and deletes the others with their blobs', async () => {
    const [named, tagged, old] = [
      await pushed('kept', 'a'),
      await pushed('kept', 'b'),
      await pushed('kept', 'c'),
    ];
    writeFileSync(join(world.folder, 'keep'), `kept@${named.digest}\nkept:b\n`);
    expect(await world.close()).toMatchObject({ code: 0 });
    expect(await world.collect()).toMatchObject({ code: 0 });
    expect(await world.open()).toMatchObject({ code: 0 });
    const statuses = await Promise.all(
      [named, tagged, old].map(({ digest }) => manifestStatus('kept', digest)),
    );
    expect(statuses).toEqual([200, 200, 404]);
    const blob = async (layer: string | undefined) =>
      (await world.call(`/v2/kept/blobs/${layer}`, { method: 'HEAD', login: ann })).status;
    expect([await blob(named.layers[0]), await blob(old.layers[0])]).toEqual([200, 404]);
    // Removed images can be pushed again, with their layers.
    const again = new ImageStore(join(world.folder, 'store'));
    await copyImage(
      { store: again, path: 'host/kept', tag: 'c' },
      { url: `http://127.0.0.1:${world.ports.loopback}`, path: 'kept', tag: 'c' },
    );
    expect([await manifestStatus('kept', old.digest), await blob(old.layers[0])]).toEqual([200, 200]);
  });

  it('keeps recently pushed images without a reference', async () => {
    const { digest } = await pushed('young', 'a');
    writeFileSync(join(world.folder, 'keep'), '');
    await world.close({ age: '1h' });
    await world.collect();
    await world.open();
    expect(await manifestStatus('young', digest)).toBe(200);
  });

  it('refuses pushes with Retry-After while it runs, and serves pulls', async () => {
    const { digest } = await pushed('during', 'a');
    await world.close({ age: '1h' });
    const refused = await pushLayer('during the clean-up');
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '60']);
    expect(await manifestStatus('during', digest)).toBe(200);
    await world.open();
    expect((await pushLayer('after the clean-up')).status).toBe(201);
  });

  it('does nothing during a push, and reports that', async () => {
    await pushLayer('just now');
    const { code, said } = await world.close({ quiet: '1m', patience: '1s' });
    expect(code).toBe(1);
    expect(said).toContain('nothing was cleaned up, the next run tries again');
    expect((await pushLayer('still open')).status).toBe(201);
  });

  it('that was killed blocks pushes only for a limited time', async () => {
    writeFileSync(join(world.data, '.closed'), new Date(Date.now() + 1_500).toISOString());
    expect((await pushLayer('too early')).status).toBe(503);
    await expect.poll(async () => (await pushLayer('in time')).status, { timeout: 20_000 }).toBe(201);
  });
});
