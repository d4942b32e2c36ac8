import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { signingPublicKey } from './signing-key.ts';

const spki = { type: 'spki', format: 'pem' } as const;
const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const messages = (text: string) =>
  signingPublicKey.safeParse(text).error?.issues.map(({ message }) => message);

it('takes a public key of ECDSA on P-256 in PEM, with and without a line feed at its end', () => {
  const text = curve('prime256v1').publicKey.export(spki).toString();
  expect(messages(text)).toBeUndefined();
  expect(messages(text.trimEnd())).toBeUndefined();
});

it('refuses a private key and does not show it', () => {
  const text = curve('prime256v1').privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  const issues = signingPublicKey.safeParse(text).error?.issues ?? [];
  expect(issues).toMatchObject([
    { message: 'it would be in Git and in the cluster', params: { secret: true, what: 'is a private key' } },
  ]);
});

it('refuses other kinds of keys and texts that are none', () => {
  expect(messages(curve('secp384r1').publicKey.export(spki).toString())).toEqual([
    'a key of the kind ec secp384r1; images are signed by ECDSA on P-256',
  ]);
  expect(messages(generateKeyPairSync('ed25519').publicKey.export(spki).toString())).toEqual([
    'a key of the kind ed25519; images are signed by ECDSA on P-256',
  ]);
  expect(messages('signing.pub')).toEqual([
    'expected a public key in PEM, which begins with -----BEGIN PUBLIC KEY-----',
  ]);
  expect(messages('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n')).toEqual([
    'the text between the first and the last line is no public key',
  ]);
});
