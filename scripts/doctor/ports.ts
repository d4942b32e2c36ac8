import { type CheckResult, fail, ok } from './check-result.ts';

/** A loopback port that Plinth publishes. */
export interface PortUse {
  port: number;
  /** Its purpose: `the gateway (HTTP)`. */
  what: string;
  /** The setting for another port. */
  setting: string;
}

/** A port and its state. */
export interface PortInput extends PortUse {
  state: 'free' | 'taken' | 'forbidden';
  /** The container that uses it. */
  container?: string | undefined;
  /** The process that uses it, if visible: `nginx (pid 4711)`. */
  process?: string | undefined;
}

/** Whether every port is free or already used by Plinth's own containers. */
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
            `${port} (${what}) is used by ${container ? `the container ${container}` : (process ?? 'another program')}`,
        ),
        ...forbidden.map(({ port, what }) => `this user may not open ${port} (${what})`),
      ].join('; '),
      `Stop it, or choose another port: ${[...taken, ...forbidden].map(({ setting }) => setting).join(', ')}`,
    );
  }
  return ok(inputs.map(({ port, state }) => `${port} ${state === 'free' ? 'free' : 'ours'}`).join(', '));
}
