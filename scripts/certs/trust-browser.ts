import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { execa } from 'execa';
import { certificatesIn, rootId } from '../../apps/kit/pem.ts';
import { stateDir } from '../../images/cache/paths.ts';
import { gatewayAuthority, gatewayTls } from '../../model/gateway.ts';
import type { Environment } from '../../model/graph.ts';
import { authorities } from '../../model/identity.ts';
import { Failure } from '../cli/failure.ts';
import { gatewayRoots } from '../cluster/authority-roots.ts';
import { clusterClient } from '../cluster/client.ts';
import { shellLine, type TrustStore, trustStores } from './trust-stores.ts';

/** A root certificate of the gateway, as a file of this machine. */
interface RootFile {
  /** Name in certificate stores: `CLUSTER-gateway-ID`. */
  name: string;
  file: string;
  fingerprint: string;
  notAfter: Date;
  stores: TrustStore[];
}

/**
 * Writes the root certificates of an environment's gateway to this machine, and prints the commands to trust
 * them on each system. `install`: runs those of this machine; no store is changed otherwise.
 */
export async function trustBrowser(env: Environment, { install }: { install: boolean }): Promise<number> {
  const again = `npm run certs -- trust-browser --env ${env.name}`;
  const roots = await rootFiles(env, again);
  for (const root of roots) {
    process.stdout.write(`${described(env, root)}\n`);
    if (install) await run(root, again);
    else process.stdout.write(`${lines(root)}\n`);
  }
  if (!install) process.stdout.write(`\nTo run the commands marked '${mark}' now: ${again} --install\n`);
  return 0;
}

async function rootFiles(env: Environment, again: string): Promise<RootFile[]> {
  const { cluster, name: environment } = env;
  if (gatewayTls(cluster) !== 'authority') {
    throw new Failure(
      `the gateway of ${environment} has its certificate ${gatewayTls(cluster) === 'balancer' ? "at the cloud's load balancer" : 'from an ACME server'}, so there is no root certificate to trust.`,
      `For a root of its own, write gateway: { tls: authority } in clusters/${environment}/cluster.yaml`,
    );
  }
  if (!authorities(env).some(({ kind }) => kind === 'gateway')) {
    throw new Failure(
      `no app of ${environment} is exposed, so its gateway has no certificate.`,
      "Write exposes: { port: 'http' } in an app.ts",
    );
  }
  const found = (await gatewayRoots(clusterClient(cluster.name))).flatMap(certificatesIn);
  if (found.length === 0) {
    throw new Failure(
      `the root certificate of the gateway of ${environment} does not exist yet.`,
      `When npm run status reports Ready: ${again}`,
    );
  }
  const folder = join(stateDir(), cluster.name, gatewayAuthority);
  await mkdir(folder, { recursive: true });
  return Promise.all(
    found.map(async (root): Promise<RootFile> => {
      const name = `${cluster.name}-gateway-${rootId(root)}`;
      const file = join(folder, `${name}.crt`);
      await writeFile(file, root.toString());
      return {
        name,
        file,
        fingerprint: root.fingerprint256,
        notAfter: root.validToDate,
        stores: trustStores(thisMachine(), file, name),
      };
    }),
  );
}

function described(env: Environment, { file, fingerprint, notAfter }: RootFile): string {
  const permits = authorities(env).flatMap(({ permits = [] }) => permits);
  return [
    `Root certificate of the gateway of ${env.cluster.name}: ${styleText('bold', file)}`,
    `  SHA-256 ${fingerprint}`,
    `  valid until ${notAfter.toISOString()}, only for names of ${permits.join(' and ')}`,
  ].join('\n');
}

const mark = '*';

function lines({ stores }: RootFile): string {
  return stores
    .flatMap(({ title, here, add, remove }) => [
      '',
      `${here ? mark : ' '} ${styleText('bold', title)}`,
      ...add.map((command) => `    ${shellLine(command)}`),
      ...remove.map((command, i) =>
        styleText('dim', `    ${i === 0 ? '# to undo: ' : '#          '}${shellLine(command)}`),
      ),
    ])
    .join('\n');
}

async function run({ stores }: RootFile, again: string): Promise<void> {
  for (const { title, add } of stores.filter(({ here }) => here)) {
    process.stdout.write(`${styleText('bold', title)}\n`);
    for (const [program = '', ...args] of add) {
      const line = shellLine([program, ...args]);
      process.stdout.write(`  ${line}\n`);
      const { failed, exitCode, code } = await execa(program, args, { stdio: 'inherit', reject: false });
      if (!failed) continue;
      throw new Failure(
        code === 'ENOENT'
          ? `${program} is not installed, and ${title} needs it.`
          : `${line} ended with exit code ${exitCode ?? 'none'}.`,
        `Correct that, then: ${again} --install`,
      );
    }
  }
}

function thisMachine(): Parameters<typeof trustStores>[0] {
  const home = homedir();
  const places = [
    join(home, '.mozilla', 'firefox'),
    join(home, '.config', 'mozilla', 'firefox'),
    join(home, 'snap', 'firefox', 'common', '.mozilla', 'firefox'),
  ];
  return {
    platform: process.platform,
    home,
    root: process.getuid?.() === 0,
    exists: existsSync,
    firefoxProfiles: places
      .filter(existsSync)
      .flatMap((place) => readdirSync(place).map((name) => join(place, name)))
      .filter((folder) => existsSync(join(folder, 'cert9.db'))),
  };
}
