import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A certificate and its key, in PEM. */
export interface Pair {
  cert: string;
  key: string;
}

interface Wanted {
  commonName: string;
  dnsNames?: readonly string[];
  /** From now, in seconds; less than 0: it has ended. Default: an hour. */
  seconds?: number;
  /** In so many seconds it begins to be valid. Default: a minute ago. */
  startsIn?: number;
}

/** A CA of the tests' own, as each service has one in a cluster. */
export class TestAuthority {
  readonly roots: string;
  #root: x509.X509Certificate;
  #key: webcrypto.CryptoKey;

  private constructor(root: x509.X509Certificate, key: webcrypto.CryptoKey) {
    this.#root = root;
    this.#key = key;
    this.roots = `${root.toString('pem')}\n`;
  }

  static async make(name: string): Promise<TestAuthority> {
    const keys = await newKeys();
    const root = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: randomBytes(8).toString('hex'),
      name: `CN=${name} CA`, // another name than any leaf has: else that would pass for self-signed
      ...validity(3600),
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    });
    return new TestAuthority(root, keys.privateKey);
  }

  /** As text, for another process of the tests. */
  async save(): Promise<{ root: string; key: string }> {
    return { root: this.roots, key: Buffer.from(await exported(this.#key)).toString('base64') };
  }

  static async load({ root, key }: { root: string; key: string }): Promise<TestAuthority> {
    const imported = await webcrypto.subtle.importKey('pkcs8', Buffer.from(key, 'base64'), algorithm, true, [
      'sign',
    ]);
    return new TestAuthority(new x509.X509Certificate(root), imported);
  }

  /** With DNS names a server's, without them a client's. */
  async issue({ commonName, dnsNames = [], seconds = 3600, startsIn = -60 }: Wanted): Promise<Pair> {
    const keys = await newKeys();
    const usage = dnsNames.length > 0 ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: randomBytes(8).toString('hex'),
      subject: `CN=${commonName}`,
      issuer: this.#root.subject,
      ...validity(seconds, startsIn),
      publicKey: keys.publicKey,
      signingKey: this.#key,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        ...(dnsNames.length > 0
          ? [
              new x509.SubjectAlternativeNameExtension(
                dnsNames.map((value) => ({ type: 'dns' as const, value })),
              ),
            ]
          : []),
      ],
    });
    const key = Buffer.from(await exported(keys.privateKey)).toString('base64');
    return {
      cert: `${certificate.toString('pem')}\n`,
      key: `-----BEGIN PRIVATE KEY-----\n${key.replaceAll(/(.{64})/g, '$1\n').trim()}\n-----END PRIVATE KEY-----\n`,
    };
  }
}

function exported(key: webcrypto.CryptoKey): Promise<ArrayBuffer> {
  return webcrypto.subtle.exportKey('pkcs8', key);
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function validity(seconds: number, startsIn = -60): { notBefore: Date; notAfter: Date } {
  const end = Date.now() + seconds * 1000;
  return { notBefore: new Date(Math.min(Date.now(), end) + startsIn * 1000), notAfter: new Date(end) };
}
