import { type CpuInfo, cpus } from 'node:os';

/** Use of this machine's processors, as shares with the sum 1. All processes of the machine count. */
export interface ProcessorUse {
  /** Processes, also those of low priority. */
  user: number;
  /** The kernel, including interrupts. */
  system: number;
  /** Idle, or waiting for a disk. */
  idle: number;
}

/** Measures the processor use of this machine between calls of `lap`. */
export class ProcessorMeter {
  readonly #read: () => CpuInfo[];
  #last: ProcessorUse;

  /** `read`: the processors with their times since the machine started. Default: those of this machine. */
  constructor(read: () => CpuInfo[] = cpus) {
    this.#read = read;
    this.#last = this.#sum();
  }

  /** The use since the last lap, or since the meter was created. */
  lap(): ProcessorUse {
    const now = this.#sum();
    const { user, system, idle } = this.#last;
    this.#last = now;
    const spent = { user: now.user - user, system: now.system - system, idle: now.idle - idle };
    const all = spent.user + spent.system + spent.idle;
    // Shorter than a clock tick of the kernel: nothing was counted.
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
