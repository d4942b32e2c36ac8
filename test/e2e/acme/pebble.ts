import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { runEngine } from '../../../images/engine/index.ts';
import { ensureBinary, findEngine } from '../../../images/index.ts';
import { TestAuthority } from '../../services/authority.ts';
import type { ClusterProbe } from '../identity/probe.ts';
import { nodeService, printAddress } from '../node-service.ts';
import { challengeServerCommand, managementPort, pebbleCommand, pebbleConfig, port } from './programs.ts';

const place = { namespace: 'acme-server', name: 'pebble', port };
const host = `${place.name}.${place.namespace}.svc.cluster.local`;
const folder = '/var/pebble';
const dnsPort = 8053;
const recordsPort = 8055;

const configMap = z.object({ data: z.object({ Corefile: z.string() }) });

/**
 * Pebble, an ACME server for tests, in the node's container. It and the pods of the cluster look the names of one domain up
 * in a DNS server that runs beside it: a name leads nowhere until the test says where.
 */
export class Pebble {
  /** Of its directory, for cluster.yaml. */
  readonly server = `https://${host}:${port}/dir`;
  /** In PEM: who vouches for the server itself. */
  readonly serverRoots: string;
  /** In PEM: who vouches for the certificates that it issues. Another one at each start. */
  readonly issuedRoots: string;
  readonly #sh: (line: string) => Promise<string>;

  private constructor(sh: (line: string) => Promise<string>, serverRoots: string, issuedRoots: string) {
    this.#sh = sh;
    this.serverRoots = serverRoots;
    this.issuedRoots = issuedRoots;
  }

  /** Starts both; `domain` is whose names the cluster asks it for, and `forbidden` names that it refuses. */
  static async start(
    cluster: string,
    probe: ClusterProbe,
    { domain, forbidden }: { domain: string; forbidden: string[] },
  ): Promise<Pebble> {
    const engine = await findEngine();
    if (engine === undefined) throw new Error('no container engine runs');
    const node = `${cluster}-control-plane`;
    const sh = (line: string) => runEngine(engine, ['exec', node, 'sh', '-c', line]);
    const authority = await TestAuthority.make('ACME server');
    const pair = await authority.issue({ commonName: host, dnsNames: [host], seconds: 86_400 });
    const made = await mkdtemp(join(tmpdir(), 'plinth-pebble-'));
    try {
      await sh(`mkdir -p ${folder}`);
      for (const program of ['pebble', 'pebble-challtestsrv']) {
        const path = await ensureBinary(program, console.log);
        await runEngine(engine, ['cp', path, `${node}:${folder}/${program}`]);
      }
      const config = JSON.stringify(pebbleConfig({ httpPort: 80, forbidden }));
      const files = Object.entries({ 'tls.crt': pair.cert, 'tls.key': pair.key, 'config.json': config });
      for (const [name, text] of files) {
        await writeFile(join(made, name), text, { mode: 0o600 });
        await runEngine(engine, ['cp', join(made, name), `${node}:${folder}/${name}`]);
      }
    } finally {
      await rm(made, { recursive: true });
    }
    const start = (line: string, log: string) => sh(`cd ${folder} && (nohup ${line} >${log} 2>&1 &)`);
    await start(challengeServerCommand(dnsPort, recordsPort), 'dns.log');
    await start(pebbleCommand('config.json', `127.0.0.1:${dnsPort}`), 'pebble.log');
    const ask = `curl --fail --silent --insecure https://127.0.0.1:${managementPort}/roots/0`;
    const roots = await sh(
      `for i in $(seq 50); do ${ask} && exit; sleep 0.2; done; cat ${folder}/pebble.log >&2; exit 1`,
    );
    const address = (await sh(printAddress)).trim();
    await probe.kubectl(['apply', '-f', '-'], nodeService({ ...place, address }));
    await resolveBy(probe, domain, `${address}:${dnsPort}`);
    return new Pebble(sh, authority.roots, `${roots.trim()}\n`);
  }

  /** From now on a name leads to an address. */
  async lead(name: string, address: string): Promise<void> {
    const record = JSON.stringify({ host: name, addresses: [address] });
    const to = `http://127.0.0.1:${recordsPort}/add-a`;
    await this.#sh(`curl --fail --silent --show-error --data '${record}' ${to}`);
  }

  /** What it wrote about its work, for a failure. */
  log(): Promise<string> {
    return this.#sh(`tail -n 60 ${folder}/pebble.log`);
  }
}

/** Has the cluster's DNS ask another server for the names of a domain. */
async function resolveBy(probe: ClusterProbe, domain: string, server: string): Promise<void> {
  const inSystem = ['-n', 'kube-system'];
  const { data } = configMap.parse(await probe.json(['get', 'configmap', 'coredns', ...inSystem]));
  const Corefile = `${data.Corefile.trimEnd()}\n${domain}:53 {\n    errors\n    forward . ${server}\n}\n`;
  const patch = JSON.stringify({ data: { Corefile } });
  await probe.kubectl(['patch', 'configmap', 'coredns', ...inSystem, '--type=merge', '-p', patch]);
  await probe.kubectl(['rollout', 'restart', 'deployment/coredns', ...inSystem]);
  await probe.kubectl(['rollout', 'status', 'deployment/coredns', ...inSystem, '--timeout=180s']);
}
