import { type CheckResult, fail, ok } from './check-result.ts';

/** A loopback port that Plinth publishes. */
export interface PortUse {
  port: number;
  protocol: 'tcp' | 'udp';
  /** Its purpose: `the gateway (HTTP)`. */
  what: string;
  /** The setting for another port. */
  setting: string;
}

/** A port and its state. */
export interface PortInput extends PortUse {
  /** `forbidden`: neither this user nor an engine with this user's rights may open it. */
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
          ({ what, container, process, ...port }) =>
            `${numberOf(port)} (${what}) is used by ${container ? `the container ${container}` : (process ?? 'another program')}`,
        ),
        ...forbidden.map(({ what, ...port }) => `this user may not open ${numberOf(port)} (${what})`),
      ].join('; '),
      `Stop it, or choose another port: ${[...taken, ...forbidden].map(({ setting }) => setting).join(', ')}`,
    );
  }
  return ok(
    inputs.map(({ state, ...port }) => `${numberOf(port)} ${state === 'free' ? 'free' : 'ours'}`).join(', '),
  );
}

function numberOf({ port, protocol }: Pick<PortUse, 'port' | 'protocol'>): string {
  return protocol === 'udp' ? `${port}/udp` : String(port);
}

/**
 * The container that publishes a port, from the lines `NAME PORTS` of `ps`. The engine joins neighbouring ports:
 * `127.0.0.1:1883-1884->31883-31884/tcp`.
 */
export function containerAt(
  lines: string,
  { port, protocol }: Pick<PortUse, 'port' | 'protocol'>,
): string | undefined {
  const line = lines.split('\n').find((text) =>
    [...text.matchAll(/:(\d+)(?:-(\d+))?->[\d-]+\/(tcp|udp)/g)].some(([, first, last, published]) => {
      return published === protocol && Number(first) <= port && port <= Number(last ?? first);
    }),
  );
  return line?.split(' ')[0];
}
