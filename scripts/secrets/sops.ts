import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { compareText } from '../../model/diagnostics/diagnostic.ts';
import { type EncryptedSecret, encryptedRegex } from '../../model/schema/encrypted-secret.ts';
import { type AgeKey, decryptBy, encryptFor, type Recipient, recipientOf } from './age.ts';

/*
 * The format of SOPS for a Kubernetes Secret and age recipients. Sources: getsops/sops, aes/cipher.go
 * (Encrypt, Decrypt) and sops.go (Tree.Encrypt, Tree.Decrypt, MACOnlyEncryptedInitialization). sops.test.ts
 * compares it with the program.
 */

/** Version of SOPS with this format. */
const version = '3.11.0';

/** Bytes of a document's data key, and of each nonce. */
const [keySize, nonceSize] = [32, 32];

/** Decrypted values by key. */
export type Values = ReadonlyMap<string, Buffer>;

/** A decrypted Secret. */
export interface Opened {
  values: Values;
  dataKey: Buffer;
}

/** None of the given private keys can decrypt the document. */
export class NoIdentity extends Error {
  override readonly name = 'NoIdentity';
}

/** Encrypts a Secret for recipients with a new data key. `now` becomes its time of modification. */
export async function encryptSecret(
  metadata: EncryptedSecret['metadata'],
  values: Values,
  recipients: readonly Recipient[],
  now = new Date(),
): Promise<EncryptedSecret> {
  const dataKey = randomBytes(keySize);
  return written({ metadata, values, dataKey, age: await wrap(dataKey, recipients), now, before: undefined });
}

/**
 * Decrypts a Secret with the first suitable private key. Throws `NoIdentity`, or an error if the document was
 * changed.
 */
export async function decryptSecret(secret: EncryptedSecret, identities: readonly AgeKey[]): Promise<Opened> {
  const dataKey = await unwrap(secret, identities);
  const texts = Object.entries(secret.data).map(
    ([key, cipher]) => [key, decryptText(cipher, dataKey, valuePath(key))] as const,
  );
  const { mac, lastmodified } = secret.sops;
  const [noted, found] = [decryptText(mac, dataKey, lastmodified), macOf(texts.map(([, text]) => text))];
  if (noted !== found) throw new Error('its MAC does not match: keys were added, removed or moved by hand');
  return { dataKey, values: new Map(texts.map(([key, text]) => [key, Buffer.from(text, 'base64')])) };
}

/**
 * The Secret with other values. Unchanged values keep their encrypted text, so that a diff shows only
 * changes.
 */
export function withValues(
  secret: EncryptedSecret,
  { values: before, dataKey }: Opened,
  values: Values,
  now = new Date(),
): EncryptedSecret {
  const { metadata, sops, data } = secret;
  return written({ metadata, values, dataKey, age: sops.age, now, before: { values: before, data } });
}

/**
 * The Secret for other recipients. If one is removed, the values get a new data key, because that recipient
 * can have kept the old one; else their encrypted texts stay.
 */
export async function withRecipients(
  secret: EncryptedSecret,
  opened: Opened,
  recipients: readonly Recipient[],
  now = new Date(),
): Promise<EncryptedSecret> {
  const has = secret.sops.age.map(({ recipient }) => recipient);
  if (has.some((recipient) => !recipients.includes(recipient)))
    return encryptSecret(secret.metadata, opened.values, recipients, now);
  const added = await wrap(
    opened.dataKey,
    recipients.filter((recipient) => !has.includes(recipient)),
  );
  const { metadata, sops, data } = secret;
  const before = { values: opened.values, data };
  return written({ metadata, ...opened, age: [...sops.age, ...added], now, before });
}

interface Written {
  metadata: EncryptedSecret['metadata'];
  values: Values;
  dataKey: Buffer;
  age: EncryptedSecret['sops']['age'];
  now: Date;
  before: { values: Values; data: EncryptedSecret['data'] } | undefined;
}

function written({ metadata, values, dataKey, age, now, before }: Written): EncryptedSecret {
  const sorted = [...values].sort(([a], [b]) => compareText(a, b));
  const cipherOf = (key: string, value: Buffer): string => {
    const known = before?.data[key];
    return known !== undefined && before?.values.get(key)?.equals(value) === true
      ? known
      : encryptText(value.toString('base64'), dataKey, valuePath(key));
  };
  const data = Object.fromEntries(sorted.map(([key, value]) => [key, cipherOf(key, value)]));
  const lastmodified = now.toISOString().replace(/\.\d+Z$/, 'Z');
  const mac = macOf(sorted.map(([, value]) => value.toString('base64')));
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    data,
    sops: {
      age,
      lastmodified,
      mac: encryptText(mac, dataKey, lastmodified),
      encrypted_regex: encryptedRegex,
      mac_only_encrypted: true,
      version,
    },
  };
}

/** The path is authenticated, so a value cannot be moved to another key. */
function valuePath(key: string): string {
  return `data:${key}:`;
}

function encryptText(text: string, key: Buffer, path: string): string {
  if (text === '') throw new Error('SOPS does not encrypt an empty text');
  const nonce = randomBytes(nonceSize);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(path));
  const parts = {
    data: Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]),
    iv: nonce,
    tag: cipher.getAuthTag(),
  };
  const [data, iv, tag] = [parts.data, parts.iv, parts.tag].map((bytes) => bytes.toString('base64'));
  return `ENC[AES256_GCM,data:${data},iv:${iv},tag:${tag},type:str]`;
}

function decryptText(text: string, key: Buffer, path: string): string {
  const [, data, iv, tag] =
    /^ENC\[AES256_GCM,data:([^,]*),iv:([^,]*),tag:([^,]*),type:str\]$/.exec(text) ?? [];
  if (data === undefined || iv === undefined || tag === undefined)
    throw new Error('a value is not a text encrypted by SOPS');
  const options = { authTagLength: 16 };
  const cipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'), options);
  cipher.setAAD(Buffer.from(path)).setAuthTag(Buffer.from(tag, 'base64'));
  return Buffer.concat([cipher.update(Buffer.from(data, 'base64')), cipher.final()]).toString('utf8');
}

/**
 * SHA-512 of all encrypted values in order, started with the SHA-256 of 'sops', as for `mac_only_encrypted`.
 */
function macOf(texts: readonly string[]): string {
  const hash = createHash('sha512').update(createHash('sha256').update('sops').digest());
  for (const text of texts) hash.update(text);
  return hash.digest('hex').toUpperCase();
}

function wrap(dataKey: Buffer, recipients: readonly Recipient[]): Promise<EncryptedSecret['sops']['age']> {
  return Promise.all(
    recipients.map(async (recipient) => ({ recipient, enc: await encryptFor(recipient, dataKey) })),
  );
}

async function unwrap({ sops }: EncryptedSecret, identities: readonly AgeKey[]): Promise<Buffer> {
  for (const identity of identities) {
    const own = await recipientOf(identity);
    const entry = sops.age.find(({ recipient }) => recipient === own);
    if (entry !== undefined) return Buffer.from(await decryptBy(identity, entry.enc));
  }
  throw new NoIdentity(`it is encrypted for ${sops.age.map(({ recipient }) => recipient).join(', ')}`);
}

/** Whether a Secret is encrypted for exactly these recipients, in any order. */
export function isFor({ sops }: EncryptedSecret, recipients: readonly Recipient[]): boolean {
  return isDeepStrictEqual(sops.age.map(({ recipient }) => recipient).sort(), [...recipients].sort());
}
