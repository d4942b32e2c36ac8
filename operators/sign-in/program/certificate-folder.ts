import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { log } from './log.ts';

/** Who this process is and whom it trusts, as Node's TLS takes them. */
export interface CredentialFiles {
  cert: string;
  key: string;
  ca: string;
}

/** So often a folder is looked at. */
const lookAgainMs = 5_000;

/** A folder with `tls.crt`, `tls.key` and `roots.pem`, read again as it changes; what does not fit together is never taken up. */
export class CertificateFolder {
  readonly folder: string;
  #held: CredentialFiles;
  #timer: NodeJS.Timeout;
  #listeners: (() => void)[] = [];

  /** Throws where the folder holds no certificate with its key. */
  constructor(folder: string) {
    this.folder = folder;
    this.#held = readFolder(folder);
    this.#timer = setInterval(() => this.#lookAgain(), lookAgainMs);
    this.#timer.unref();
  }

  get current(): CredentialFiles {
    return this.#held;
  }

  /** Calls back after each renewal. */
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
