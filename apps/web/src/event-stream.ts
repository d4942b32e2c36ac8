/** Milliseconds until a refused stream is opened again: at first, and at most. Each attempt waits twice as long as the one before. */
const again = { first: 1_000, most: 30_000 };

export interface EventStreamInput {
  address: string;
  /** Called each time the stream is open: what happened before is not in it. */
  opened(): void;
  /** The data of an event. */
  heard(data: string): void;
  /** Called when it is not open any more. */
  closed(): void;
  /** Called before a stream that the server refused is opened again, for example to take up changed rights. */
  recover(): Promise<unknown>;
}

/**
 * Server-sent events until the returned function is called. A browser connects again by itself after a lost connection, and gives up
 * after a refusal: then it is opened again here.
 */
export function eventStream({ address, opened, heard, closed, recover }: EventStreamInput): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = again.first;
  let isOver = false;

  const open = (): void => {
    if (isOver) return;
    const made = new EventSource(address);
    source = made;
    made.onopen = () => {
      waitMs = again.first;
      opened();
    };
    made.onmessage = ({ data }) => heard(String(data));
    made.onerror = () => {
      closed();
      if (made.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(() => {
        // Whether it recovered shows when the stream is opened; the reason of a failure is shown by what asked.
        recover().then(open, open);
      }, waitMs);
      waitMs = Math.min(waitMs * 2, again.most);
    };
  };

  open();
  return () => {
    isOver = true;
    clearTimeout(timer);
    source?.close();
  };
}
