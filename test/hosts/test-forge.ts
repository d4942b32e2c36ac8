import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import type { GatewayAddress } from '../../scripts/cluster/visit.ts';
import { sendTo } from '../gateway-request.ts';

const statusSchema = z.object({
  context: z.string(),
  state: z.string(),
  description: z.string().default(''),
});

/** A status of a commit, as a forge shows it. */
export type ForgeStatus = z.infer<typeof statusSchema>;

/** The two parts of Gitea's API that a receiver meets: it takes statuses of commits, and signs what it tells of a push. */
export class TestForge {
  /** Secret of the webhook, and token for statuses. */
  readonly secret = randomBytes(32).toString('hex');
  readonly token = randomBytes(20).toString('hex');
  private readonly server: Server;
  private readonly written: (ForgeStatus & { commit: string })[] = [];

  private constructor() {
    this.server = createServer(async (asked, response) => {
      const [, commit] = /^\/api\/v1\/repos\/.+\/statuses\/([0-9a-f]{40})$/.exec(asked.url ?? '') ?? [];
      if (asked.headers.authorization !== `token ${this.token}`) return response.writeHead(401).end();
      if (asked.method !== 'POST' || commit === undefined) return response.writeHead(404).end();
      this.written.push({ commit, ...statusSchema.parse(await json(asked)) });
      return response.writeHead(201, { 'content-type': 'application/json' }).end('{}');
    });
  }

  /** @param address of this machine that the cluster reaches. */
  static async start(address: string): Promise<TestForge> {
    const forge = new TestForge();
    await new Promise<void>((done, fail) => forge.server.once('error', fail).listen(0, address, done));
    return forge;
  }

  get api(): string {
    const { address, port } = this.server.address() as AddressInfo;
    return `http://${address}:${port}/api/v1`;
  }

  /** The statuses of a commit, oldest first. */
  statuses(commit: string): ForgeStatus[] {
    return this.written.filter((each) => each.commit === commit);
  }

  /** Tells the receiver of a push to main; the status of its answer. */
  async tell(receiver: GatewayAddress, secret = this.secret): Promise<number> {
    const body = JSON.stringify({ ref: 'refs/heads/main' });
    const headers = {
      'content-type': 'application/json',
      'x-gitea-event': 'push',
      'x-gitea-signature': createHmac('sha256', secret).update(body).digest('hex'),
    };
    return (await sendTo(receiver, { method: 'POST', path: '/push', headers, body })).status;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
