import { Metadata } from '@grpc/grpc-js';

/** gRPC over HTTP/2, 'Timeout': digits and a unit. */
const milliseconds = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };
const longestSeconds = 2 ** 31 / 1_000 - 1;

/** Limits a caller's deadline, such as `720H`, to 32 bits of milliseconds. */
export function clampedTimeout(timeout: string): string {
  const [, digits = '', unit = 'm'] = /^(\d{1,8})([HMSmun])$/.exec(timeout) ?? [];
  const asked = Number(digits) * milliseconds[unit as keyof typeof milliseconds];
  return asked > longestSeconds * 1_000 ? `${Math.floor(longestSeconds)}S` : timeout;
}

let clamped = false;

/**
 * grpc-js counts a deadline in 32 bits: beyond 24.8 days it expires at once or at a random time. No option or
 * interceptor runs before the header is parsed, so this changes its function, once per process.
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
