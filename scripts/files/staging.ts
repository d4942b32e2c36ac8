import { hash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isAlive } from '../../images/cache/index.ts';
import { isDiskError } from './disk-failure.ts';

const host = hash('sha1', hostname()).slice(0, 8);

/**
 * Creates a folder for unfinished files. Its name has the process id, so that the folder of a killed process
 * can be removed.
 */
export function makeStaging(parent: string, prefix: string): string {
  return mkdtempSync(join(parent, `${prefix}${host}-${process.pid}-`));
}

/**
 * Removes folders of killed processes: of ended processes on this machine at once; of other machines, and of
 * processes whose id is in use again, after ten minutes, which is longer than any work here.
 */
export function removeAbandoned(parent: string, prefix: string): void {
  const before = Date.now() - 10 * 60_000;
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(parent, name);
    const [, madeOn, pid] = /^([0-9a-f]{8})-(\d+)-/.exec(name.slice(prefix.length)) ?? [];
    const gone = madeOn === host && !isAlive(Number(pid));
    // Another process may remove it at the same time.
    const old = (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < before;
    if (!gone && !old) continue;
    try {
      rmSync(path, { recursive: true, force: true });
    } catch (error) {
      // That of another person, in a folder for all.
      if (!isDiskError(error) || !['EACCES', 'EPERM'].includes(String(error.code))) throw error;
    }
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Held signals that would end the process. */
export interface HeldSignals {
  /** Waits until received signals were handled: Node delivers them only between callbacks. */
  delivered(): Promise<void>;
  /** Handles the held signals; later ones end the process again. */
  release(): void;
}

/**
 * Holds signals that would end the process until `release`. A signal received meanwhile then takes its
 * effect, after `undo` if given.
 */
export function holdSignals(undo?: () => void): HeldSignals {
  const stop = () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    undo?.();
    stop();
    process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  const delivered = async () => {
    // Signals received before a round of the event loop are delivered in that round or, if it is already
    // delivering others, in the next.
    await setImmediate();
    await setImmediate();
  };
  return { delivered, release: () => void delivered().then(stop) };
}
