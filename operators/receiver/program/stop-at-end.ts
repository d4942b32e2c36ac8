import type { Log } from './log.ts';

/** Stops the program, then ends the process, once the kubelet ends its container. */
export function stopAtEnd(stop: () => Promise<void>, log: Log): void {
  process.once('SIGTERM', () => {
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log('error', 'shutdown failed', { error });
        process.exit(1);
      },
    );
  });
}
