/** An error meant for people: what happened, where and why in the message, what to type next in `next`. No stack is shown. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly next: string;

  constructor(message: string, next: string, options?: ErrorOptions) {
    super(message, options);
    this.next = next;
  }
}
