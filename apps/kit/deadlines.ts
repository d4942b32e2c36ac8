import { Metadata } from '@grpc/grpc-js';

/** gRPC over HTTP/2, 'Timeout': digits and a unit. */
const milliseconds = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };
const longestSeconds = 2 ** 31 / 1_000 - 1;

/** A caller's deadline, such as `720H`, brought below what 32 bits of milliseconds hold. */
export function clampedTimeout(timeout: string): string {
  const [, digits = '', unit = 'm'] = /^(\d{1,8})([HMSmun])$/.exec(timeout) ?? [];
  const asked = Number(digits) * milliseconds[unit as keyof typeof milliseconds];
  return asked > longestSeconds * 1_000 ? `${Math.floor(longestSeconds)}S` : timeout;
}

let clamped = false;

/**
 * grpc-js counts a deadline in 32 bits: one beyond 24.8 days is over at once, or at some moment of no meaning. It reads the
 * header where no option and no interceptor reaches, hence the change to its function, once for the process.
 */
export function clampDeadlines(): void {
  if (clamped) return;
  clamped = true;
  const read = Metadata.fromHttp2Headers.bind(Metadata);
  Metadata.fromHttp2Headers = (headers) => {
    const timeout = headers['grpc-timeout'];
    return read(
      typeof timeout === 'string' ? { ...headers, 'grpc-timeout': clampedTimeout(timeout) } : headers,
    );
  };
}
