import { styleText } from 'node:util';
import { Listr } from 'listr2';
import type { Report } from '../../images/index.ts';
import { Failure } from './failure.ts';
import { ProcessorMeter, type ProcessorUse } from './processor-meter.ts';

/** One step of a long command. It can run again at any time and does only the remaining work. */
export interface Phase<Given extends object, Result extends object = object> {
  title: string;
  /**
   * `given` has the input of the command and the results of all earlier phases; `result` is added to it.
   * `unchanged`: a short reason if there was nothing to do; `found`: what the phase waited for, such as an address. Both are for
   * the list.
   */
  run: (given: Given, report: Report) => Promise<{ result: Result } & Remarks>;
}

interface Remarks {
  unchanged?: string | undefined;
  found?: string | undefined;
}

/** A phase bound to its input. */
interface Step {
  title: string;
  run: (report: Report) => Promise<Remarks>;
}

/** Phases in the order in which they run; each is typed by the results of earlier ones. */
export class Phases<Given extends object> {
  readonly steps: readonly Step[];
  /** @throws Error before the last step has run. */
  readonly result: () => Given;

  private constructor(steps: readonly Step[], result: () => Given) {
    this.steps = steps;
    this.result = result;
  }

  static from<Start extends object>(start: Start): Phases<Start> {
    return new Phases([], () => start);
  }

  /** The same phases with one more at the end. */
  add<Result extends object>({ title, run }: Phase<Given, Result>): Phases<Given & Result> {
    let after: (Given & Result) | undefined;
    const step: Step = {
      title,
      run: async (report) => {
        const given = this.result();
        const { result, ...remarks } = await run(given, report);
        after = { ...given, ...result };
        return remarks;
      },
    };
    return new Phases([...this.steps, step], () => {
      if (after === undefined) throw new Error(`the phase '${title}' has not run`);
      return after;
    });
  }
}

// Starts with the command, like the time of the first phase.
const meter = new ProcessorMeter();

/** Duration of a phase. */
export interface PhaseTime {
  title: string;
  seconds: number;
  /** Set if there was nothing to do. */
  unchanged?: string;
  /** Use of the whole machine during the phase. */
  processors: ProcessorUse;
}

/** A phase at its end, also one that failed. */
export interface EndedPhase extends Omit<PhaseTime, 'processors'> {
  /** Why it failed, or was interrupted. */
  failed?: string;
  /** Whether it was interrupted: by a person, or by what runs the phases. */
  interrupted?: true;
}

/**
 * Runs phases one after another, with a live list on a terminal and plain lines elsewhere. Returns their
 * times, and the input with all results. Ctrl-C aborts `controller`, stops the running phase and prints how
 * to continue.
 */
export async function runPhases<Given extends object>(
  phases: Phases<Given>,
  options: {
    controller: AbortController;
    again: string;
    quiet?: boolean;
    /** When the first phase began, by `performance.now()`. Default: with the command, because people wait for its start too. */
    since?: number | undefined;
    /** Called at the end of each phase. Default: nothing. */
    onPhase?: ((phase: EndedPhase) => void) | undefined;
  },
): Promise<{ times: PhaseTime[]; result: Given }> {
  const { controller, again, quiet = false, since = 0, onPhase = () => {} } = options;
  const run: Run = {
    ...{ times: [], running: phases.steps[0]?.title ?? '', begun: since },
    ...{ signal: controller.signal, onPhase },
  };
  const onSignal = (): void => {
    const message = `interrupted during '${run.running}'.`;
    controller.abort(new Failure(message, `Continue with: ${again}`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const started = performance.now();
  const list = new Listr(
    phases.steps.map((step, i) => ({
      title: step.title,
      task: (_: unknown, task: ListedTask) => runStep(run, step, i === 0 ? since : performance.now(), task),
    })),
    {
      concurrent: false,
      renderer: quiet ? 'silent' : 'default',
      fallbackRenderer: 'simple',
      registerSignalListeners: false,
      rendererOptions: { collapseSubtasks: false, showErrorMessage: false },
    },
  );
  try {
    await list.run();
    return { times: run.times, result: phases.result() };
  } catch (ended) {
    // The error of a child process that Ctrl-C ended is not the reason.
    const error: unknown = controller.signal.aborted ? controller.signal.reason : (run.failure ?? ended);
    const failed = error instanceof Error ? error.message : String(error);
    const seconds = (performance.now() - run.begun) / 1000;
    onPhase({
      ...{ title: run.running, seconds, failed },
      ...(controller.signal.aborted ? { interrupted: true } : {}),
    });
    if (controller.signal.aborted) throw error;
    throw error instanceof Failure
      ? error
      : new Failure(
          `'${run.running}' failed after ${((performance.now() - started) / 1000).toFixed(0)} s: ${error instanceof Error ? error.message : error}`,
          `After a correction, continue with: ${again}`,
          { cause: error },
        );
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** The state of a run of phases. */
interface Run {
  times: PhaseTime[];
  /** Title of the running phase. */
  running: string;
  /** When it began, by `performance.now()`. */
  begun: number;
  /** The error of the phase that failed. */
  failure?: unknown;
  signal: AbortSignal;
  onPhase: (phase: EndedPhase) => void;
}

/** A line of the list on the terminal. */
interface ListedTask {
  output: string;
  title: string;
}

async function runStep(run: Run, step: Step, begun: number, task: ListedTask): Promise<void> {
  run.running = step.title;
  run.begun = begun;
  const elapsed = (): string => `${((performance.now() - begun) / 1000).toFixed(0)} s`;
  run.signal.throwIfAborted();
  const { unchanged, found } = await step.run(reportTo(task, elapsed)).catch((error: unknown) => {
    run.failure = error;
    // In a log, the list prints the error of a task; the command prints the failure afterwards.
    throw new Error(`after ${elapsed()}`);
  });
  run.signal.throwIfAborted();
  const seconds = (performance.now() - begun) / 1000;
  const ended = { title: step.title, seconds, ...(unchanged === undefined ? {} : { unchanged }) };
  run.times.push({ ...ended, processors: meter.lap() });
  run.onPhase(ended);
  const remark = unchanged ?? found;
  const note = remark === undefined ? '' : `, ${remark}`;
  task.title = `${step.title} ${styleText('dim', `${seconds.toFixed(1)} s${note}`)}`;
}

function reportTo(task: ListedTask, elapsed: () => string): Report {
  if (process.stdout.isTTY)
    return (message) => {
      task.output = `${message} (${elapsed()})`;
    };
  return calm((message) => {
    task.output = `${elapsed().padStart(6)}  ${message}`;
  });
}

/** For logs: repeats a message only if it has changed or is half a minute old. */
function calm(report: Report): Report {
  let last = '';
  let at = 0;
  return (message) => {
    if (message === last && Date.now() - at < 30_000) return;
    last = message;
    at = Date.now();
    report(message);
  };
}

/**
 * The phases and their times as a table, with the total in the last line.
 * @param profile Adds the processor use of each phase. Default: false.
 */
export function formatTimes(times: PhaseTime[], { profile = false } = {}): string {
  const width = Math.max(...times.map(({ title }) => title.length), 5);
  const row = (title: string, seconds: number, processors: ProcessorUse, unchanged?: string): string => {
    const time = `  ${title.padEnd(width)} ${seconds.toFixed(1).padStart(7)} s`;
    const shares = profile ? shareColumns.map((name) => percent(processors[name])).join('') : '';
    return `${time}${shares}${unchanged === undefined ? '' : `  ${unchanged}`}`;
  };
  const sum = times.reduce((total, { seconds }) => total + seconds, 0);
  const mean = (name: keyof ProcessorUse): number =>
    times.reduce((total, { seconds, processors }) => total + processors[name] * seconds, 0) / (sum || 1);
  const all = { user: mean('user'), system: mean('system'), idle: mean('idle') };
  return [
    ...(profile ? [`${' '.repeat(width + 12)}${shareColumns.map((name) => name.padStart(8)).join('')}`] : []),
    ...times.map(({ title, seconds, processors, unchanged }) => row(title, seconds, processors, unchanged)),
    row('all', sum, all),
  ].join('\n');
}

const shareColumns = ['user', 'system', 'idle'] as const;

function percent(share: number): string {
  return `${Math.round(share * 100)} %`.padStart(8);
}
