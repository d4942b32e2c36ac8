import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { log } from './log.ts';
import { identityExpiry, identityHeld, identityRenewals } from './metrics.ts';
import { certificatesIn, rootId, serialOf } from './pem.ts';

/** Certificate, private key and trusted CA certificates of this process, in PEM. */
export interface Identity {
  cert: string;
  key: string;
  roots: string;
  /** Expiry of the certificate. */
  expires: Date;
}

const settleMs = 100;
const lookAgainMs = 60_000;
/** Maximum difference of clocks: for a slow clock, a new certificate is not valid yet. */
const skewMs = 10_000;

/**
 * A folder with `tls.crt`, `tls.key` and `roots.pem`, read again when it changes. Kubernetes replaces the
 * whole folder atomically with a link; still, an inconsistent set is never used: the last good identity
 * stays. It also stays for some seconds after a renewal, unless it is no longer trusted.
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

  /** Throws if the folder has no identity: a process without one should not start. */
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
    // inotify does not work on every file system, and a missed renewal causes an outage.
    this.#again = setInterval(() => this.#read(), lookAgainMs);
    this.#again.unref();
  }

  get current(): Identity {
    return this.#current;
  }

  /** Calls the listener after each renewal; returns a function that removes it. */
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
      log.error('renewed certificate not loaded: the previous one stays', { folder: this.folder, error });
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
    log.info('renewed certificate loaded', { folder: this.folder, expires: next.expires.toISOString() });
    for (const listener of this.#listeners) listener();
  }

  /** Milliseconds until the current certificate should be replaced by the next one; 0 or less: now. */
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
  // Compares the key without exposing it.
  if (certificatesIn(roots).length === 0) throw new Error(`${folder}/roots.pem has no certificate`);
  if (!certificate.checkPrivateKey(createPrivateKey(key))) {
    throw new Error(`${folder}/tls.key does not match ${folder}/tls.crt`);
  }
  return { cert, key, roots, expires: certificate.validToDate };
}
