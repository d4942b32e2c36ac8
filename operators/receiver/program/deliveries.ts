import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { ReceiverConfig } from './config.ts';
import { countDelivery, type DeliveryOutcome } from './counters.ts';
import type { Log } from './log.ts';
import { isGenuine, signatureOf, signsBody } from './signature.ts';

/** Largest body in bytes. A push of more commits than fit is found by Flux's own interval. */
const mostBytes = 1024 * 1024;

export interface DeliveriesInput {
  config: Pick<ReceiverConfig, 'forge' | 'ref'>;
  /** The secret of the webhook. Throws if it cannot be read. */
  secret: () => string;
  /** Asks Flux to read the Git source. */
  requestSource: () => Promise<void>;
  log: Log;
  /** Time in which a delivery must arrive, in milliseconds. */
  patience: number;
}

const statuses: Readonly<Record<Exclude<DeliveryOutcome, 'aborted'>, number>> = {
  requested: 202,
  ignored: 202,
  unreadable: 400,
  unsigned: 401,
  forged: 403,
  'not-found': 404,
  'wrong-method': 405,
  'too-large': 413,
  failed: 503,
};

/**
 * Takes deliveries of a forge's webhook at POST /push. An answer is a status without details. It needs no memory of earlier
 * deliveries: one that is sent again asks Flux to read the branch as it is now, and never names what is applied.
 */
export function deliveryServer(input: DeliveriesInput): Server {
  const server = createServer(
    {
      headersTimeout: input.patience / 2,
      requestTimeout: input.patience,
      connectionsCheckingInterval: input.patience / 10,
      maxHeaderSize: 16 * 1024,
    },
    async (request, response) => {
      const outcome = await outcomeOf(request, input);
      countDelivery(outcome);
      if (outcome === 'aborted') return;
      const status = statuses[outcome];
      // A refused body is not read to its end.
      response.writeHead(status, status === 202 ? {} : { connection: 'close' }).end();
    },
  );
  // Each may hold one body in memory.
  server.maxConnections = 64;
  return server;
}

async function outcomeOf(request: IncomingMessage, input: DeliveriesInput): Promise<DeliveryOutcome> {
  const { config, log } = input;
  const { kind } = config.forge;
  if (request.url?.split('?')[0] !== '/push') return 'not-found';
  if (request.method !== 'POST') return 'wrong-method';
  const signature = signatureOf(kind, request.headers);
  if (signature === undefined) return 'unsigned';
  let secret: string;
  try {
    secret = input.secret();
  } catch (error) {
    log('error', 'the secret of the webhook cannot be used', { error });
    return 'failed';
  }
  if (!signsBody(kind) && !isGenuine(kind, signature, Buffer.alloc(0), secret)) return 'forged';
  const body = await bodyOf(request);
  if (typeof body === 'string') return body;
  if (signsBody(kind) && !isGenuine(kind, signature, body, secret)) return 'forged';
  const delivery = parsed(body);
  if (delivery === undefined) {
    log('warn', 'a delivery is no JSON: set the content type of the webhook to application/json');
    return 'unreadable';
  }
  if (delivery.ref !== config.ref) return 'ignored';
  try {
    await input.requestSource();
  } catch (error) {
    log('error', 'Flux was not asked to read the Git source', { error });
    return 'failed';
  }
  log('info', 'asked Flux to read the Git source', { ref: config.ref });
  return 'requested';
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | 'too-large' | 'aborted'> {
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) return 'too-large';
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += chunk.length;
      if (size > mostBytes) return 'too-large';
      chunks.push(chunk);
    }
  } catch {
    // The client has closed the connection, or the server has, at its time limit.
    return 'aborted';
  }
  return Buffer.concat(chunks);
}

/** Only a push has the full name of a branch in `ref`, on every forge. */
function parsed(body: Buffer): { ref?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
