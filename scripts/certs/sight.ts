import { listenerPorts } from '../../charts/gateway/listeners.ts';
import { registryPort } from '../../operators/registry/configuration.ts';
import { forwardTo } from '../call/port-forward.ts';
import type { CertificateHolder } from './certificate-holder.ts';
import { handshake } from './handshake.ts';
import { type Held, heldBy } from './held.ts';
import type { Holder } from './mounts.ts';
import { type PostgresIdentity, postgresIdentity } from './postgres.ts';

/** The observable state of one use of a certificate. */
export type Seen = Pick<CertificateHolder, 'serial' | 'roots' | 'unseen' | 'silent'>;

/** Observes pods of a cluster through its API server. Each pod is queried once per property. */
export class Sight {
  readonly #cluster: string;
  #metrics = new Map<string, Promise<Map<string, Held>>>();
  #postgres = new Map<string, Promise<PostgresIdentity>>();

  constructor(cluster: string) {
    this.#cluster = cluster;
  }

  /** A client, observed by its metrics. */
  async client(holder: Holder): Promise<Seen> {
    const held = (await this.#held(holder)).get(holder.folder);
    return held ?? { silent: true, unseen: 'it has no metrics about its certificates' };
  }

  /** An app's mutual TLS port: certificate observed on the wire, trusted CAs by its metrics. */
  async server(holder: Holder, port: number): Promise<Seen> {
    const [{ serial }, held] = await Promise.all([
      this.#through(holder, port, (at) => handshake(at, 'tls')),
      this.#held(holder),
    ]);
    const roots = held.get(holder.folder)?.roots;
    return { serial, ...(roots ? { roots } : { silent: true }) };
  }

  /**
   * A pod of the gateway: certificate observed on the wire for a host. It has no client certificates and
   * trusts none of our CAs.
   */
  async gateway(holder: Holder, host: string): Promise<Seen> {
    const { serial } = await this.#through(holder, listenerPorts.https, (at) =>
      handshake(at, 'tls', { host }),
    );
    return { serial };
  }

  /** The registry: certificate observed on the wire. Its nodes trust its roots, not itself. */
  async registry(holder: Holder, host: string): Promise<Seen> {
    const { serial } = await this.#through(holder, registryPort, (at) => handshake(at, 'tls', { host }));
    return { serial };
  }

  /** An instance of Postgres: certificate observed on the wire, trusted CAs by its own report. */
  async postgres(holder: Holder): Promise<Seen> {
    const [{ serial }, { roots }] = await Promise.all([
      this.#through(holder, 5432, (at) => handshake(at, 'postgres')),
      this.#instance(holder),
    ]);
    return { serial, roots };
  }

  /** The client certificate with which an instance follows its primary. */
  async replication(holder: Holder): Promise<Seen> {
    const { replication, roots } = await this.#instance(holder);
    return replication === undefined
      ? { unseen: 'it does not have that file' }
      : { serial: replication, roots };
  }

  #held(holder: Holder): Promise<Map<string, Held>> {
    const { plainPort } = holder;
    return once(this.#metrics, holder, () =>
      plainPort === undefined ? Promise.resolve(new Map()) : this.#through(holder, plainPort, heldBy),
    );
  }

  #instance(holder: Holder): Promise<PostgresIdentity> {
    return once(this.#postgres, holder, () => postgresIdentity(this.#cluster, holder));
  }

  async #through<T>(
    { namespace, pod }: Holder,
    port: number,
    work: (port: number) => Promise<T>,
  ): Promise<T> {
    const forward = await forwardTo(this.#cluster, { namespace, pod, port });
    try {
      return await work(forward.port);
    } finally {
      forward.close();
    }
  }
}

function once<T>(
  known: Map<string, Promise<T>>,
  { namespace, pod }: Holder,
  work: () => Promise<T>,
): Promise<T> {
  const key = `${namespace}/${pod}`;
  const found = known.get(key) ?? work();
  known.set(key, found);
  return found;
}
