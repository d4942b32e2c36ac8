import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { log } from './log.ts';
import { identityExpiry, identityHeld, identityRenewals } from './metrics.ts';
import { certificatesIn, rootId, serialOf } from './pem.ts';

/** Who this process is towards others, and whom it trusts; texts in PEM. */
export interface Identity {
  cert: string;
  key: string;
  roots: string;
  /** When the certificate ends. */
  expires: Date;
}

const settleMs = 100;
const lookAgainMs = 60_000;
/** By so much clocks may differ: to one that is behind, a certificate of a moment ago is not valid yet. */
const skewMs = 10_000;

/**
 * A folder with `tls.crt`, `tls.key` and `roots.pem`, read again when it changes. Kubernetes swaps the whole folder at
 * once by a link; still, what does not fit together is never taken up: the last good identity stays. It stays for some
 * seconds too where the renewed one was only just made, unless nobody trusts it any more.
 */
export class IdentityFolder {
  readonly folder: string;
  #current: Identity;
  #held: { folder: string; serial: string; roots: string } | undefined;
  #listeners = new Set<() => void>();
  #watcher: FSWatcher | undefined;
  #settling: NodeJS.Timeout | undefined;
  #ripening: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout;

  /** Throws where the folder holds no identity: a process that can't prove who it is should not start. */
  constructor(folder: string) {
    this.folder = folder;
    this.#current = readIdentity(folder);
    this.#note();
    this.#watcher = watch(folder, () => {
      this.#settling ??= setTimeout(() => {
        this.#settling = undefined;
        this.#read();
      }, settleMs);
    });
    // inotify does not reach every file system, and a renewal that is missed ends in an outage.
    this.#again = setInterval(() => this.#read(), lookAgainMs);
    this.#again.unref();
  }

  get current(): Identity {
    return this.#current;
  }

  /** Calls back after each renewal; returns how to stop that. */
  onRenewed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#watcher?.close();
    clearTimeout(this.#settling);
    clearTimeout(this.#ripening);
    clearInterval(this.#again);
    this.#listeners.clear();
  }

  #read(): void {
    let next: Identity;
    try {
      next = readIdentity(this.folder);
    } catch (error) {
      log.error('renewed certificate not taken up: the one before it stays', { folder: this.folder, error });
      return;
    }
    clearTimeout(this.#ripening);
    const ripeInMs = this.#ripeInMs(next);
    if (ripeInMs > 0) {
      this.#ripening = setTimeout(() => this.#read(), ripeInMs).unref();
      next = { ...this.#current, roots: next.roots };
    }
    const { cert, key, roots } = this.#current;
    if (next.cert === cert && next.key === key && next.roots === roots) return;
    this.#current = next;
    this.#note();
    identityRenewals.inc({ folder: this.folder });
    log.info('renewed certificate taken up', { folder: this.folder, expires: next.expires.toISOString() });
    for (const listener of this.#listeners) listener();
  }

  /** How long the certificate that is held does better than the next one; 0 or less: no longer. */
  #ripeInMs({ cert, roots }: Identity): number {
    const held = certificatesIn(this.#current.cert);
    if (cert === this.#current.cert) return 0;
    const ripe = new X509Certificate(cert).validFromDate.getTime() + skewMs;
    const known = certificatesIn(roots).some((root) => held.at(-1)?.checkIssued(root));
    return known && this.#current.expires.getTime() > ripe ? ripe - Date.now() : 0;
  }

  #note(): void {
    const { cert, roots, expires } = this.#current;
    identityExpiry.set({ folder: this.folder }, expires.getTime() / 1000);
    if (this.#held) identityHeld.remove(this.#held);
    this.#held = {
      folder: this.folder,
      serial: serialOf(new X509Certificate(cert)),
      roots: certificatesIn(roots).map(rootId).sort().join(','),
    };
    identityHeld.set(this.#held, 1);
  }
}

function readIdentity(folder: string): Identity {
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  const [cert, key, roots] = [text('tls.crt'), text('tls.key'), text('roots.pem')];
  const certificate = new X509Certificate(cert);
  // The key is compared without being looked at.
  if (certificatesIn(roots).length === 0) throw new Error(`${folder}/roots.pem holds no certificate`);
  if (!certificate.checkPrivateKey(createPrivateKey(key))) {
    throw new Error(`${folder}/tls.key is not the key of ${folder}/tls.crt`);
  }
  return { cert, key, roots, expires: certificate.validToDate };
}
