import {
  type CallOptions,
  type ChannelCredentials,
  type Client,
  type ClientOptions,
  experimental,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { context, propagation } from '@opentelemetry/api';
import type { IdentityFolder } from './identity.ts';

/**
 * Retries on UNAVAILABLE, for example while the server is replaced; only for contracts whose calls may be
 * repeated (gRPC, 'Retry Design').
 */
const retry = {
  methodConfig: [
    {
      name: [{}],
      waitForReady: true,
      retryPolicy: {
        maxAttempts: 5,
        initialBackoff: '0.1s',
        maxBackoff: '2s',
        backoffMultiplier: 2,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
};

export const clientOptions: ClientOptions = {
  'grpc.service_config': JSON.stringify(retry),
  'grpc.keepalive_time_ms': 30_000,
  // A name that does not exist yet is resolved again soon.
  'grpc.max_reconnect_backoff_ms': 2_000,
};

/** Uses the identity that the folder has at the time of each connection, and trusts its CA certificates. */
export function clientCredentials(identity: IdentityFolder): ChannelCredentials {
  const provider = new Provider(identity);
  return experimental.createCertificateProviderChannelCredentials(provider, provider);
}

/** Metadata with the current trace. */
function traced(): Metadata {
  const metadata = new Metadata();
  propagation.inject(context.active(), metadata, { set: (to, key, value) => to.set(key, value) });
  return metadata;
}

type Answer<Response> = (error: ServiceError | null, response: Response) => void;

/** A unary method of a generated client. */
interface Unary<Request, Response> {
  (request: Request, answer: Answer<Response>): unknown;
  (request: Request, metadata: Metadata, answer: Answer<Response>): unknown;
  (request: Request, metadata: Metadata, options: Partial<CallOptions>, answer: Answer<Response>): unknown;
}

/** A call as a promise, with the current trace and a time-out in milliseconds. */
export function ask<Request, Response>(
  client: Client,
  method: Unary<Request, Response>,
  request: NoInfer<Request>,
  milliseconds = 5_000,
): Promise<Response> {
  return new Promise((done, fail) => {
    method.call(client, request, traced(), { deadline: Date.now() + milliseconds }, (error, response) =>
      error ? fail(error) : done(response),
    );
  });
}

class Provider implements experimental.CertificateProvider {
  #identity: IdentityFolder;
  #stops = new Map<unknown, () => void>();

  constructor(identity: IdentityFolder) {
    this.#identity = identity;
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#listen(listener, () => listener({ caCertificate: Buffer.from(this.#identity.current.roots) }));
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#listen(listener, () => {
      const { cert, key } = this.#identity.current;
      listener({ certificate: Buffer.from(cert), privateKey: Buffer.from(key) });
    });
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#forget(listener);
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#forget(listener);
  }

  #listen(listener: unknown, tell: () => void): void {
    this.#stops.set(listener, this.#identity.onRenewed(tell));
    tell();
  }

  #forget(listener: unknown): void {
    this.#stops.get(listener)?.();
    this.#stops.delete(listener);
  }
}
