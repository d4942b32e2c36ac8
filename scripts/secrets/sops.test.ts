import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toYaml } from '../../charts/kube/yaml.ts';
import {
  type EncryptedSecret,
  encryptedRegex,
  encryptedSecretSchema,
  secretKey,
} from '../../model/schema/encrypted-secret.ts';
import { type AgeKey, newIdentity, type Recipient, recipientOf } from './age.ts';
import { decryptSecret, encryptSecret, isFor, NoIdentity, withRecipients, withValues } from './sops.ts';
import { SopsProgram } from './sops-program/sops-program.ts';

const metadata = { name: 'stripe-secret', namespace: 'orders' };
const values = new Map([
  ['KEY', Buffer.from('one')],
  ['OTHER', Buffer.from([0, 255, 10])],
]);

let identity: AgeKey;
let recipient: Recipient;
let stranger: AgeKey;
let strangersRecipient: Recipient;

beforeAll(async () => {
  identity = await newIdentity();
  recipient = await recipientOf(identity);
  stranger = await newIdentity();
  strangersRecipient = await recipientOf(stranger);
});

describe('an encrypted Secret', () => {
  it('returns any encrypted bytes, under the same keys', async () => {
    const secret = fc.dictionary(
      fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/).filter((key) => secretKey.safeParse(key).success),
      fc.uint8Array({ minLength: 1 }),
      {
        minKeys: 1,
        maxKeys: 5,
        noNullPrototype: true,
      },
    );
    await fc.assert(
      fc.asyncProperty(secret, async (given) => {
        const wanted = new Map(Object.entries(given).map(([key, bytes]) => [key, Buffer.from(bytes)]));
        const encrypted = await encryptSecret(metadata, wanted, [recipient]);
        const { values: found } = await decryptSecret(encrypted, [identity]);
        expect(new Map([...found].sort())).toEqual(new Map([...wanted].sort()));
      }),
      { numRuns: 30 },
    );
  });

  it('matches the schema of descriptions, and contains no readable value', async () => {
    const encrypted = await encryptSecret(metadata, values, [recipient]);
    expect(encryptedSecretSchema.parse(parse(toYaml(encrypted)))).toEqual(encrypted);
    expect(toYaml(encrypted)).not.toContain(Buffer.from('one').toString('base64'));
  });

  it('can be decrypted only by its recipients', async () => {
    const encrypted = await encryptSecret(metadata, values, [recipient]);
    await expect(decryptSecret(encrypted, [stranger])).rejects.toThrow(NoIdentity);
    await expect(decryptSecret(encrypted, [])).rejects.toThrow(NoIdentity);
  });

  it.each([
    ['a value under the key of another', ({ KEY = '', OTHER = '' }) => ({ KEY: OTHER, OTHER: KEY })],
    ['a key that is gone', ({ KEY = '' }) => ({ KEY })],
    ['keys in another order', ({ KEY = '', OTHER = '' }) => ({ OTHER, KEY })],
    [
      'a value with one other letter',
      ({ KEY = '', OTHER = '' }) => ({
        KEY: KEY.replace(/data:./, (at) => (at.endsWith('/') ? 'data:A' : 'data:/')),
        OTHER,
      }),
    ],
  ] as [string, (data: Record<string, string>) => Record<string, string>][])(
    'is refused with %s',
    async (_, change) => {
      const encrypted = await encryptSecret(metadata, new Map([...values, ['KEY', Buffer.from('\u0000')]]), [
        recipient,
      ]);
      await expect(
        decryptSecret({ ...encrypted, data: change(encrypted.data) }, [identity]),
      ).rejects.toThrow();
    },
  );

  it('keeps the encrypted text of every unchanged value', async () => {
    const before = await encryptSecret(metadata, values, [recipient]);
    const opened = await decryptSecret(before, [identity]);
    const after = withValues(before, opened, new Map([...values, ['KEY', Buffer.from('two')]]));
    expect(after.data.OTHER).toBe(before.data.OTHER);
    expect(after.data.KEY).not.toBe(before.data.KEY);
    expect((await decryptSecret(after, [identity])).values.get('KEY')?.toString()).toBe('two');
  });

  it('keeps every encrypted text when a recipient is added', async () => {
    const before = await encryptSecret(metadata, values, [recipient]);
    const opened = await decryptSecret(before, [identity]);
    const after = await withRecipients(before, opened, [recipient, strangersRecipient]);
    expect(after.data).toEqual(before.data);
    expect((await decryptSecret(after, [stranger])).values).toEqual(opened.values);
  });

  it('gets another data key when a recipient is removed, so that a kept key reads nothing', async () => {
    const before = await encryptSecret(metadata, values, [recipient, strangersRecipient]);
    const kept = await decryptSecret(before, [stranger]);
    const after = await withRecipients(before, kept, [recipient]);
    expect(isFor(after, [recipient])).toBe(true);
    expect((await decryptSecret(after, [identity])).dataKey).not.toEqual(kept.dataKey);
    await expect(decryptSecret(after, [stranger])).rejects.toThrow(NoIdentity);
  });
});

describe('beside the program of SOPS', () => {
  let program: SopsProgram;
  let folder: string;
  const plain = { apiVersion: 'v1', kind: 'Secret', metadata };
  const base64 = {
    KEY: values.get('KEY')?.toString('base64'),
    OTHER: values.get('OTHER')?.toString('base64'),
  };

  beforeAll(async () => {
    program = await SopsProgram.fetch(identity);
    folder = mkdtempSync(join(tmpdir(), 'plinth-sops-'));
    const rule = { encrypted_regex: encryptedRegex, mac_only_encrypted: true, age: recipient };
    writeFileSync(join(folder, '.sops.yaml'), toYaml({ creation_rules: [rule] }));
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const decrypted = async (secret: object): Promise<unknown> => {
    writeFileSync(join(folder, 'ours.yaml'), toYaml(secret));
    return parse(await program.run(['decrypt', 'ours.yaml'], { cwd: folder }));
  };

  const encryptedByIt = async (): Promise<EncryptedSecret> => {
    writeFileSync(join(folder, 'theirs.yaml'), toYaml({ ...plain, data: base64 }));
    await program.run(['encrypt', '--in-place', 'theirs.yaml'], { cwd: folder });
    return encryptedSecretSchema.parse(parse(readFileSync(join(folder, 'theirs.yaml'), 'utf8')));
  };

  it('is decrypted by the program', async () => {
    expect(await decrypted(await encryptSecret(metadata, values, [recipient]))).toEqual({
      ...plain,
      data: base64,
    });
  });

  it('is decrypted by the program with the labels of the render, including the MAC', async () => {
    const secret = await encryptSecret(metadata, values, [recipient]);
    const labels = { 'app.kubernetes.io/name': 'orders' };
    expect(await decrypted({ ...secret, metadata: { ...metadata, labels } })).toMatchObject({ data: base64 });
  });

  it('is decrypted by the program after a changed value, and for a later recipient', async () => {
    const first = await encryptSecret(metadata, values, [strangersRecipient]);
    const opened = await decryptSecret(first, [stranger]);
    const adopted = await withRecipients(first, opened, [strangersRecipient, recipient]);
    const changed = withValues(adopted, opened, new Map([...values, ['NEW', Buffer.from('three')]]));
    const data = { ...base64, NEW: Buffer.from('three').toString('base64') };
    expect(await decrypted(changed)).toEqual({ ...plain, data });
  });

  it('is refused by the program if a key was removed by hand', async () => {
    const secret = await encryptSecret(metadata, values, [recipient]);
    const { KEY: _, ...data } = secret.data;
    await expect(decrypted({ ...secret, data })).rejects.toThrow(/MAC mismatch/);
  });

  it("decrypts the program's output", async () => {
    expect((await decryptSecret(await encryptedByIt(), [identity])).values).toEqual(values);
  });

  it("decrypts the program's edits, and the other way round", async () => {
    await encryptedByIt();
    const value = JSON.stringify(Buffer.from('four').toString('base64'));
    await program.run(['set', 'theirs.yaml', '["data"]["KEY"]', value], { cwd: folder });
    const theirs = encryptedSecretSchema.parse(parse(readFileSync(join(folder, 'theirs.yaml'), 'utf8')));
    const opened = await decryptSecret(theirs, [identity]);
    expect(opened.values.get('KEY')?.toString()).toBe('four');
    const ours = withValues(theirs, opened, new Map([...opened.values, ['KEY', Buffer.from('five')]]));
    const data = { ...base64, KEY: Buffer.from('five').toString('base64') };
    expect(await decrypted(ours)).toEqual({ ...plain, data });
  });
});
