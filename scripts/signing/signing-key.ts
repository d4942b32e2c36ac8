import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cluster } from '../../model/schema/cluster.ts';
import { Failure } from '../cli/failure.ts';

/** A private key that signs images, with its public half. */
export interface SigningKey {
  private: KeyObject;
  public: KeyObject;
}

const howToMake =
  'Make one: openssl ecparam -name prime256v1 -genkey -noout -out signing.key. Keep it outside of this repository.';

/**
 * The key of `PLINTH_SIGNING_KEY`: the path of a private key in PEM, or its text, as CI has it. Undefined if the variable is not
 * set and the environment asks for no signature.
 *
 * @throws Failure if the environment asks for a signature and there is no key, or another one; or if the key cannot be used.
 */
export function signingKey(
  { registry }: Pick<Cluster, 'registry'>,
  environment: string,
): SigningKey | undefined {
  const given = process.env.PLINTH_SIGNING_KEY;
  const { signedBy } = registry;
  if (!given) {
    if (signedBy.length === 0) return undefined;
    throw new Failure(
      `registry.signedBy of clusters/${environment}/cluster.yaml names keys, and PLINTH_SIGNING_KEY is not set: what is published could not be promoted.`,
      'Set it to the path of the private key, or to its text.',
    );
  }
  const key = read(given);
  if (signedBy.length > 0 && !publicKeys(signedBy).some((each) => each.equals(key.public))) {
    throw new Failure(
      `the key of PLINTH_SIGNING_KEY is none of registry.signedBy in clusters/${environment}/cluster.yaml.`,
      'Set another key; or add its public half there: openssl ec -in FILE -pubout',
    );
  }
  return key;
}

/** The keys of `registry.signedBy`. */
export function publicKeys(signedBy: readonly string[]): KeyObject[] {
  return signedBy.map((text) => createPublicKey(text));
}

function read(given: string): SigningKey {
  const isText = given.includes('-----BEGIN');
  let text = given;
  try {
    if (!isText) text = readFileSync(given, 'utf8');
  } catch (cause) {
    throw new Failure(
      `PLINTH_SIGNING_KEY: ${given} cannot be read.`,
      `Set it to the path of a private key. ${howToMake}`,
      { cause },
    );
  }
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1')
      return { private: key, public: createPublicKey(key) };
  } catch (cause) {
    // The reason can have parts of the text.
    throw new Failure(
      `PLINTH_SIGNING_KEY${isText ? '' : `: ${given}`} is no private key in PEM, or it needs a password.`,
      howToMake,
      { cause: cause instanceof Error ? new Error(cause.name) : undefined },
    );
  }
  throw new Failure('the key of PLINTH_SIGNING_KEY is not one of ECDSA on P-256.', howToMake);
}
