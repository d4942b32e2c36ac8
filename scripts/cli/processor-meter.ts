import { type CpuInfo, cpus } from 'node:os';

/** How this machine's processors spent a time, as shares that sum to 1. Everything on the machine counts. */
export interface ProcessorUse {
  /** Programs, those of low priority included. */
  user: number;
  /** The kernel, interrupts included. */
  system: number;
  /** Nothing to do, or waiting for a disk. */
  idle: number;
}

/** Measures how the processors of this machine spend the time between two calls of `lap`. */
export class ProcessorMeter {
  readonly #read: () => CpuInfo[];
  #last: ProcessorUse;

  /** `read`: the processors with their times since the machine started. Default: those of this machine. */
  constructor(read: () => CpuInfo[] = cpus) {
    this.#read = read;
    this.#last = this.#sum();
  }

  /** Returns the use since the last lap, or since the meter was made. */
  lap(): ProcessorUse {
    const now = this.#sum();
    const { user, system, idle } = this.#last;
    this.#last = now;
    const spent = { user: now.user - user, system: now.system - system, idle: now.idle - idle };
    const all = spent.user + spent.system + spent.idle;
    // Shorter than the kernel's clock ticks: nothing was counted.
    if (all <= 0) return { user: 0, system: 0, idle: 1 };
    return { user: spent.user / all, system: spent.system / all, idle: spent.idle / all };
  }

  #sum(): ProcessorUse {
    const sum = { user: 0, system: 0, idle: 0 };
    for (const { times } of this.#read()) {
      sum.user += times.user + times.nice;
      sum.system += times.sys + times.irq;
      sum.idle += times.idle;
    }
    return sum;
  }
}
