import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { log } from './log.ts';

/** Certificate, key and trusted roots for Node's TLS. */
export interface CredentialFiles {
  cert: string;
  key: string;
  ca: string;
}

/** Interval at which a folder is checked for changes. */
const lookAgainMs = 5_000;

/** A folder with `tls.crt`, `tls.key` and `roots.pem`, reloaded when it changes. A key that does not match is never loaded. */
export class CertificateFolder {
  readonly folder: string;
  #held: CredentialFiles;
  #timer: NodeJS.Timeout;
  #listeners: (() => void)[] = [];

  /** Throws if the folder has no certificate with its key. */
  constructor(folder: string) {
    this.folder = folder;
    this.#held = readFolder(folder);
    this.#timer = setInterval(() => this.#lookAgain(), lookAgainMs);
    this.#timer.unref();
  }

  get current(): CredentialFiles {
    return this.#held;
  }

  /** Registers a callback for renewals. */
  onRenewed(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #lookAgain(): void {
    try {
      const next = readFolder(this.folder);
      if (next.cert === this.#held.cert && next.ca === this.#held.ca) return;
      this.#held = next;
      log('info', 'renewed certificate loaded', { folder: this.folder });
      for (const listener of this.#listeners) listener();
    } catch (error) {
      log('error', 'renewed certificate not loaded: the previous one stays', {
        folder: this.folder,
        error,
      });
    }
  }
}

function readFolder(folder: string): CredentialFiles {
  const text = (file: string) => readFileSync(join(folder, file), 'utf8');
  const [cert, key, ca] = [text('tls.crt'), text('tls.key'), text('roots.pem')];
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new Error(`${folder}/tls.key does not match ${folder}/tls.crt`);
  return { cert, key, ca };
}
