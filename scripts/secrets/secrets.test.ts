import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { field, textField } from '../../charts/kube/field.ts';
import { encryptedSecretSchema } from '../../model/schema/encrypted-secret.ts';
import { appFile, type Edit, platformCluster, withPlatform } from '../../test/model/fixture.ts';
import { renderAll } from '../render/render.ts';
import { newIdentity, recipientOf } from './age.ts';
import { removeValue, setValue } from './change.ts';
import { editSecret } from './edit.ts';
import { clusterKeyFile, identitiesIn } from './key-files.ts';
import { adopt, dismiss, rotateKey, updateKeys } from './recipients.ts';
import { rowsOf } from './secret-rows.ts';
import { openStore } from './secret-store.ts';
import { decryptSecret } from './sops.ts';

const file = 'apps/orders/secrets/dev/stripe.yaml';
const clusterFile = 'clusters/dev/cluster.yaml';
const uses = "uses: [{ kind: 'secret', name: 'stripe', keys: ['STRIPE_KEY', 'WEBHOOK_KEY'] }],";
const orders = (more: string): Edit[] => [
  ['apps/orders/app.ts', appFile('orders', more)],
  [clusterFile, platformCluster('apps: { orders: }')],
];

let keys: string;
let said: string[];
const say = (line: string) => void said.push(line);

beforeEach(() => {
  keys = mkdtempSync(join(tmpdir(), 'plinth-keys-'));
  said = [];
  vi.stubEnv('PLINTH_KEYS', keys);
  // Whoever runs the tests may have keys of their own.
  vi.stubEnv('SOPS_AGE_KEY', '');
  vi.stubEnv('SOPS_AGE_KEY_FILE', join(keys, 'none'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(keys, { recursive: true, force: true });
});

const at = (root: string, key: string) => ({ root, environment: 'dev', app: 'orders', key });
const value = (text: string) => async () => Buffer.from(text);
const set = (root: string, key: string, text: string) => setValue(at(root, key), value(text), say);
const stored = (root: string) => encryptedSecretSchema.parse(parse(readFileSync(join(root, file), 'utf8')));
const valuesIn = async (root: string) => {
  const { values } = await decryptSecret(stored(root), identitiesIn(clusterKeyFile('test-dev')));
  return Object.fromEntries([...values].map(([key, bytes]) => [key, bytes.toString()]));
};

/** With both keys set. */
async function withSecret<T>(use: (root: string) => Promise<T>, more = uses): Promise<T> {
  return withPlatform(orders(more), async (root) => {
    await set(root, 'STRIPE_KEY', 'one');
    await set(root, 'WEBHOOK_KEY', 'two');
    return use(root);
  });
}

const rendered = async (root: string, path: string): Promise<unknown> => {
  const { files } = await renderAll(root);
  return parse(files.get(`manifests/dev/${path}`) ?? '');
};
const podOf = async (root: string) =>
  field(await rendered(root, 'orders/deployment-orders.yaml'), 'spec', 'template');
const hashOf = async (root: string) =>
  textField(await podOf(root), 'metadata', 'annotations', 'plinth.io/secrets');

describe('secrets set', () => {
  it("creates the cluster's key once, readable only for this user, and tells to keep a copy", async () => {
    await withSecret(async (root) => {
      const key = clusterKeyFile('test-dev');
      expect(statSync(key).mode & 0o777).toBe(0o600);
      expect(key.startsWith(root)).toBe(false);
      expect(said.filter((line) => line.includes(key) && line.includes('Keep a copy'))).toHaveLength(1);
      const [identity = ''] = identitiesIn(key);
      expect(parse(readFileSync(join(root, clusterFile), 'utf8')).secrets).toEqual({
        recipients: { cluster: await recipientOf(identity) },
      });
    });
  });

  it('encrypts the value for the key only, and prints it nowhere', async () => {
    await withSecret(async (root) => {
      expect(await valuesIn(root)).toEqual({ STRIPE_KEY: 'one', WEBHOOK_KEY: 'two' });
      await set(root, 'STRIPE_KEY', 'a-new-value');
      expect(await valuesIn(root)).toEqual({ STRIPE_KEY: 'a-new-value', WEBHOOK_KEY: 'two' });
      expect(said.join('\n')).not.toContain('a-new-value');
    });
  });

  it('changes nothing if the value is the same', async () => {
    await withSecret(async (root) => {
      const before = readFileSync(join(root, file), 'utf8');
      await set(root, 'STRIPE_KEY', 'one');
      expect(readFileSync(join(root, file), 'utf8')).toBe(before);
    });
  });

  it('gives nodes the logins of registries, and refuses a value that is no such thing', async () => {
    const pull = "uses: [{ kind: 'secret', name: 'hub', keys: ['.dockerconfigjson'], as: 'pull' }],";
    const config = JSON.stringify({ auths: { 'ghcr.io': { auth: 'bWU6cGxpbnRo' } } });
    await withPlatform(orders(pull), async (root) => {
      for (const wrong of ['bWU6cGxpbnRo', '{"auths":{"ghcr.io":{}},"credsStore":"desktop"}', '{"auths":{}}'])
        await expect(set(root, '.dockerconfigjson', wrong)).rejects.toMatchObject({
          message: expect.stringMatching(/^the value of \.dockerconfigjson is no config\.json/),
        });
      await set(root, '.dockerconfigjson', config);
      const secret = await rendered(root, 'orders/secret-hub-secret.yaml');
      expect(field(secret, 'type')).toBe('kubernetes.io/dockerconfigjson');
      expect(JSON.stringify(secret)).not.toContain('bWU6cGxpbnRo');
      const pod = field(await podOf(root), 'spec');
      expect(field(pod, 'imagePullSecrets')).toEqual([{ name: 'hub-secret' }]);
      expect(JSON.stringify(field(pod, 'containers'))).not.toContain('hub-secret');
      expect(await hashOf(root)).toBeUndefined();
    });
  });

  it('loses no value where two are set at once, or one while the prompt of the other is open', async () => {
    await withPlatform(orders(uses), async (root) => {
      await Promise.all([set(root, 'STRIPE_KEY', 'one'), set(root, 'WEBHOOK_KEY', 'two')]);
      expect(await valuesIn(root)).toEqual({ STRIPE_KEY: 'one', WEBHOOK_KEY: 'two' });
      const slow = async () => {
        await set(root, 'WEBHOOK_KEY', 'four');
        return Buffer.from('three');
      };
      await setValue(at(root, 'STRIPE_KEY'), slow, say);
      expect(await valuesIn(root)).toEqual({ STRIPE_KEY: 'three', WEBHOOK_KEY: 'four' });
    });
  });

  it('refuses a key that the app does not use, with the entry to add', async () => {
    await withPlatform(orders(''), async (root) => {
      await expect(set(root, 'STRIPE_KEY', 'x')).rejects.toMatchObject({
        message: 'apps/orders/app.ts does not use a secret with the key STRIPE_KEY.',
        next: "Add to its uses: { kind: 'secret', name: 'orders', keys: ['STRIPE_KEY'] }, then type the same command again",
      });
    });
  });

  it('refuses an unknown app, and suggests a similar one', async () => {
    await withPlatform(orders(uses), async (root) => {
      await expect(
        setValue({ ...at(root, 'STRIPE_KEY'), app: 'order' }, value('x'), say),
      ).rejects.toMatchObject({
        message: 'there is no apps/order/app.ts.',
        next: expect.stringContaining('orders'),
      });
    });
  });

  it('refuses an empty value, and a zero byte in a variable', async () => {
    await withPlatform(orders(uses), async (root) => {
      await expect(set(root, 'STRIPE_KEY', '')).rejects.toThrow('STRIPE_KEY would be empty.');
      await expect(set(root, 'STRIPE_KEY', 'a\u0000b')).rejects.toThrow('has a zero byte');
      expect(existsSync(join(root, file))).toBe(false);
    });
  });

  it('asks for no value if nobody here can read the secret, and lists the recipients', async () => {
    await withSecret(async (root) => {
      rmSync(clusterKeyFile('test-dev'));
      const read = vi.fn(value('three'));
      await expect(setValue(at(root, 'STRIPE_KEY'), read, say)).rejects.toMatchObject({
        message: expect.stringContaining(`no private key on this machine can read ${file}`),
        next: expect.stringContaining('Ask a recipient (cluster)'),
      });
      expect(read).not.toHaveBeenCalled();
    });
  });
});

describe('the render', () => {
  it('contains the encrypted Secret, and makes Flux decrypt it', async () => {
    await withSecret(async (root) => {
      const { data, sops } = stored(root);
      expect(await rendered(root, 'orders/secret-stripe-secret.yaml')).toMatchObject({
        metadata: { name: 'stripe-secret', namespace: 'orders' },
        data,
        sops,
      });
      const sync = await rendered(root, 'flux-sync/kustomization-orders.yaml');
      expect(field(sync, 'spec', 'decryption')).toEqual({
        provider: 'sops',
        secretRef: { name: 'sops-age' },
      });
      const other = await rendered(root, 'flux-sync/kustomization-traefik.yaml');
      expect(field(other, 'spec', 'decryption')).toBeUndefined();
    });
  });

  it('gives the process its values as variables', async () => {
    await withSecret(async (root) => {
      expect(JSON.stringify(await podOf(root))).toContain(
        JSON.stringify({
          name: 'STRIPE_KEY',
          valueFrom: { secretKeyRef: { name: 'stripe-secret', key: 'STRIPE_KEY' } },
        }),
      );
    });
  });

  it('gives the process its values as read-only files', async () => {
    const files = uses.replace(' }]', ", as: 'files' }]");
    await withSecret(async (root) => {
      const pod = JSON.stringify(await podOf(root));
      expect(field(await podOf(root), 'spec', 'containers', '0', 'volumeMounts')).toContainEqual({
        name: 'stripe-secret',
        mountPath: '/secrets/stripe',
        readOnly: true,
      });
      expect(field(await podOf(root), 'spec', 'volumes')).toContainEqual({
        name: 'stripe-secret',
        secret: {
          secretName: 'stripe-secret',
          defaultMode: 0o440,
          items: [
            { key: 'STRIPE_KEY', path: 'STRIPE_KEY' },
            { key: 'WEBHOOK_KEY', path: 'WEBHOOK_KEY' },
          ],
        },
      });
      expect(pod).not.toContain('secretKeyRef');
    }, files);
  });

  it('replaces pods when a value changes, but not when the recipients change', async () => {
    await withSecret(async (root) => {
      const first = await hashOf(root);
      expect(first).toMatch(/^[0-9a-f]{16}$/);
      const alice = await recipientOf(await newIdentity());
      await adopt({ root, environment: 'dev', name: 'alice', recipient: alice }, say);
      expect(await hashOf(root)).toBe(first);
      await set(root, 'STRIPE_KEY', 'three');
      expect(await hashOf(root)).not.toBe(first);
    });
  });

  it('is the same without any private key', async () => {
    await withSecret(async (root) => {
      const { files } = await renderAll(root);
      rmSync(keys, { recursive: true });
      expect((await renderAll(root)).files).toEqual(files);
    });
  });

  it('keeps the tag of an image when a secret changes', async () => {
    const built: Edit[] = [
      ['apps/orders/app.ts', appFile('orders', `image: { build: '.' },\n  ${uses}`)],
      ['apps/orders/Dockerfile', 'FROM scratch\n'],
      [clusterFile, platformCluster('apps: { orders: }')],
    ];
    await withPlatform(built, async (root) => {
      await set(root, 'STRIPE_KEY', 'one');
      await set(root, 'WEBHOOK_KEY', 'two');
      const image = async () => field(await podOf(root), 'spec', 'containers', '0', 'image');
      const before = await image();
      await set(root, 'STRIPE_KEY', 'three');
      expect(before).toMatch(/^registry\.dev\.localhost\/orders:/);
      expect(await image()).toBe(before);
    });
  });
});

describe('recipients', () => {
  it('an adopted person reads every secret, a dismissed one none', async () => {
    await withSecret(async (root) => {
      const alice = await newIdentity();
      const recipient = await recipientOf(alice);
      await adopt({ root, environment: 'dev', name: 'alice', recipient }, say);
      expect((await decryptSecret(stored(root), [alice])).values.size).toBe(2);
      await renderAll(root);
      await dismiss({ root, environment: 'dev', name: 'alice' }, say);
      await expect(decryptSecret(stored(root), [alice])).rejects.toThrow();
      expect(said.at(-1)).toBe(
        'alice could read stripe of orders: change STRIPE_KEY, WEBHOOK_KEY at the provider.',
      );
      await renderAll(root);
    });
  });

  it('refuses a private key instead of a public one, and a second key for one name', async () => {
    await withSecret(async (root) => {
      const [one, two] = [await newIdentity(), await newIdentity()];
      const by = (name: string, recipient: string) =>
        adopt({ root, environment: 'dev', name, recipient }, say);
      await expect(by('alice', one)).rejects.toThrow('this is a private key');
      await expect(by('cluster', await recipientOf(one))).rejects.toThrow("the cluster's own key");
      await by('alice', await recipientOf(one));
      await expect(by('alice', await recipientOf(two))).rejects.toThrow("'alice' has another key");
    });
  });

  it('a rotated key reads everything, and the old one is kept', async () => {
    await withSecret(async (root) => {
      const [old = ''] = identitiesIn(clusterKeyFile('test-dev'));
      await rotateKey({ root, environment: 'dev' }, say);
      const [fresh = '', kept] = identitiesIn(clusterKeyFile('test-dev'));
      expect([fresh === old, kept]).toEqual([false, old]);
      await expect(decryptSecret(stored(root), [old])).rejects.toThrow();
      expect((await decryptSecret(stored(root), [fresh])).values.get('STRIPE_KEY')?.toString()).toBe('one');
      await renderAll(root);
    });
  });

  it('update-keys applies manual changes of cluster.yaml', async () => {
    await withSecret(async (root) => {
      const bob = await recipientOf(await newIdentity());
      const text = readFileSync(join(root, clusterFile), 'utf8');
      writeFileSync(
        join(root, clusterFile),
        text.replace('  recipients:\n', `  recipients:\n    bob: ${bob}\n`),
      );
      await expect(renderAll(root)).rejects.toThrow('bob cannot read it');
      await updateKeys({ root, environment: 'dev' }, say);
      await renderAll(root);
    });
  });
});

describe('secrets of an environment with an external store', () => {
  const at = (app: string, key: string) => ({ root: '', environment: 'dev', app, key });
  const inStore = (external: string): Edit[] => [
    ['apps/orders/app.ts', appFile('orders', uses)],
    [clusterFile, platformCluster(`secrets: { external: ${external} }\napps: { orders: }`)],
  ];
  const openBao =
    '{ kind: openbao, server: "https://bao.example.org", networks: [192.0.2.8/32], role: apps, prefix: team }';

  it('are set, edited and listed with the program of OpenBao, whose command is printed', async () => {
    await withPlatform(inStore(openBao), async (root) => {
      const read = vi.fn(value('one'));
      await expect(setValue({ ...at('orders', 'STRIPE_KEY'), root }, read, say)).rejects.toMatchObject({
        message: 'the secrets of dev are in OpenBao, not in Git.',
        next: 'Type: bao kv patch -address=https://bao.example.org -mount=secret team/dev/orders/stripe STRIPE_KEY=- (or put for the first value)',
      });
      expect(read).not.toHaveBeenCalled();
      await expect(
        editSecret({ root, environment: 'dev', app: 'orders', secret: 'stripe' }, vi.fn(), say),
      ).rejects.toThrow('in OpenBao, not in Git');
      await expect(removeValue({ ...at('orders', 'OLD'), root }, say)).rejects.toMatchObject({
        next: 'Type: bao kv list -address=https://bao.example.org -mount=secret team/dev',
      });
      await expect(updateKeys({ root, environment: 'dev' }, say)).rejects.toThrow('have no recipients');
      expect(existsSync(clusterKeyFile('test-dev'))).toBe(false);
    });
  });

  it('are set and listed with the program of Amazon', async () => {
    await withPlatform(inStore('{ kind: aws, region: eu-central-1 }'), async (root) => {
      await expect(
        setValue({ ...at('orders', 'STRIPE_KEY'), root }, value('one'), say),
      ).rejects.toMatchObject({
        next: 'Type: aws secretsmanager put-secret-value --region eu-central-1 --secret-id dev/orders/stripe --secret-string file://values.json (a JSON object with STRIPE_KEY and all other keys; create-secret --name for the first value)',
      });
      await expect(openStore(root, 'dev', { for: 'list' })).rejects.toMatchObject({
        next: 'Type: aws secretsmanager list-secrets --region eu-central-1 --filters Key=name,Values=dev/',
      });
    });
  });
});

describe('secrets list, remove and edit', () => {
  it('lists names and states without values', async () => {
    await withPlatform(orders(uses), async (root) => {
      await set(root, 'STRIPE_KEY', 'one');
      const rows = rowsOf(await openStore(root, 'dev'));
      expect(rows.map(({ key, state }) => [key, state])).toEqual([
        ['STRIPE_KEY', 'set'],
        ['WEBHOOK_KEY', 'missing'],
      ]);
    });
  });

  it('removes a value, and the file with the last one', async () => {
    await withSecret(async (root) => {
      await removeValue(at(root, 'WEBHOOK_KEY'), say);
      expect(await valuesIn(root)).toEqual({ STRIPE_KEY: 'one' });
      await removeValue(at(root, 'STRIPE_KEY'), say);
      expect(existsSync(join(root, file))).toBe(false);
      await expect(removeValue(at(root, 'STRIPE_KEY'), say)).rejects.toThrow(
        'has no secret with the key STRIPE_KEY',
      );
    });
  });

  it('edits values in a private file that is deleted afterwards', async () => {
    await withSecret(async (root) => {
      let seen = '';
      const editor = async (path: string) => {
        seen = path;
        expect(statSync(path).mode & 0o777).toBe(0o600);
        writeFileSync(path, readFileSync(path, 'utf8').replace('one', 'edited'));
      };
      await editSecret({ root, environment: 'dev', app: 'orders', secret: 'stripe' }, editor, say);
      expect(await valuesIn(root)).toEqual({ STRIPE_KEY: 'edited', WEBHOOK_KEY: 'two' });
      expect(existsSync(seen)).toBe(false);
      expect(said.at(-1)).toBe('STRIPE_KEY of stripe: written for dev.');
    });
  });

  it.each([
    ['a key that nothing uses', 'OTHER: x', 'does not list OTHER'],
    ['a key that is gone', 'STRIPE_KEY: one', 'WEBHOOK_KEY is missing'],
    ['no YAML', 'STRIPE_KEY: [', 'is not valid YAML'],
    ['a number', 'STRIPE_KEY: 1', 'not texts: STRIPE_KEY'],
  ])('writes nothing after an edit that left %s', async (_, text, message) => {
    await withSecret(async (root) => {
      const before = readFileSync(join(root, file), 'utf8');
      const editor = async (path: string) => writeFileSync(path, text);
      await expect(
        editSecret({ root, environment: 'dev', app: 'orders', secret: 'stripe' }, editor, say),
      ).rejects.toThrow(message);
      expect(readFileSync(join(root, file), 'utf8')).toBe(before);
    });
  });
});
