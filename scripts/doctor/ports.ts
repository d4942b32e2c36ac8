import { type CheckResult, fail, ok } from './check.ts';

/** A port of the loopback that Plinth publishes something on. */
export interface PortUse {
  port: number;
  /** What answers there: `the gateway (HTTP)`. */
  what: string;
  /** Where to write another one. */
  setting: string;
}

/** A port and how it is. */
export interface PortInput extends PortUse {
  state: 'free' | 'taken' | 'forbidden';
  /** The container that holds it. */
  container?: string | undefined;
  /** The process that holds it, as far as it can be seen: `nginx (pid 4711)`. */
  process?: string | undefined;
}

/** Whether every port is free or ours already. */
export function ports(inputs: PortInput[], ownContainers: string[]): CheckResult {
  const taken = inputs.filter(
    ({ state, container }) => state === 'taken' && !(container && ownContainers.includes(container)),
  );
  const forbidden = inputs.filter(({ state }) => state === 'forbidden');
  if (taken.length > 0 || forbidden.length > 0) {
    return fail(
      [
        ...taken.map(
          ({ port, what, container, process }) =>
            `${port} (${what}) is taken by ${container ? `the container ${container}` : (process ?? 'another program')}`,
        ),
        ...forbidden.map(({ port, what }) => `${port} (${what}) may not be opened by this user`),
      ].join('; '),
      `Stop it, or choose another port: ${[...taken, ...forbidden].map(({ setting }) => setting).join(', ')}`,
    );
  }
  return ok(inputs.map(({ port, state }) => `${port} ${state === 'free' ? 'free' : 'ours'}`).join(', '));
}
