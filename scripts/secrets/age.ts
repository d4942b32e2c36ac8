import { armor, Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';

/** A private age key, `AGE-SECRET-KEY-1…`. It is never printed and never an argument of a program. */
export type AgeKey = string;

/** The public half of an age key, `age1…`. */
export type Recipient = string;

/** Creates a private key. X25519 is supported by every version of Flux and SOPS. */
export function newIdentity(): Promise<AgeKey> {
  return generateX25519Identity();
}

export function recipientOf(identity: AgeKey): Promise<Recipient> {
  return identityToRecipient(identity);
}

/** Encrypts a few bytes for one recipient, in age's ASCII armor. */
export async function encryptFor(recipient: Recipient, plain: Uint8Array): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(plain));
}

/** Decrypts a text with the private key of its recipient. */
export async function decryptBy(identity: AgeKey, armored: string): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(armor.decode(armored), 'uint8array');
}
