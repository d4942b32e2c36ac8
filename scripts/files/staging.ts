import { hash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isAlive } from '../../images/cache/index.ts';

const host = hash('sha1', hostname()).slice(0, 8);

/** A folder for what is not in place yet. Its name says which process made it, for when that one is killed. */
export function makeStaging(parent: string, prefix: string): string {
  return mkdtempSync(join(parent, `${prefix}${host}-${process.pid}-`));
}

/**
 * Removes what processes left behind that were killed: those of this machine that are gone, at once; of others, and of
 * those whose number another process has now, what is older than ten minutes, which nothing takes here.
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
    if (gone || old) rmSync(path, { recursive: true, force: true });
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What holds the signals that would end the process. */
export interface HeldSignals {
  /** Waits until those that came are told: the system's word is heard only when work gives way. */
  told(): Promise<void>;
  /** Lets the next ones end the process again, once those that came are told. */
  release(): void;
}

/**
 * Lets no signal end the process until `release`. One that came meanwhile does then what it would have done, after
 * `undo` where that is given.
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
  const told = async () => {
    // What came before a round of the event loop is told in that one or, where it was being told of others, in the next.
    await setImmediate();
    await setImmediate();
  };
  return { told, release: () => void told().then(stop) };
}
