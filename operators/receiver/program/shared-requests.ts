/**
 * Runs a request once for all callers that ask while another one runs: a burst of deliveries, or one that is sent again and again,
 * makes one request at a time.
 */
export function sharedRequests(request: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    // A request that runs already may have been answered before the caller's event. Its error is that of its own callers.
    next ??= Promise.allSettled([running]).then(() => {
      next = undefined;
      running = request();
      return running;
    });
    return next;
  };
}
