import { type ServerWritableStream, status } from '@grpc/grpc-js';
import {
  type HealthCheckRequest,
  type HealthCheckResponse,
  type HealthServer,
  HealthCheckResponse_ServingStatus as Status,
} from './generated/health.ts';
import { Refusal } from './refusal.ts';
import { unary } from './unary.ts';

/** The health checking protocol of gRPC, for the whole server and each service. */
export class Health {
  #serving = true;
  #services: ReadonlySet<string>;
  #watching = new Set<ServerWritableStream<HealthCheckRequest, HealthCheckResponse>>();

  constructor(services: readonly string[]) {
    this.#services = new Set(['', ...services]);
  }

  /** Reports NOT_SERVING from now on: watchers are notified, and their calls end. */
  stop(): void {
    this.#serving = false;
    for (const call of this.#watching) {
      call.write(this.#answer());
      call.end();
    }
    this.#watching.clear();
  }

  get implementation(): HealthServer {
    return {
      check: unary(async ({ service }: HealthCheckRequest) => {
        if (!this.#services.has(service)) throw new Refusal(status.NOT_FOUND, `unknown service '${service}'`);
        return this.#answer();
      }),
      watch: (call) => {
        const known = this.#services.has(call.request.service);
        call.write(known ? this.#answer() : { status: Status.SERVICE_UNKNOWN });
        this.#watching.add(call);
        call.on('cancelled', () => this.#watching.delete(call));
      },
    };
  }

  #answer(): HealthCheckResponse {
    return { status: this.#serving ? Status.SERVING : Status.NOT_SERVING };
  }
}
