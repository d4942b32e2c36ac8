import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { newIdentity, recipientOf } from '../secrets/age.ts';
import { clusterKeyFile, identitiesIn, writeClusterKeys } from '../secrets/key-files.ts';
import { encryptSecret } from '../secrets/sops.ts';
import { ensureDecryptionKey, type Kubectl } from './decryption-key.ts';

const cluster = 'plinth-test';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-keys-'));
  vi.stubEnv('PLINTH_KEYS', join(folder, 'keys'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** A cluster that holds one Secret, and adds to it as server-side apply does. */
class Cluster {
  entries: Record<string, string> = {};
  /** All arguments that a program got. */
  readonly args: string[] = [];
  applied = 0;

  readonly kubectl: Kubectl = async (args, input) => {
    this.args.push(...args);
    if (args[0] === 'get') {
      if (Object.keys(this.entries).length === 0) return '';
      const data = Object.entries(this.entries).map(([key, text]) => [
        key,
        Buffer.from(text).toString('base64'),
      ]);
      return JSON.stringify({ data: Object.fromEntries(data) });
    }
    this.applied++;
    const { metadata, stringData } = z
      .object({
        metadata: z.object({ name: z.string(), namespace: z.string() }),
        stringData: z.record(z.string(), z.string()),
      })
      .parse(JSON.parse(input ?? ''));
    expect(metadata).toEqual({ name: 'sops-age', namespace: 'flux-system' });
    this.entries = { ...this.entries, ...stringData };
    return '';
  };
}

/** An environment whose app has a secret for `recipient`. */
async function withSecret(recipient: string) {
  const metadata = { name: 'stripe-secret', namespace: 'orders' };
  const secret = await encryptSecret(metadata, new Map([['KEY', Buffer.from('x')]]), [recipient]);
  const app = { ...testApp({ name: 'orders' }), secrets: [secret] };
  return environment({ apps: [app], cluster: { secrets: { recipients: { cluster: recipient } } } });
}

it('creates a first key with a private copy, and never passes it as an argument', async () => {
  const world = new Cluster();
  expect(await ensureDecryptionKey(environment(), world.kubectl)).toEqual({ made: true, changed: true });
  const [identity = ''] = identitiesIn(clusterKeyFile(cluster));
  expect(world.entries).toEqual({ [`${await recipientOf(identity)}.agekey`]: `${identity}\n` });
  expect(statSync(clusterKeyFile(cluster)).mode & 0o777).toBe(0o600);
  expect(world.args.join(' ')).not.toContain('AGE-SECRET');
});

it('changes nothing the second time', async () => {
  const world = new Cluster();
  await ensureDecryptionKey(environment(), world.kubectl);
  const before = readFileSync(clusterKeyFile(cluster), 'utf8');
  expect(await ensureDecryptionKey(environment(), world.kubectl)).toEqual({ made: false, changed: false });
  expect(world.applied).toBe(1);
  expect(readFileSync(clusterKeyFile(cluster), 'utf8')).toBe(before);
});

it('restores the kept key in a new cluster', async () => {
  const world = new Cluster();
  await ensureDecryptionKey(environment(), world.kubectl);
  const { entries } = world;
  world.entries = {};
  expect(await ensureDecryptionKey(environment(), world.kubectl)).toEqual({ made: false, changed: true });
  expect(world.entries).toEqual(entries);
});

it('restores a lost copy from the cluster, whatever the name of its entry', async () => {
  const world = new Cluster();
  const identity = await newIdentity();
  world.entries = { 'age.agekey': `# by hand\n${identity}\n` };
  expect(await ensureDecryptionKey(environment(), world.kubectl)).toEqual({ made: false, changed: false });
  expect(identitiesIn(clusterKeyFile(cluster))).toEqual([identity]);
});

it('adds a rotated key to the cluster and keeps the old one', async () => {
  const world = new Cluster();
  await ensureDecryptionKey(environment(), world.kubectl);
  const [old = ''] = identitiesIn(clusterKeyFile(cluster));
  const fresh = await newIdentity();
  await writeClusterKeys(cluster, [fresh, old]);
  await ensureDecryptionKey(environment(), world.kubectl);
  expect(Object.values(world.entries).sort()).toEqual([`${old}\n`, `${fresh}\n`].sort());
});

it('refuses a cluster that cannot read its secrets, with the key to adopt', async () => {
  const world = new Cluster();
  const env = await withSecret(await recipientOf(await newIdentity()));
  const failed = ensureDecryptionKey(env, world.kubectl);
  await expect(failed).rejects.toThrow('the secrets of test are encrypted for cluster');
  expect(world.applied).toBe(0);
  const [identity = ''] = identitiesIn(clusterKeyFile(cluster));
  await expect(failed).rejects.toMatchObject({ next: expect.stringContaining(await recipientOf(identity)) });
});

it('accepts a cluster whose key can read its secrets', async () => {
  const world = new Cluster();
  const identity = await newIdentity();
  await writeClusterKeys(cluster, [identity]);
  await ensureDecryptionKey(await withSecret(await recipientOf(identity)), world.kubectl);
  expect(Object.values(world.entries)).toEqual([`${identity}\n`]);
});

it('never overwrites an unreadable key file', async () => {
  await writeClusterKeys(cluster, []);
  await expect(ensureDecryptionKey(environment(), new Cluster().kubectl)).rejects.toThrow(
    'has no private age key',
  );
  expect(existsSync(clusterKeyFile(cluster))).toBe(true);
});

it('refuses a key file that others can read', async () => {
  await writeClusterKeys(cluster, [await newIdentity()]);
  chmodSync(clusterKeyFile(cluster), 0o644);
  await expect(ensureDecryptionKey(environment(), new Cluster().kubectl)).rejects.toThrow(
    'can be read by others',
  );
});
