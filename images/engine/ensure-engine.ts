import { type Report, silent } from '../report.ts';
import type { Engine } from './engine.ts';
import { askEngine } from './info.ts';
import { useEnginePlatform } from './platform.ts';
import { privateEngine } from './private/client.ts';
import { startPrivateEngine } from './private/private-engine.ts';

/**
 * Finds a running engine: Docker, Podman, or the private one. Starts nothing.
 * @param registryMirror The mirror of cluster.yaml for the images that are pulled for this engine. Default: none.
 */
export async function findEngine(registryMirror = ''): Promise<Engine | undefined> {
  const found = await lookForEngine();
  return 'engine' in found ? used(found.engine, registryMirror) : undefined;
}

/** The same without selecting it; if none answers, the errors of each client. */
export async function lookForEngine(): Promise<{ engine: Engine } | { said: string[] }> {
  const said: string[] = [];
  if (process.env.PLINTH_ENGINE !== 'private') {
    for (const command of ['docker', 'podman']) {
      const answer = await askEngine(command);
      // The command docker can be Podman: Debian's package podman-docker.
      if ('info' in answer)
        return { engine: { name: answer.info.name, private: false, command, env: {}, ...answer } };
      said.push(answer.why);
    }
  }
  const own = privateEngine();
  if (own === undefined) return { said };
  const answer = await askEngine(own.command, own.env);
  return 'info' in answer ? { engine: { ...own, ...answer } } : { said: [...said, answer.why] };
}

/**
 * Returns a running engine; if there is none and this process has the rights, it starts a private one.
 * `PLINTH_ENGINE=private` ignores the engines of this machine.
 * @param registryMirror As for `findEngine`.
 */
export async function ensureEngine(report: Report = silent, registryMirror = ''): Promise<Engine> {
  return (await findEngine(registryMirror)) ?? used(await startPrivateEngine(report), registryMirror);
}

function used(engine: Engine, registryMirror: string): Engine {
  useEnginePlatform(engine.info);
  return { ...engine, registryMirror };
}
