import type { ServerDuplexStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { JobWithMetadata } from 'pg-boss';
import { callerOf } from '../../kit/callers.ts';
import type { JobsServiceServer, WorkRequest, WorkResponse } from '../../kit/generated/jobs.ts';
import { log } from '../../kit/log.ts';
import { asRefusal, Refusal } from '../../kit/refusal.ts';
import { observed } from '../../kit/unary.ts';
import type { Dispatcher, Worker } from './dispatcher.ts';
import { jobMessage } from './grpc.ts';
import { jobFrom } from './job-from.ts';
import { heartbeatSeconds, type JobQueue } from './job-queue.ts';
import { attemptSeconds } from './metrics.ts';
import type { Settler } from './settler.ts';

type Stream = ServerDuplexStream<WorkRequest, WorkResponse>;

const mostAtOnce = 500;
/** A worker reconnects after this time, and so presents its current certificate. */
const callMs = 240_000;

/** The workers connected to this replica. */
export class Workers {
  #queue: JobQueue;
  #dispatcher: Dispatcher;
  #settler: Settler;
  #sessions = new Set<Session>();

  constructor(queue: JobQueue, dispatcher: Dispatcher, settler: Settler) {
    this.#queue = queue;
    this.#dispatcher = dispatcher;
    this.#settler = settler;
  }

  get handler(): JobsServiceServer['work'] {
    return (call) => {
      observed(call, () => this.#run(call)).then(
        () => call.end(),
        (error: unknown) => {
          const { code, message } = asRefusal(error);
          call.emit('error', { code, details: message });
        },
      );
    };
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Gives out no new jobs: each worker finishes its jobs and its call. */
  drain(): void {
    for (const session of this.#sessions) session.drain();
  }

  async #run(call: Stream): Promise<void> {
    const messages = call[Symbol.asyncIterator]() as AsyncIterator<WorkRequest>;
    const { value: first, done } = await messages.next();
    if (done === true) return;
    const begin = (first as WorkRequest).message;
    if (begin?.$case !== 'begin') throw new Refusal(status.INVALID_ARGUMENT, 'the first message is begin');
    const concurrency = begin.value.concurrency || 1;
    if (concurrency < 1 || concurrency > mostAtOnce) {
      throw new Refusal(status.INVALID_ARGUMENT, `concurrency: 1 to ${mostAtOnce}`);
    }
    const queue = await this.#queue.open(callerOf(call), begin.value.queue);
    const session = new Session(queue, concurrency, call, this.#settler, () => this.#dispatcher.freed(queue));
    this.#sessions.add(session);
    this.#dispatcher.attach(session);
    try {
      await session.run(messages, () => this.#dispatcher.detach(session));
    } finally {
      this.#dispatcher.detach(session);
      this.#sessions.delete(session);
    }
  }
}

/** One worker's call, from its first message to its end. */
class Session implements Worker {
  readonly queue: string;
  #concurrency: number;
  #call: Stream;
  #settler: Settler;
  #freed: () => void;
  #running = new Map<string, { retryCount: number; end: () => void }>();
  #draining = false;
  #empty: () => void = () => {};
  #detach: () => void = () => {};

  constructor(queue: string, concurrency: number, call: Stream, settler: Settler, freed: () => void) {
    this.queue = queue;
    this.#concurrency = concurrency;
    this.#call = call;
    this.#settler = settler;
    this.#freed = freed;
  }

  free(): number {
    return this.#draining || this.#call.cancelled ? 0 : this.#concurrency - this.#running.size;
  }

  give(job: JobWithMetadata): void {
    this.#running.set(job.id, {
      retryCount: job.retryCount,
      end: attemptSeconds.startTimer({ queue: this.queue }),
    });
    this.#call.write({ job: jobMessage(jobFrom(job)) });
  }

  drain(): void {
    this.#draining = true;
    this.#detach();
    if (this.#running.size === 0) this.#empty();
  }

  /** Runs until the worker disconnects, or has no jobs left after a drain. */
  async run(messages: AsyncIterator<WorkRequest>, detach: () => void): Promise<void> {
    this.#detach = detach;
    const heart = setInterval(
      () => this.#settler.touch(this.queue, this.#attempts()),
      (heartbeatSeconds / 3) * 1000,
    );
    const age = setTimeout(() => this.drain(), callMs);
    const empty = new Promise<void>((done) => {
      this.#empty = done;
    });
    try {
      await Promise.race([this.#read(messages), empty]);
    } finally {
      clearInterval(heart);
      clearTimeout(age);
      this.#draining = true;
      const lost = this.#attempts();
      if (lost.length > 0)
        log.warn('a worker disconnected with running jobs', { queue: this.queue, jobs: lost.length });
      for (const attempt of lost) {
        this.#settler.fail(this.queue, attempt, { message: 'the worker disconnected', lost: true });
      }
    }
  }

  async #read(messages: AsyncIterator<WorkRequest>): Promise<void> {
    try {
      for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
        this.#take(next.value.message);
      }
    } catch (error) {
      if (!this.#call.cancelled) throw error; // else the worker is gone, which is not an error
    }
  }

  #take(message: WorkRequest['message']): void {
    if (message?.$case === 'drain') this.drain();
    if (message?.$case !== 'completed' && message?.$case !== 'failed') return;
    const { id } = message.value;
    const running = this.#running.get(id);
    if (running === undefined) return; // reported twice, or not a job of this worker
    this.#running.delete(id);
    running.end();
    const attempt = { id, retryCount: running.retryCount };
    if (message.$case === 'completed') this.#settler.complete(this.queue, attempt, message.value.result);
    else this.#settler.fail(this.queue, attempt, message.value);
    if (this.#draining && this.#running.size === 0) this.#empty();
    else this.#freed();
  }

  #attempts() {
    return [...this.#running].map(([id, { retryCount }]) => ({ id, retryCount }));
  }
}
