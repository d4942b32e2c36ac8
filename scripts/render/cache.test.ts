import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shop } from '../../test/model/fixture.ts';
import { RenderCache } from './cache.ts';
import { DiagnosticsFailure } from './diagnostics-failure.ts';
import { Memory } from './memory.ts';
import { render, renderAll } from './render.ts';
import { renderCommand } from './render-command.ts';

const before = process.env.PLINTH_CACHE;
let folder = '';
let root = '';
let out = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-cache-'));
  process.env.PLINTH_CACHE = join(folder, 'cache');
  root = join(folder, 'shop');
  out = join(folder, 'manifests');
  cpSync(shop, root, { recursive: true });
});

afterEach(() => {
  if (before === undefined) delete process.env.PLINTH_CACHE;
  else process.env.PLINTH_CACHE = before;
  rmSync(folder, { recursive: true, force: true });
});

function edit(file: string, search: string | RegExp, replacement: string, base = root): void {
  const text = readFileSync(join(base, file), 'utf8');
  const edited = text.replace(search, replacement);
  if (edited === text) throw new Error(`${file} does not hold: ${search}`);
  writeFileSync(join(base, file), edited);
}

async function run(): Promise<string> {
  let text = '';
  await renderCommand(root, { out }, (part) => {
    text += part;
  });
  return text;
}

/** The one file of the cache. */
function cached(): string {
  const place = join(folder, 'cache', 'render');
  const [name = ''] = readdirSync(place);
  return join(place, name);
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const untouched = () => new RenderCache(root, out, undefined).untouched();

/** From the folder of an app. */
const lib = '../../lib';

/** A description that takes what it says from everywhere: imports at any depth, of every kind. */
function importEverything(): void {
  put('lib/common.ts', "import { deep } from './deep/deep.ts';\nexport const common = deep;\n");
  put('lib/deep/deep.ts', "export const deep = 'deep-1';\n");
  put('lib/later.ts', "export const later = 'later-1';\n");
  put('lib/data.json', '{ "value": "data-1" }');
  put('lib/old.cjs', "module.exports = { old: require('./older.cjs') };\n");
  put('lib/older.cjs', "module.exports = 'older-1';\n");
  put('node_modules/sizes/package.json', '{ "name": "sizes", "exports": "./one.mjs" }');
  put('node_modules/sizes/one.mjs', "export const size = 'size-1';\n");
  put('node_modules/sizes/two.mjs', "export const size = 'size-2';\n");
  edit(
    'apps/shop/app.ts',
    'export default {',
    `import { common } from '${lib}/common.ts';
import data from '${lib}/data.json' with { type: 'json' };
import old from '${lib}/old.cjs';
import { size } from 'sizes';

const { later } = await import('${lib}/later.ts');
export default {`,
  );
  edit('apps/shop/app.ts', 'hello', "' + [common, later, data.value, old.old, size].join(' ') + '");
}

/** By what it is: an edit of a file that a description reaches by imports. */
const editsOfImports: [string, () => void][] = [
  ['what it imports', () => edit('lib/common.ts', /deep;|'\w*-\d+'/, `'${number('common')}'`)],
  ['what that imports', () => edit('lib/deep/deep.ts', /deep-\d+/, number('deep'))],
  ['what it imports later', () => edit('lib/later.ts', /later-\d+/, number('later'))],
  ['JSON', () => edit('lib/data.json', /data-\d+/, number('data'))],
  ['what is required', () => edit('lib/older.cjs', /older-\d+/, number('older'))],
  ['a file of a package', () => edit('node_modules/sizes/one.mjs', /size-\d+/, number('size'))],
  [
    "a package's exports",
    () => edit('node_modules/sizes/package.json', /one(?=\.mjs)|two(?=\.mjs)/, other()),
  ],
];

let count = 1;
const other = () =>
  readFileSync(join(root, 'node_modules/sizes/package.json'), 'utf8').includes('one.') ? 'two' : 'one';
const number = (word: string) => `${word}-${++count}`;

describe('a render when nothing has changed', () => {
  it('does nothing', async () => {
    importEverything();
    expect(untouched()).toBeUndefined();
    await run();
    expect(untouched()).toMatchObject({ environments: ['dev', 'prod'] });
    const time = statSync(cached()).mtimeMs;
    expect(await run()).toMatch(/^2 environments, \d+ files, 0 changed, \d+ ms\n$/);
    expect(statSync(cached()).mtimeMs).toBe(time);
  });

  it.each<[string, () => void]>([
    ['a description', () => edit('apps/shop/app.ts', 'cpu', 'cpu ')],
    ['a source that goes into an image', () => put('apps/shop/server.js', '1')],
    ['a hidden file that goes into an image', () => put('apps/shop/.npmrc', '1')],
    ['what Git ignores', () => put('.gitignore', 'apps/shop/server.py\n')],
    ['line ends of what Git takes for binary', () => put('.gitattributes', '* -text\n')],
    ...['dist', 'golden', 'fixtures'].map((name): [string, () => void] => [
      `a new app by the name of ${name}`,
      () => cpSync(join(root, 'apps/catalog'), join(root, 'apps', name), { recursive: true }),
    ]),
    ['a new app', () => cpSync(join(root, 'apps/catalog'), join(root, 'apps/other'), { recursive: true })],
    ['a manifest', () => edit('dev/shop/service-shop.yaml', 'kind', 'kinds', out)],
    ['a manifest that is gone', () => rmSync(join(out, 'dev/shop/service-shop.yaml'))],
    ['a manifest too many', () => writeFileSync(join(out, 'dev/shop/mine.yaml'), 'a: 1\n')],
    ['the environments that are asked for', () => edit('clusters/dev/cluster.yaml', 'name:', 'name: ')],
    ...editsOfImports,
  ])('detects a change: %s', async (_what, change) => {
    importEverything();
    put('apps/shop/server.py', 'a\r\n');
    execFileSync('git', ['init', '--quiet'], { cwd: root });
    put('.gitattributes', '* text=auto\n');
    await run();
    expect(untouched()).toBeDefined();
    change();
    expect(untouched()).toBeUndefined();
  });

  it('detects another commit of manifests, which could be a reason to refuse', async () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.org', ...args], { cwd: root });
    git('init', '--quiet');
    await run();
    put('manifests/dev/old/cluster-old.yaml', 'kind: Cluster\n');
    git('add', 'manifests');
    expect(untouched()).toBeDefined();
    git('commit', '--quiet', '--message', 'all');
    expect(untouched()).toBeUndefined();
  });

  it('detects changes if the folder of an app is a link', async () => {
    renameSync(join(root, 'apps/shop'), join(root, 'shop'));
    symlinkSync('../shop', join(root, 'apps/shop'));
    for (const path of ['shop/server.js', 'shop/app.ts', 'shop/new.js']) {
      await run();
      expect(untouched()).toBeDefined();
      appendFileSync(join(root, path), '\n');
      expect(untouched()).toBeUndefined();
    }
  });

  it.each([
    [
      'a file',
      "import { readFileSync } from 'node:fs';",
      "readFileSync(new URL('./app.ts', import.meta.url), 'utf8').length",
    ],
    ['whether a module is there', "const there = await import('./no.ts').catch(() => 'no');", 'there'],
  ])('renders again if a description reads %s', async (_what, before, value) => {
    edit('apps/shop/app.ts', 'export default {', `${before}\nexport default {`);
    edit('apps/shop/app.ts', 'hello', `' + ${value} + '`);
    await run();
    expect(untouched()).toBeUndefined();
  });
});

describe('a render when an app has changed', () => {
  it('builds only that app and those that use it', async () => {
    const memory = new Memory();
    await render(root, { out, memory });
    expect(memory.made).toContain('dev/registry');
    memory.made.length = 0;
    edit('apps/shop/app.ts', "cpu: '50m'", "cpu: '60m'");
    const { difference } = await render(root, { out, memory });
    expect([...difference.changed].sort()).toEqual([
      'dev/shop/deployment-shop.yaml',
      'prod/shop/deployment-shop.yaml',
    ]);
    const apps = memory.made.filter((id) => /\/(shop|catalog)$/.test(id));
    expect(apps).toEqual(['dev/catalog', 'dev/shop', 'prod/catalog', 'prod/shop']);
    memory.made.length = 0;
    await render(root, { out, memory });
    expect(memory.made).toEqual([]);
  });

  it('equals a full render after any change, including refusals', async () => {
    const replace = (file: string, search: string, replacement: string) => () => {
      if (readFileSync(join(root, file), 'utf8').includes(search)) edit(file, search, replacement);
    };
    const other = join(root, 'apps/other');
    // Refused when the graph is joined, when a file is imported, and when the objects are looked at
    const refusals: (() => void)[] = [
      replace('apps/shop/app.ts', "app: 'catalog'", "app: 'catlog'"),
      replace('apps/catalog/app.ts', "name: 'catalog',", "name: 'catalog',,"),
      replace('apps/catalog/app.ts', "cpu: '10m'", "cpu: '700m'"),
    ];
    const changes: (() => void)[] = [
      ...refusals,
      replace('apps/shop/app.ts', 'hello', 'hallo'),
      replace('apps/shop/app.ts', 'hallo', 'hello'),
      replace('apps/shop/app.ts', "cpu: '50m'", "cpu: '60m'"),
      replace('apps/shop/app.ts', "uses: [{ kind: 'app', app: 'catalog', port: 'api' }]", 'uses: []'),
      replace('apps/shop/app.ts', 'uses: []', "uses: [{ kind: 'app', app: 'catalog', port: 'api' }]"),
      replace('apps/catalog/app.ts', 'port: 9000', 'port: 9001'),
      replace('clusters/dev/cluster.yaml', 'domain: ', 'domain: a.'),
      replace('clusters/prod/cluster.yaml', '256Mi', '200Mi'),
      replace('operators/traefik/operator.ts', 'The gateway.', 'A gateway.'),
      replace('images/lock.yaml', 'traefik:v3.6.12', 'traefik:v3.6.13'),
      () => writeFileSync(join(root, 'apps/shop/server.js'), `${Math.random()}`),
      () => rmSync(join(out, 'dev/shop/service-shop.yaml'), { force: true }),
      () => {
        mkdirSync(other, { recursive: true });
        const text = readFileSync(join(shop, 'apps/catalog/app.ts'), 'utf8');
        writeFileSync(join(other, 'app.ts'), text.replace("'catalog'", "'other'"));
      },
      replace('clusters/dev/cluster.yaml', 'apps:\n', 'apps:\n  other:\n'),
      replace('clusters/dev/cluster.yaml', '  other:\n', ''),
      () => rmSync(other, { recursive: true, force: true }),
      ...editsOfImports.map(([, change]) => change),
    ];
    importEverything();
    const saved = join(folder, 'saved');
    cpSync(root, saved, { recursive: true });
    const memory = new Memory();
    const filesOrDiagnostics = async (memory?: Memory) => {
      try {
        return [...(await renderAll(root, undefined, memory)).files];
      } catch (error) {
        if (error instanceof DiagnosticsFailure) return error.diagnostics;
        throw error;
      }
    };
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...changes), fc.boolean(), async (change, byCommand) => {
        change();
        const anew = await filesOrDiagnostics();
        expect(await filesOrDiagnostics(memory)).toEqual(anew);
        if (!Array.isArray(anew[0])) {
          refused++;
          rmSync(root, { recursive: true });
          cpSync(saved, root, { recursive: true });
          return;
        }
        rmSync(saved, { recursive: true, force: true });
        cpSync(root, saved, { recursive: true });
        if (byCommand) await run();
        else await render(root, { out, memory });
        expect(await renderCommand(root, { out, check: true }, () => {})).toBe(0);
      }),
      // Each refusal once, then changes by chance.
      { numRuns: 25, endOnFailure: true, examples: refusals.map((change) => [change, false]) },
    );
    expect(refused).toBeGreaterThanOrEqual(refusals.length);
  }, 240_000);
});

describe('a cache', () => {
  it('ignores a damaged cache', async () => {
    await run();
    const good = readFileSync(cached());
    const manifest = join(out, 'dev/shop/deployment-shop.yaml');
    const text = readFileSync(manifest, 'utf8');
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, flip, cut) => {
        const bad = Buffer.from(good);
        bad[at % bad.length] = (bad[at % bad.length] ?? 0) ^ flip;
        writeFileSync(cached(), cut ? bad.subarray(0, at % bad.length) : bad);
        expect(untouched()).toBeUndefined();
        writeFileSync(manifest, '# Rendered from somewhere\n');
        expect(await run()).toContain(', 1 changed,');
        expect(readFileSync(manifest, 'utf8')).toBe(text);
      }),
      { numRuns: 8 },
    );
  }, 120_000);

  it('works if the cache cannot be written', async () => {
    writeFileSync(join(folder, 'cache'), 'a file where the folder would be');
    expect(await run()).toMatch(/files, [1-9]\d* changed/);
    expect(await run()).toMatch(/files, 0 changed/);
  });
});
