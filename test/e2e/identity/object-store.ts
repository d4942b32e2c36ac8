import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runEngine } from '../../../images/engine/index.ts';
import { ensureProgram, findEngine } from '../../../images/index.ts';
import { TestAuthority } from '../../services/authority.ts';
import { nodeService, printAddress } from '../node-service.ts';
import type { ClusterProbe } from './probe.ts';

const host = 's3.backups.svc.cluster.local';
const port = 8333;
const bucket = 'plinth';
const folder = '/var/object-store';

/** An S3 with a certificate of its own authority: versitygw in the node's container, found by the name of a Service. */
export class ObjectStore {
  readonly endpoint = `https://${host}:${port}`;
  readonly destination = `s3://${bucket}/databases`;
  readonly #probe: ClusterProbe;
  readonly #roots: string;
  readonly #secret: string;

  private constructor(probe: ClusterProbe, roots: string, secret: string) {
    this.#probe = probe;
    this.#roots = roots;
    this.#secret = secret;
  }

  static async start(cluster: string, probe: ClusterProbe): Promise<ObjectStore> {
    const engine = await findEngine();
    if (engine === undefined) throw new Error('no container engine runs');
    const node = `${cluster}-control-plane`;
    const program = await ensureProgram('versitygw', console.log);
    const authority = await TestAuthority.make('object store');
    const { cert, key } = await authority.issue({ commonName: host, dnsNames: [host], seconds: 86_400 });
    const secret = randomBytes(16).toString('hex');
    const made = await mkdtemp(join(tmpdir(), 'plinth-s3-'));
    try {
      const environment = `ROOT_ACCESS_KEY=plinth\nROOT_SECRET_KEY=${secret}\n`;
      const files = Object.entries({ 'tls.crt': cert, 'tls.key': key, env: environment });
      for (const [name, text] of files) await writeFile(join(made, name), text, { mode: 0o600 });
      const sh = (line: string) => runEngine(engine, ['exec', node, 'sh', '-c', line]);
      await sh(`mkdir -p ${folder}/data/${bucket} ${folder}/sidecar`);
      await runEngine(engine, ['cp', program, `${node}:${folder}/versitygw`]);
      for (const [name] of files)
        await runEngine(engine, ['cp', join(made, name), `${node}:${folder}/${name}`]);
      // It changes to the folder of its data first: what is relative would lie in there.
      const backend = `posix --sidecar ${folder}/sidecar ${folder}/data`;
      const serve = `./versitygw --port :${port} --cert ${folder}/tls.crt --key ${folder}/tls.key ${backend}`;
      await sh(`cd ${folder} && set -a && . ./env && (nohup ${serve} >log 2>&1 &)`);
      const asked = `curl --silent --insecure --output /dev/null https://127.0.0.1:${port}`;
      await sh(`for i in $(seq 50); do ${asked} && exit; sleep 0.2; done; cat ${folder}/log >&2; exit 1`);
      const address = (await sh(printAddress)).trim();
      const place = { namespace: 'backups', name: 's3', port, address };
      await probe.kubectl(['apply', '-f', '-'], nodeService(place));
    } finally {
      await rm(made, { recursive: true });
    }
    return new ObjectStore(probe, authority.roots, secret);
  }

  /** The Secrets by which a database in a namespace reaches it. */
  async letIn(namespace: string): Promise<void> {
    const made = (name: string, stringData: Record<string, string>) =>
      JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData });
    await this.#probe.kubectl(
      ['apply', '-f', '-'],
      made('backups', { ACCESS_KEY_ID: 'plinth', ACCESS_SECRET_KEY: this.#secret }) +
        made('backups-authority', { 'ca.crt': this.#roots }),
    );
  }
}
