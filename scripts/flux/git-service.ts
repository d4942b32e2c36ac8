import { type Duplex, PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Exec, type V1Status } from '@kubernetes/client-node';
import { readyPod } from '../call/port-forward.ts';
import type { ClusterClient } from '../cluster/client.ts';

/** The two sides of a Git server: for pushes, and for everything else. */
export type GitService = 'git-receive-pack' | 'git-upload-pack';

const place = { name: 'git-server', path: '/srv/git/platform.git' };

/**
 * Runs a service of Git in the pod of the cluster's Git server, by exec through the API server, until it or the stream ends.
 * @throws Error with what it says, or with the reason why it does not run.
 */
export async function serveFromPod(
  client: ClusterClient,
  service: GitService,
  stream: Duplex,
): Promise<void> {
  const { name, path } = place;
  const pod = await readyPod(client, name);
  const said = new PassThrough();
  const errors = text(said);
  const status = await new Promise<V1Status | undefined>((done, fail) => {
    new Exec(client.config)
      .exec(name, pod, name, [service, path], stream, said, stream, false, done)
      .then((socket) => {
        socket.onclose = () => done(undefined);
        if (stream.destroyed) socket.close();
        else stream.once('close', () => socket.close());
      }, fail);
  });
  said.end();
  if (status === undefined && !stream.destroyed)
    throw new Error(`the connection to ${name}/${pod} ended early`);
  if (status?.status === 'Failure') throw new Error(`${(await errors).trim()}\n${status.message}`.trim());
}

/** The address of the repository for `git clone` by a person, with the engine of this machine: git-remote-ext(1). */
export function remoteOf(engine: { command: string; env: Record<string, string> }, cluster: string): string {
  const exec = [
    engine.command,
    // A clone by this address has none of this program's variables.
    ...(engine.env.DOCKER_HOST === undefined ? [] : ['--host', engine.env.DOCKER_HOST]),
    ...['exec', '-i', `${cluster}-control-plane`],
    ...['kubectl', '--kubeconfig=/etc/kubernetes/admin.conf', '-n', place.name],
    ...['exec', '-i', `deploy/${place.name}`, '--', '%S', place.path],
  ];
  // Blanks inside an argument are written '% '.
  return `ext::${exec.map((argument) => argument.replaceAll(' ', '% ')).join(' ')}`;
}
