import { Readable, Writable } from 'node:stream';
import { Exec, type V1Status } from '@kubernetes/client-node';
import { kubeconfigPath, readKubeconfig } from './client.ts';

/** An instance of Postgres that CloudNativePG runs. */
export interface PostgresPod {
  namespace: string;
  pod: string;
}

/**
 * What `psql` prints of a query, as the superuser of a pod's Postgres, without headers.
 * @throws Error with the first line of what it says where it fails.
 */
export function psqlQuery(
  cluster: string,
  at: PostgresPod,
  database: string,
  query: string,
  seconds = 10,
): Promise<string> {
  return exec(cluster, at, ['psql', '-XAtq', '-d', database, '-c', query], seconds);
}

/** The same of a script of any length, which stops at its first error. It says itself where it begins and commits. */
export function psqlScript(
  cluster: string,
  at: PostgresPod,
  database: string,
  script: string,
  seconds = 120,
): Promise<string> {
  const command = ['psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', database];
  // The pod does not receive the end of the input, so the input ends with a command to quit.
  return exec(cluster, at, command, seconds, `${script}\n\\q\n`);
}

async function exec(
  cluster: string,
  { namespace, pod }: PostgresPod,
  command: string[],
  seconds: number,
  input?: string,
): Promise<string> {
  const config = readKubeconfig(kubeconfigPath(cluster));
  const [out, err] = [text(), text()];
  const stdin = input === undefined ? null : Readable.from([input]);
  let timer: NodeJS.Timeout | undefined;
  const status = await new Promise<V1Status>((done, fail) => {
    timer = setTimeout(() => fail(new Error(`psql gave no answer within ${seconds} s`)), seconds * 1_000);
    new Exec(config)
      .exec(namespace, pod, 'postgres', command, out.stream, err.stream, stdin, false, done)
      .then((socket) => {
        socket.onclose = () => fail(new Error('the connection to psql ended before its answer'));
      }, fail);
  }).finally(() => clearTimeout(timer));
  if (status.status !== 'Success') {
    const [first = ''] = err.read().trim().split('\n');
    throw new Error(first || status.message || 'psql failed');
  }
  return out.read();
}

function text(): { stream: Writable; read(): string } {
  const parts: Buffer[] = [];
  return {
    stream: new Writable({
      write(part: Buffer, _encoding, done) {
        parts.push(part);
        done();
      },
    }),
    read: () => Buffer.concat(parts).toString(),
  };
}
