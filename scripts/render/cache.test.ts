import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shop } from '../../model/fixture.ts';
import { RenderCache } from './cache.ts';
import { renderCommand } from './command.ts';
import { Memory } from './memory.ts';
import { ProblemsFailure } from './problems-failure.ts';
import { render, renderAll } from './render.ts';
import { Store } from './store.ts';

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

function edit(file: string, search: string, replacement: string, base = root): void {
  const text = readFileSync(join(base, file), 'utf8');
  if (!text.includes(search)) throw new Error(`${file} does not hold: ${search}`);
  writeFileSync(join(base, file), text.replace(search, replacement));
}

async function run(): Promise<string> {
  let text = '';
  await renderCommand(root, { out }, (part) => {
    text += part;
  });
  return text;
}

/** From each file of the cache to its bytes. */
function cached(): string[] {
  const place = join(folder, 'cache', 'render');
  return readdirSync(place).map((name) => join(place, name));
}

describe('a render when nothing has changed', () => {
  const untouched = () => new RenderCache(root, out, undefined).untouched();

  it('does nothing', async () => {
    expect(untouched()).toBeUndefined();
    await run();
    expect(untouched()).toMatchObject({ environments: ['dev', 'prod'] });
    const times = cached().map((path) => statSync(path).mtimeMs);
    expect(await run()).toMatch(/^2 environments, \d+ files, 0 changed, \d+ ms\n$/);
    expect(cached().map((path) => statSync(path).mtimeMs)).toEqual(times);
  });

  it.each<[string, () => void]>([
    ['a description', () => edit('apps/shop/app.ts', 'hello', 'hallo')],
    ['a source that goes into an image', () => writeFileSync(join(root, 'apps/shop/server.js'), '1')],
    ['a hidden file that goes into an image', () => writeFileSync(join(root, 'apps/shop/.npmrc'), '1')],
    ...['dist', 'golden', 'fixtures'].map((name): [string, () => void] => [
      `a new app by the name of ${name}`,
      () => cpSync(join(root, 'apps/catalog'), join(root, 'apps', name), { recursive: true }),
    ]),
    ['a new app', () => cpSync(join(root, 'apps/catalog'), join(root, 'apps/other'), { recursive: true })],
    ['a manifest', () => edit('dev/shop/service-shop.yaml', 'kind', 'kind', out)],
    ['a manifest that is gone', () => rmSync(join(out, 'dev/shop/service-shop.yaml'))],
    ['a manifest too many', () => writeFileSync(join(out, 'dev/shop/mine.yaml'), 'a: 1\n')],
    ['the environments that are asked for', () => edit('clusters/dev/cluster.yaml', 'name:', 'name: ')],
  ])('sees that something has: %s', async (_what, change) => {
    await run();
    change();
    expect(untouched()).toBeUndefined();
  });
});

describe('a render when an app has changed', () => {
  it('makes that app anew, and those that use it, and no other', async () => {
    const memory = new Memory();
    await render(root, { out, memory });
    expect(memory.made).toContain('dev/registry');
    memory.made.length = 0;
    edit('apps/shop/app.ts', "cpu: '50m'", "cpu: '60m'");
    const { difference } = await render(root, { out, memory });
    expect(difference.changed).toEqual(['dev/shop/deployment-shop.yaml', 'prod/shop/deployment-shop.yaml']);
    const apps = memory.made.filter((id) => /\/(shop|catalog)$/.test(id));
    expect(apps).toEqual(['dev/catalog', 'dev/shop', 'prod/catalog', 'prod/shop']);
    memory.made.length = 0;
    await render(root, { out, memory });
    expect(memory.made).toEqual([]);
  });

  it('comes to what a render from nothing comes to, whatever changes, and so do its refusals', async () => {
    const replace = (file: string, search: string, replacement: string) => () => {
      if (readFileSync(join(root, file), 'utf8').includes(search)) edit(file, search, replacement);
    };
    const other = join(root, 'apps/other');
    const changes: (() => void)[] = [
      replace('apps/shop/app.ts', 'hello', 'hallo'),
      replace('apps/shop/app.ts', 'hallo', 'hello'),
      replace('apps/shop/app.ts', "cpu: '50m'", "cpu: '60m'"),
      replace('apps/shop/app.ts', "uses: [{ kind: 'app', app: 'catalog', port: 'api' }]", 'uses: []'),
      replace('apps/shop/app.ts', 'uses: []', "uses: [{ kind: 'app', app: 'catalog', port: 'api' }]"),
      replace('apps/catalog/app.ts', 'port: 9000', 'port: 9001'),
      replace('clusters/dev/cluster.yaml', 'domain: ', 'domain: a.'),
      replace('clusters/prod/cluster.yaml', '256Mi', '200Mi'),
      replace('operators/traefik.ts', 'The gateway.', 'A gateway.'),
      replace('images/lock.yaml', 'traefik:v3.6.12', 'traefik:v3.6.13'),
      // Refused when the graph is joined, when a file is imported, and when the objects are looked at
      replace('apps/shop/app.ts', "app: 'catalog'", "app: 'catlog'"),
      replace('apps/catalog/app.ts', "name: 'catalog',", "name: 'catalog',,"),
      replace('apps/catalog/app.ts', "cpu: '10m'", "cpu: '700m'"),
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
    ];
    const saved = join(folder, 'saved');
    cpSync(root, saved, { recursive: true });
    const memory = new Memory();
    const filesOrProblems = async (memory?: Memory) => {
      try {
        return [...(await renderAll(root, undefined, memory)).files];
      } catch (error) {
        if (error instanceof ProblemsFailure) return error.problems;
        throw error;
      }
    };
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...changes), async (change) => {
        change();
        const anew = await filesOrProblems();
        expect(await filesOrProblems(memory)).toEqual(anew);
        if (!Array.isArray(anew[0])) {
          refused++;
          rmSync(root, { recursive: true });
          cpSync(saved, root, { recursive: true });
          return;
        }
        rmSync(saved, { recursive: true, force: true });
        cpSync(root, saved, { recursive: true });
        await render(root, { out, memory });
        expect((await render(root, { out, write: false })).difference).toMatchObject({
          changed: [],
          removed: [],
        });
      }),
      { numRuns: 60, endOnFailure: true },
    );
    expect(refused).toBeGreaterThan(0);
  }, 240_000);
});

describe('a cache', () => {
  it('that is damaged anywhere is as if it were not there', async () => {
    await run();
    const good = cached().map((path) => [path, readFileSync(path)] as const);
    const manifest = join(out, 'dev/shop/deployment-shop.yaml');
    const text = readFileSync(manifest, 'utf8');
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, flip, cut) => {
        for (const [path, bytes] of good) {
          const bad = Buffer.from(bytes);
          bad[at % bad.length] = (bad[at % bad.length] ?? 0) ^ flip;
          writeFileSync(path, cut ? bad.subarray(0, at % bad.length) : bad);
        }
        expect(new RenderCache(root, out, undefined).untouched()).toBeUndefined();
        writeFileSync(manifest, '# Rendered from somewhere\n');
        expect(await run()).toContain(', 1 changed,');
        expect(readFileSync(manifest, 'utf8')).toBe(text);
      }),
      { numRuns: 8 },
    );
  }, 120_000);

  it('of other code is not read', () => {
    const store = (code: string) => new Store('memory', ['a'], code);
    store('one').write(Buffer.from('what one made'));
    expect(store('one').read()?.toString()).toBe('what one made');
    expect(store('two').read()).toBeUndefined();
  });

  it('that cannot be written stops nobody', async () => {
    writeFileSync(join(folder, 'cache'), 'a file where the folder would be');
    expect(await run()).toMatch(/files, [1-9]\d* changed/);
    expect(await run()).toMatch(/files, 0 changed/);
  });
});
