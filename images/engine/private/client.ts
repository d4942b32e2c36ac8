import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import type { Engine } from '../engine.ts';
import { askEngine } from '../info.ts';
import { type PrivatePaths, privatePaths } from './private-paths.ts';

/** Longest time in seconds in which the daemon must answer. */
export const startSeconds = 60;

/** Client access to the private engine, running or not; undefined if none was ever started. */
export function privateEngine(): Omit<Engine, 'info'> | undefined {
  const paths = privatePaths();
  const command = `${paths.bin}/docker`;
  if (!existsSync(command)) return undefined;
  return {
    name: 'docker',
    private: true,
    command,
    env: {
      PATH: `${paths.bin}:${process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`,
      DOCKER_HOST: `unix://${paths.socket}`,
      DOCKER_CONTEXT: '',
      DOCKER_TLS_VERIFY: '',
    },
  };
}

/** The private engine if its daemon answers. The socket exists before the daemon serves it: the client's call then waits. */
export async function runningEngine(paths: PrivatePaths): Promise<Engine | undefined> {
  const engine = privateEngine();
  if (engine === undefined || !(await accepts(paths.socket))) return undefined;
  const answer = await askEngine(engine.command, engine.env, startSeconds);
  return 'info' in answer ? { ...engine, ...answer } : undefined;
}

/** Whether a process listens on a socket. */
export function accepts(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}
