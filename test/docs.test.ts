import { cpSync, existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { loadLock } from '../images/lock/index.ts';
import { ownHost } from '../images/oci/index.ts';
import { appSchema } from '../model/app.ts';
import { loadGraph } from '../model/load-graph.ts';
import { clusterSchema } from '../model/schema/cluster.ts';
import { DiagnosticsFailure } from '../scripts/render/diagnostics-failure.ts';
import { renderAll } from '../scripts/render/render.ts';
import { acceptedSchema } from '../scripts/supply-chain/accepted.ts';
import { blocksOf, commandsOf, type Example, spansOf } from './examples.ts';
import { appFile, type Edit, platformCluster, withPlatform } from './model/fixture.ts';

const root = join(import.meta.dirname, '..');
const files = ['README.md', ...globSync('docs/**/*.md', { cwd: root })].sort();
const texts = files.map((file) => [file, readFileSync(join(root, file), 'utf8')] as const);
const blocks = texts.flatMap(([file, text]) => blocksOf(file, text));
const spans = texts.flatMap(([file, text]) => spansOf(file, text));

type Kind = 'picture' | 'file' | 'commands' | 'objects' | 'app' | 'operator' | 'cluster' | 'supply chain';

/** The kind of an example. Each block is one of these: no test runs a block of another kind. */
function kindOf({ text, language, file }: Example): Kind | undefined {
  if (language === 'mermaid' || /[─┐┘]/.test(text)) return 'picture';
  // test/tutorial.test.ts renders and runs them.
  if (file !== undefined) return 'file';
  const lines = text.split('\n').filter((line) => /^\S/.test(line));
  if (
    lines.every((line) =>
      /^(?:npm|kubectl|git|curl|aws|bao|openssl|export|#|\$EDITOR|\w+\(\) \{) ?/.test(line),
    )
  )
    return 'commands';
  if (/^apiVersion: /m.test(text)) return 'objects';
  const keys = lines.flatMap((line) => /^(\w+):/.exec(line)?.[1] ?? []);
  if (keys.length > 0 && keys.every((key) => Object.hasOwn(acceptedSchema.shape, key))) return 'supply chain';
  // A line of an object in TypeScript ends with a comma; one of YAML does not.
  const isTypeScript = /,\s*(?:\/\/.*)?$/m.test(text);
  if (isTypeScript && keys.includes('chart')) return 'operator';
  const shape = isTypeScript ? appSchema.shape : clusterSchema.shape;
  if (keys.length === 0 || !keys.every((key) => Object.hasOwn(shape, key))) return undefined;
  return isTypeScript ? 'app' : 'cluster';
}

const ofKind = (kind: Kind) =>
  blocks.filter((block) => kindOf(block) === kind).map((block) => [block.place, block] as const);

/** Diagnostics of a repository with the platform, the apps of this repository and an example. */
async function diagnosticsOf(cluster: string, edits: Edit[]): Promise<string[]> {
  const apps: Edit = ['clusters/dev/cluster.yaml', platformCluster(cluster)];
  return withPlatform([apps, ...edits], async (folder) => {
    cpSync(join(root, 'apps'), join(folder, 'apps'), {
      recursive: true,
      filter: (path) => !path.includes('node_modules'),
    });
    for (const file of ['package-lock.json', 'tsconfig.json']) cpSync(join(root, file), join(folder, file));
    try {
      await renderAll(folder);
      return [];
    } catch (error) {
      if (!(error instanceof DiagnosticsFailure)) throw error;
      return error.message.split('\n');
    }
  });
}

it('every example in the docs is of a kind that a test runs', () => {
  expect(blocks.length).toBeGreaterThan(10);
  expect(blocks.filter((block) => kindOf(block) === undefined)).toEqual([]);
});

describe('an example of app.ts renders unchanged', () => {
  it.each(ofKind('app'))('%s', async (_, { text }) => {
    const quota =
      'apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: example, namespace: example }\nspec: { hard: { pods: "20" } }\n';
    const edits: Edit[] = [
      ['apps/example/app.ts', appFile('example', text)],
      ...[...text.matchAll(/'(extra\/[^']+)'/g)].map(([, file]): Edit => [`apps/example/${file}`, quota]),
      ['apps/example/migrations/Dockerfile', 'FROM scratch\n'],
      ...[...text.matchAll(/'(files\/[^']+)'/g)].map(([, file]): Edit => [`apps/example/${file}`, 'a=1\n']),
    ];
    expect(
      await diagnosticsOf(
        'signIn: { mail: { kind: mailpit } }\nobservability: { store: light }\napps: { orders: , jobs: , example: }',
        edits,
      ),
    ).toEqual([]);
  });
});

describe('an example of operator.ts is accepted unchanged', () => {
  it.each(ofKind('operator'))('%s', async (_, { text }) => {
    const name = /^name: '([a-z-]+)',$/m.exec(text)?.[1] ?? '';
    const edits: Edit[] = [[`operators/${name}/operator.ts`, `export default {\n${text}\n};\n`]];
    const { diagnostics } = await withPlatform(edits, (folder) => loadGraph(folder));
    expect(diagnostics).toEqual([]);
  });
});

const anyPart = clusterSchema.partial();

describe('an example of cluster.yaml renders unchanged', () => {
  it.each(ofKind('cluster'))('%s', async (_, { text }) => {
    const lines = text.split('\n');
    const keys = lines.flatMap((line) => /^(\w+):/.exec(line)?.[1] ?? []);
    // A key that comes again is another example.
    const examples = new Set(keys).size < keys.length ? lines : [text];
    for (const example of examples) {
      const { retired = [] } = anyPart.parse(parse(example));
      // A retired app does not run, and neither do its users.
      const apps = retired.some((each) => 'database' in each && each.database === 'orders')
        ? 'jobs: '
        : 'orders: , jobs: ';
      expect(await diagnosticsOf(`${example}\napps: { ${apps} }`, []), example).toEqual([]);
    }
  });
});

describe('a field that the docs name is in its schema', () => {
  const fields = spans.filter(({ text }) => /^\w+: [[{]/.test(text) && !text.includes('…'));

  it.each(fields.map(({ place, text }) => [place, text]))('%s: %s', (_, text) => {
    const value: unknown = parse(text);
    const taken = [appSchema.partial(), clusterSchema.partial()].some(
      (schema) => schema.safeParse(value).success,
    );
    expect(taken).toBe(true);
  });
});

describe('an example of what is accepted of packages of others', () => {
  it.each(ofKind('supply chain'))('%s has the keys of ci/supply-chain.yaml', (_, { text }) => {
    expect(acceptedSchema.partial().parse(parse(text))).not.toEqual({});
  });
});

describe('an example of Kubernetes objects', () => {
  it.each(ofKind('objects'))(
    '%s is YAML of complete objects, with images of the lock file',
    (_, { text }) => {
      const refs = Object.values(loadLock().images).map(({ ref }) => ref);
      for (const document of parseAllDocuments(text)) {
        expect(document.errors).toEqual([]);
        const object: unknown = document.toJS();
        expect(object).toMatchObject({ apiVersion: expect.any(String), kind: expect.any(String) });
        const image = /imageName: (\S+)/.exec(document.toString())?.[1];
        if (image !== undefined) expect(refs).toContain(image);
      }
    },
  );
});

describe('a command that the docs name', () => {
  const typed = [...blocks, ...spans].flatMap(commandsOf);
  const scripts: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts;

  it('is in package.json', () => {
    expect(typed.length).toBeGreaterThan(20);
    const unknown = typed.filter(({ script }) => !Object.hasOwn(Object(scripts), script));
    expect(unknown).toEqual([]);
  });

  // What follows `pulumi --` is Pulumi's own.
  const ours = typed.filter(({ script, args }) => script !== 'pulumi' && args.length > 0);
  const groups = Map.groupBy(ours, ({ script, args: [first = ''] }) =>
    /^[a-z][a-z-]*$/.test(first) ? `${script} ${first}` : script,
  );

  it.each([...groups])(
    'npm run %s has the options that are named',
    async (_, group) => {
      const [{ script = '', args: [first = ''] = [] } = {}] = group;
      const all = await helpOf(script);
      const isListed = new RegExp(`^ +${first}\\b`, 'm').test(all.split(/^Commands:/m)[1] ?? '');
      const isCommand = /^[a-z]/.test(first) && isListed;
      // A word that is no command must be an argument.
      if (/^[a-z]/.test(first) && /^Commands:/m.test(all)) {
        expect(isListed || /^Arguments:/m.test(all), all).toBe(true);
      }
      const own = isCommand ? all + (await helpOf(script, first)) : all;
      const has = (option: string) => new RegExp(`(^|[\\s,])${option}\\b`, 'm').test(own);
      for (const { place, args } of group) {
        const options = args.map((arg) => arg.replace(/=.*/, '')).filter((arg) => /^--?[a-z]/.test(arg));
        expect(
          options.filter((option) => !has(option)),
          place,
        ).toEqual([]);
      }
    },
    120_000,
  );

  /** Output of each command with --help, once each. */
  const helps = new Map<string, Promise<string>>();
  function helpOf(script: string, ...args: string[]): Promise<string> {
    const key = [script, ...args].join(' ');
    const known = helps.get(key) ?? printHelp(script, args);
    helps.set(key, known);
    return known;
  }

  async function printHelp(script: string, args: string[]): Promise<string> {
    const file = /^node (?:-r \S+ )?(\S+)/.exec(String(Reflect.get(Object(scripts), script)))?.[1];
    if (file === undefined) throw new Error(`npm run ${script} is no program of Node`);
    const run = await execa(process.execPath, [file, ...args, '--help'], { cwd: root, reject: false });
    expect(run.exitCode, run.stderr).toBe(0);
    return run.stdout;
  }
});

it('an environment variable that the docs name is read by a program', async () => {
  const named = new Set(texts.flatMap(([, text]) => text.match(/\bPLINTH_[A-Z_]+\b/g) ?? []));
  expect(named.size).toBeGreaterThan(0);
  const { stdout } = await execa('git', ['grep', '-how', 'PLINTH_[A-Z_]*', '--', '*.ts'], { cwd: root });
  const read = new Set(stdout.split('\n'));
  expect([...named].filter((name) => !read.has(name))).toEqual([]);
});

it('every linked file exists', () => {
  const links = texts.flatMap(([file, text]) =>
    [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, to = '']) => join(dirname(file), to)),
  );
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
});

it('the limits list exactly the images without a known digest', () => {
  const { images } = loadLock();
  const without = Object.keys(images).filter(
    (name) => images[name]?.digest === undefined && !images[name]?.ref.startsWith(`${ownHost}/`),
  );
  const limits = readFileSync(join(root, 'docs/limits.md'), 'utf8');
  const [, listed = ''] =
    /only the tag of these images, because no public document names their digest: ([^.]*)\./.exec(limits) ??
    [];
  expect([...listed.matchAll(/`([^`]+)`/g)].map(([, name]) => name).sort()).toEqual(without.sort());
});
