/** In the place of the browser's EventSource: a test opens it, sends events and refuses it. */
export class FakeEventSource {
  static readonly CLOSED = 2;
  /** Those that were made, and not closed by the page. */
  static open: FakeEventSource[] = [];

  readonly address: string;
  readyState = 0;
  onopen: (() => void) | undefined;
  onmessage: ((event: { data: string }) => void) | undefined;
  onerror: (() => void) | undefined;

  constructor(address: string) {
    this.address = address;
    FakeEventSource.open.push(this);
  }

  close(): void {
    FakeEventSource.open = FakeEventSource.open.filter((each) => each !== this);
  }

  connect(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  send(event: object): void {
    this.onmessage?.({ data: JSON.stringify(event) });
  }

  /** The server answers with another status than 200: a browser does not connect again. */
  refuse(): void {
    this.readyState = FakeEventSource.CLOSED;
    this.onerror?.();
    this.close();
  }

  /** The connection breaks: a browser connects again. */
  lose(): void {
    this.readyState = 0;
    this.onerror?.();
  }
}
