import type { Probe } from './probe.ts';

/** `signal_probe_success` for each signal: 1 if a synthetic request of the last minutes is found in its store. */
export function exposition(probe: Probe): string {
  const name = 'signal_probe_success';
  return [
    `# HELP ${name} Whether the store of a signal has a synthetic request of the last five minutes.`,
    `# TYPE ${name} gauge`,
    ...probe.results().map(({ signal, reached }) => `${name}{signal="${signal}"} ${reached ? 1 : 0}`),
    '',
  ].join('\n');
}
