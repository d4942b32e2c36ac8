import { join } from 'node:path';
import { execa } from 'execa';
import { Failure } from '../cli/failure.ts';

/** Port of Vite's server. */
const port = 5173;

interface SiteInput {
  /** Root of the repository. */
  root: string;
  app: string;
  /** Folder of the site, from the root. */
  folder: string;
  /** Its address in the cluster; undefined if the cluster does not serve it. */
  origin: string | undefined;
  /** Variables for vite.config.ts. */
  variables: Readonly<Record<string, string>>;
  /** Ends the process. */
  signal: AbortSignal;
  print: (text: string) => void;
}

/**
 * Serves the pages of a site from their sources by Vite, which reloads them after a change. Requests of its API go to the origin at which
 * the cluster serves the same app. Returns the exit code: that of Vite, or 130 after the signal.
 */
export async function serveSite({
  root,
  app,
  folder,
  origin,
  variables,
  signal,
  print,
}: SiteInput): Promise<number> {
  if (origin === undefined)
    throw new Failure(
      `${app} has no address in the cluster, to which requests of its API could go.`,
      `Write exposes in apps/${app}/app.ts, then deploy it: npm run deploy -- ${app}`,
    );
  // Of the same host, so that the browser sends the session that it has at the cluster: cookies do not know ports.
  const address = `http://${new URL(origin).hostname}:${port}/`;
  print(
    `${app} is served from ${folder} at ${address}, with the API of ${origin}: sign in there first. Ctrl-C to stop.\n`,
  );
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const options = ['--host', '127.0.0.1', '--port', `${port}`, '--strictPort'];
  const ended = await execa(process.execPath, [vite, ...options], {
    ...{ cwd: join(root, folder), env: { CLUSTER_ORIGIN: origin, ...variables } },
    ...{ stdio: 'inherit', reject: false, cancelSignal: signal },
  });
  return signal.aborted ? 130 : (ended.exitCode ?? 1);
}
