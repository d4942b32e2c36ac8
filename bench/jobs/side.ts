/** One way to enqueue jobs and to work on them. */
export interface Side {
  name: string;
  enqueue(queue: string): Promise<void>;
  /** Calls `done` for each job that it gets, as soon as it gets it; resolves once it listens. */
  work(queue: string, atOnce: number, done: () => void): Promise<{ stop(): Promise<void> }>;
}
