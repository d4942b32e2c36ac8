import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { load } from 'js-yaml';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { shop, withEdits } from '../../test/model/fixture.ts';
import { findDifference } from './difference.ts';
import { render, renderAll } from './render.ts';
import { type RenderCommand, renderCommand } from './render-command.ts';

const golden = join(import.meta.dirname, 'golden', 'shop');
const rendered = await renderAll(shop);
const devFile = 'dev/shop/deployment-shop.yaml';

describe('the render of a small repository', () => {
  it('equals the reviewed files', async () => {
    const dev = [...rendered.files].filter(([path]) => path.startsWith('manifests/dev/'));
    for (const [path, content] of dev) {
      await expect(content).toMatchFileSnapshot(join(golden, path.slice('manifests/'.length)));
    }
    const files = new Map(dev.map(([path, content]) => [path.slice('manifests/'.length), content]));
    expect(findDifference(golden, files, undefined)).toMatchObject({ removed: [], foreign: [] });
  });

  it('has its source in every file, and two parsers read the same', () => {
    for (const content of rendered.files.values()) {
      expect(content).toMatch(/^# Rendered from [^\n]+\n/);
      expect(load(content)).toEqual(parse(content));
    }
  });

  it('contains no time and no path of this machine', () => {
    const all = [...rendered.files.values()].join('');
    expect(all).not.toMatch(/\b20\d\d-\d\d-\d\d/);
    expect(all).not.toContain(dirname(shop));
  });

  it('is byte-identical in another folder, locale and time zone', async () => {
    await withEdits([], async (root) => {
      const module = JSON.stringify(join(import.meta.dirname, 'render.ts'));
      const script = `
        const { renderAll } = await import(${module});
        const { files } = await renderAll(${JSON.stringify(root)});
        console.log(JSON.stringify([...files]));`;
      const stdout = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, LC_ALL: 'tr_TR.UTF-8', TZ: 'Pacific/Chatham' },
        encoding: 'utf8',
        maxBuffer: 1e8,
      });
      expect(JSON.parse(stdout)).toEqual([...rendered.files]);
    });
  });

  it('can be limited to one existing environment', async () => {
    const prod = await renderAll(shop, 'prod');
    expect([...prod.files.keys()].every((path) => path.startsWith('manifests/prod/'))).toBe(true);
    await expect(renderAll(shop, 'prdo')).rejects.toMatchObject({ next: 'Did you mean --env prod?' });
  });

  it('orders the components by their needs', () => {
    const dependsOn = (env: string, name: string) => {
      const path = `manifests/${env}/flux-sync/kustomization-${name}.yaml`;
      const found: { name: string }[] = parse(rendered.files.get(path) ?? '').spec.dependsOn ?? [];
      return found.map(({ name }) => name).join(' ');
    };
    expect(dependsOn('dev', 'shop')).toBe('crds registry traefik');
    expect(dependsOn('dev', 'registry')).toBe('local-path');
    // With TLS it has a certificate, and a route at the gateway.
    expect(dependsOn('prod', 'registry')).toBe('admission cert-manager crds identity traefik');
    expect(dependsOn('dev', 'traefik')).toBe('admission cert-manager crds identity');
    expect(dependsOn('dev', 'catalog')).toBe('');
  });
});

describe('writing', () => {
  let out = '';
  let cache = '';
  beforeEach(() => {
    out = mkdtempSync(join(tmpdir(), 'plinth-render-'));
    cache = mkdtempSync(join(tmpdir(), 'plinth-cache-'));
    vi.stubEnv('PLINTH_CACHE', cache);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    for (const folder of [out, cache]) rmSync(folder, { recursive: true, force: true });
  });

  const put = (path: string, content: string) => {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    writeFileSync(join(out, path), content);
  };

  it('writes everything once, then only differences', async () => {
    const first = await render(shop, { out });
    expect(first.difference.changed).toHaveLength(rendered.files.size);
    const untouched = join(out, 'dev/shop/service-shop.yaml');
    utimesSync(untouched, 1, 1);
    put(devFile, 'edited: by hand\n');
    const second = await render(shop, { out });
    expect(second.difference).toEqual({ changed: [devFile], removed: [], foreign: [] });
    expect(statSync(untouched).mtimeMs).toBe(1000);
    expect(readFileSync(join(out, devFile), 'utf8')).toBe(rendered.files.get(`manifests/${devFile}`));
    expect(readdirSync(out)).toEqual(['dev', 'prod']);
  });

  it('removes files and folders that are no longer rendered', async () => {
    await render(shop, { out });
    put('old/app/service-app.yaml', '# Rendered from somewhere\na: 1\n');
    put('dev/gone/service-gone.yaml', '# Rendered from somewhere\na: 1\n');
    const dev = await render(shop, { out, environment: 'dev' });
    expect(dev.difference.removed).toEqual(['dev/gone/service-gone.yaml']);
    expect(readdirSync(join(out, 'dev'))).not.toContain('gone');
    const all = await render(shop, { out });
    expect(all.difference.removed).toEqual(['old/app/service-app.yaml']);
    expect(readdirSync(out)).toEqual(['dev', 'prod']);
  });

  it('leaves foreign files unchanged, and reports them', async () => {
    put('dev/shop/mine.yaml', 'a: 1\n');
    put('README.md', 'not a manifest');
    await expect(render(shop, { out })).rejects.toThrow('dev/shop/mine.yaml');
    expect(readdirSync(join(out, 'dev/shop'))).toEqual(['mine.yaml']);
  });

  it('writes nothing if there are diagnostics', async () => {
    await withEdits([['apps/shop/app.ts', "port: 'api'", "port: 'http'"]], async (root) => {
      await expect(render(root, { out })).rejects.toThrow('apps/shop/app.ts:12:47 unknown-port');
    });
    expect(readdirSync(out)).toEqual([]);
  });

  it('reports a file at the place of its folder', async () => {
    await withEdits([], async (root) => {
      writeFileSync(join(root, 'manifests'), 'mine');
      await expect(render(root)).rejects.toThrow(
        expect.objectContaining({ name: 'Failure', next: expect.stringContaining('--out') }),
      );
      expect(readFileSync(join(root, 'manifests'), 'utf8')).toBe('mine');
    });
  });

  it('reports a file name that is not UTF-8', async () => {
    await withEdits([], async (root) => {
      writeFileSync(Buffer.concat([Buffer.from(join(root, 'apps/shop/')), Buffer.from([0xff])]), 'x');
      const failure = { name: 'Failure', next: expect.stringContaining('ls -lb') };
      await expect(renderCommand(root, { out }, () => {})).rejects.toThrow(expect.objectContaining(failure));
    });
  });

  it('reports a file that replaced its folder since the last render', async () => {
    const command = { out: join(out, 'manifests') };
    await renderCommand(shop, command, () => {});
    rmSync(command.out, { recursive: true });
    writeFileSync(command.out, 'mine');
    await expect(renderCommand(shop, command, () => {})).rejects.toThrow(
      expect.objectContaining({ name: 'Failure', next: expect.stringContaining('--out') }),
    );
  });

  it.each([
    ['no folder can be made', '/proc/plinth/manifests'],
    ['a file is no folder', join(import.meta.filename, 'manifests')],
    ['a device is no folder', '/dev/null'],
  ])('reports that %s', async (_what, out) => {
    await expect(render(shop, { out })).rejects.toThrow(
      expect.objectContaining({ name: 'Failure', next: expect.stringContaining('--out') }),
    );
  });

  it.each(['dev/shop', 'prod'])(
    'changes nothing if a file is at the place of the folder %s',
    async (path) => {
      put('dev/shop/service-shop.yaml', '# Rendered from somewhere\n');
      if (path === 'dev/shop') rmSync(join(out, path), { recursive: true });
      writeFileSync(join(out, path), 'mine');
      const files = () =>
        readdirSync(out, { recursive: true }).filter((name) => /\.yaml$/.test(String(name)));
      const before = files();
      await expect(render(shop, { out })).rejects.toThrow('EEXIST');
      expect(files()).toEqual(before);
    },
  );

  it('removes drafts of a killed render', async () => {
    mkdirSync(join(out, '.render-old'));
    utimesSync(join(out, '.render-old'), 1, 1);
    mkdirSync(join(out, '.render-now'));
    await render(shop, { out });
    expect(readdirSync(out)).toEqual(['.render-now', 'dev', 'prod']);
  });

  describe('as a command', () => {
    async function run(command: RenderCommand, root = shop): Promise<{ code: number; text: string }> {
      let text = '';
      const code = await renderCommand(root, { out, ...command }, (part) => {
        text += part;
      });
      return { code, text };
    }

    it('checks, and reports the differences and the next command', async () => {
      await run({});
      expect(await run({ check: true })).toMatchObject({ code: 0 });
      put(devFile, '# Rendered from\n');
      put('dev/gone/service-gone.yaml', '# Rendered from somewhere\n');
      put('dev/mine.yaml', 'a: 1\n');
      const { code, text } = await run({ check: true, env: 'dev' });
      expect(code).toBe(1);
      expect(text).toContain(`${devFile}: differs from the render`);
      expect(text).toContain('dev/gone/service-gone.yaml: is no longer rendered');
      expect(text).toContain('dev/mine.yaml: was never rendered');
      expect(text).toContain('npm run render -- --env dev\n');
      expect(text).toMatch(/1 environment, \d+ files, 1 to change, 1 to remove, \d+ ms\n$/);
      expect(readFileSync(join(out, devFile), 'utf8')).toBe('# Rendered from\n');
    });

    it.each(['', '/'])('does not treat the repository as its manifests: --out %j', async (above) => {
      await withEdits([], async (root) => {
        await expect(run({ out: `${root}${above}` }, root)).rejects.toThrow('this repository is in');
        await expect(run({ out: '/' }, root)).rejects.toThrow('this repository is in');
      });
    });

    it('separates the output of a description from its own', async () => {
      const shout = ['apps/catalog/app.ts', 'export', "console.log('hello');\nexport"] as const;
      await withEdits([shout], async (root) => {
        const module = JSON.stringify(join(import.meta.dirname, 'render-command.ts'));
        const script = `
          const { renderCommand } = await import(${module});
          const print = (text) => void process.stdout.write(text);
          process.exitCode = await renderCommand(${JSON.stringify(root)}, { json: true, cache: false }, print);`;
        const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
          encoding: 'utf8',
        });
        expect(JSON.parse(stdout)).toMatchObject({ environments: ['dev', 'prod'], diagnostics: [] });
        expect(stderr).toBe('hello\n');
      });
    });

    it('prints a line for people and JSON for programs', async () => {
      expect((await run({})).text).toMatch(/^2 environments, (\d+) files, \1 changed, \d+ ms\n$/);
      const { text } = await run({ json: true });
      expect(JSON.parse(text)).toMatchObject({
        environments: ['dev', 'prod'],
        changed: [],
        removed: [],
        diagnostics: [],
      });
      await withEdits([['apps/shop/app.ts', "port: 'api'", "port: 'http'"]], async (root) => {
        const failed = await run({ json: true }, root);
        expect(failed.code).toBe(1);
        expect(JSON.parse(failed.text)).toMatchObject({
          diagnostics: [{ code: 'unknown-port', line: 12, column: 47 }],
        });
      });
    });
  });
});
