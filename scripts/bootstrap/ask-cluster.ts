import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import { z } from 'zod';

const kubeconfig = z.object({
  clusters: z
    .array(
      z.object({
        cluster: z.object({
          server: z.url({ protocol: /^https$/ }),
          'certificate-authority-data': z.base64(),
          'tls-server-name': z.string().optional(),
        }),
      }),
    )
    .min(1),
  users: z
    .array(
      z.object({
        user: z.object({ 'client-certificate-data': z.base64(), 'client-key-data': z.base64() }),
      }),
    )
    .min(1),
});

/**
 * A GET request to the API server with the administrator's certificate. After `timeoutSeconds` it fails with
 * an error that names the request and possible reasons.
 */
export async function askCluster(config: string, path: string, timeoutSeconds = 15): Promise<unknown> {
  const { clusters, users } = kubeconfig.parse(parse(config));
  const [cluster] = clusters;
  const [user] = users;
  if (cluster === undefined || user === undefined) throw new Error('the kubeconfig names no cluster');
  const { server, 'certificate-authority-data': ca, 'tls-server-name': servername } = cluster.cluster;
  const bytes = (data: string): Buffer => Buffer.from(data, 'base64');
  const address = new URL(path, server);
  try {
    const [status, body] = await new Promise<[number, string]>((resolve, reject) => {
      const asked = request(
        address,
        {
          ca: bytes(ca),
          cert: bytes(user.user['client-certificate-data']),
          key: bytes(user.user['client-key-data']),
          ...(servername === undefined ? {} : { servername }),
          signal: AbortSignal.timeout(timeoutSeconds * 1000),
        },
        (answer) => text(answer).then((body) => resolve([answer.statusCode ?? 0, body]), reject),
      );
      asked.once('error', reject);
      asked.end();
    });
    if (status !== 200) throw new Error(`it answers ${status}: ${body.slice(0, 200)}`);
    return JSON.parse(body);
  } catch (error) {
    const why =
      error instanceof Error && error.name === 'AbortError'
        ? `no answer within ${timeoutSeconds} s`
        : (error as Error).message;
    throw new Error(
      `the API server at ${address.host} cannot be reached: ${why}\n  Ansible has finished, so the nodes are up: check the network between them and this machine, then type the same command again.`,
      { cause: error },
    );
  }
}
