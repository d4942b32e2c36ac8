import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { loadLock } from '../../images/lock/index.ts';

/** For tests: a small repository in which everything is right. */
export const shop = join(import.meta.dirname, 'fixtures', 'shop');

/** A change of a file: replace a text in it, write it, or remove it. */
export type Edit =
  | readonly [file: string, search: string, replacement: string]
  | readonly [file: string, text: string | null];

/** For tests: a copy of `shop` with edits, in a folder of its own, which is removed when `use` is done. */
export function withEdits<T>(edits: readonly Edit[], use: (root: string) => Promise<T>): Promise<T> {
  return inFolder((root) => cpSync(shop, root, { recursive: true }), edits, use);
}

/** For tests: the same of this repository's own operators and lock file, with one environment in which no app runs. */
export function withPlatform<T>(edits: readonly Edit[], use: (root: string) => Promise<T>): Promise<T> {
  const repository = join(import.meta.dirname, '../..');
  const fill = (root: string) => {
    for (const room of ['operators', 'images/lock.yaml'])
      cpSync(join(repository, room), join(root, room), { recursive: true });
    for (const room of ['model', 'node_modules']) symlinkSync(join(repository, room), join(root, room));
    mkdirSync(join(root, 'clusters/dev'), { recursive: true });
    writeFileSync(join(root, 'clusters/dev/cluster.yaml'), platformCluster(''));
  };
  return inFolder(fill, edits, use);
}

/** For tests: a cluster.yaml for `withPlatform`; `more` are further keys, of which `apps:` is the last. */
export function platformCluster(more: string): string {
  return `name: test-dev
domain: dev.localhost
kubernetes: { version: ${loadLock().kubernetes} }
provider: { kind: kind }
${/^nodes:/m.test(more) ? '' : 'nodes: [{ name: control-plane, role: control-plane, cpu: "8", memory: 16Gi }]\n'}${/^registry:/m.test(more) ? '' : 'registry: { overlay: http }\n'}${/^source:/m.test(more) ? '' : 'source: { kind: in-cluster }\n'}${more === '' ? 'apps: {}' : more}
`;
}

const examples = join(import.meta.dirname, '../../examples');

/** For tests: the names of the examples of this repository, sorted. */
export function exampleNames(): string[] {
  return readdirSync(examples)
    .filter((name) => existsSync(join(examples, name, 'app.ts')))
    .sort();
}

/** For tests: what puts them among the apps of `withPlatform`, with what they share, and with a secret that nobody can read. */
export function exampleEdits(): Edit[] {
  const files = [...exampleNames(), 'shared'].flatMap((name) =>
    readdirSync(join(examples, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry): Edit => {
        const path = join(entry.parentPath, entry.name);
        return [join('apps', relative(examples, path)), readFileSync(path, 'utf8')];
      }),
  );
  return [...files, ['apps/payments/secrets/dev/stripe.yaml', unreadableSecret]];
}

const recipient = `age1${'q'.repeat(58)}`;
const cipher = 'ENC[AES256_GCM,data:b25l,iv:b25l,tag:b25l,type:str]';

/** A secret as SOPS leaves it, as far as a render looks. */
const unreadableSecret = `apiVersion: v1
kind: Secret
metadata: { name: stripe-secret, namespace: payments }
data: { STRIPE_KEY: "${cipher}" }
sops:
  age: [{ recipient: ${recipient}, enc: "-----BEGIN AGE ENCRYPTED FILE-----" }]
  lastmodified: "2026-01-01T00:00:00Z"
  mac: "${cipher}"
  encrypted_regex: ^(data|stringData)$
  mac_only_encrypted: true
  version: 3.11.0
`;

/** For tests: a cluster.yaml in which every example runs. */
export function exampleCluster(): string {
  const apps = exampleNames().map((name) => `${name}: `);
  return platformCluster(
    `signIn: { mail: { kind: mailpit } }\nsecrets: { recipients: { nobody: ${recipient} } }\napps: { ${apps.join(', ')} }`,
  );
}

/** For tests: an app.ts with a port and a probe; lines in `more` are added or replace them. */
export function appFile(name: string, more = ''): string {
  const lines = [
    "summary: 'An app of a test.',",
    "image: { ref: 'docker.io/example/app:1.0' },",
    'ports: { http: { port: 8080 } },',
    "probes: { ready: { path: '/', port: 'http' } },",
    "resources: { cpu: '10m', memory: '32Mi' },",
  ]
    .filter((line) => !new RegExp(`^(?: {2})?${/^\w+:/.exec(line)?.[0]}`, 'm').test(more))
    // What runs by the clock is called and asked by nobody.
    .filter((line) => !(/^\s*schedule:/m.test(more) && /^(?:ports|probes):/.test(line)));
  return `export default {\n  ${[`name: '${name}',`, ...lines, more].join('\n  ')}\n};\n`;
}

async function inFolder<T>(
  fill: (root: string) => void,
  edits: readonly Edit[],
  use: (root: string) => Promise<T>,
): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'plinth-fixture-'));
  try {
    fill(root);
    for (const [file, first, replacement] of edits) {
      const path = join(root, file);
      mkdirSync(dirname(path), { recursive: true });
      if (first === null) rmSync(path);
      else if (replacement === undefined) writeFileSync(path, first);
      else {
        const text = readFileSync(path, 'utf8');
        if (!text.includes(first)) throw new Error(`${file} does not hold: ${first}`);
        writeFileSync(
          path,
          text.replace(first, () => replacement),
        );
      }
    }
    return await use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
