/** One implementation of a job queue to compare. */
export interface Side {
  name: string;
  enqueue(queue: string): Promise<void>;
  /** Calls `done` for each job on receipt; resolves once it listens. */
  work(queue: string, atOnce: number, done: () => void): Promise<{ stop(): Promise<void> }>;
}
