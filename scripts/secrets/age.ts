import { armor, Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';

/** A private key of age, `AGE-SECRET-KEY-1…`. Never printed, never an argument of a program. */
export type AgeKey = string;

/** The public half of an age key, `age1…`. */
export type Recipient = string;

/** A new private key. X25519: Flux and SOPS take it whatever their version. */
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

/** Decrypts what is encrypted for one recipient by the identity that is that recipient's. */
export async function decryptBy(identity: AgeKey, armored: string): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(armor.decode(armored), 'uint8array');
}
