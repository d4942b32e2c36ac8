/** An error for people: event, place and reason in the message, the next command in `next`. No stack is shown. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly next: string;

  constructor(message: string, next: string, options?: ErrorOptions) {
    super(message, options);
    this.next = next;
  }
}
