import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { shop } from '../../test/model/fixture.ts';
import { renderCommand } from './render-command.ts';
import { watchAndRender } from './watch-and-render.ts';

/** Machines that do other things beside may take long. */
const patience = { timeout: 60_000 };

let root = '';
beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), 'plinth-watch-')), 'shop');
  cpSync(shop, root, { recursive: true });
});
afterEach(() => rmSync(join(root, '..'), { recursive: true, force: true }));

const app = () => join(root, 'apps/shop/app.ts');
const manifest = () => readFileSync(join(root, 'manifests/dev/shop/deployment-shop.yaml'), 'utf8');

function save(search: string, replacement: string): void {
  const text = readFileSync(app(), 'utf8');
  if (!text.includes(search)) throw new Error(`app.ts does not hold: ${search}`);
  // As editors do: a new file takes the place of the old one.
  writeFileSync(`${app()}~`, text.replace(search, replacement));
  renameSync(`${app()}~`, app());
}

it('renders at every save, reports diagnostics and continues, and ends at the signal', async () => {
  let said = '';
  const stop = new AbortController();
  const print = (text: string) => {
    said += text;
  };
  const done = watchAndRender({ root, command: {} }, { out: print, err: print }, stop.signal);
  const says = (text: string | RegExp) => vi.waitFor(() => expect(said).toMatch(text), patience);

  await says(/2 environments, \d+ files, [1-9]\d* changed, [\s\S]*Watching/);
  said = '';
  save("cpu: '50m'", "cpu: '60m'");
  await says(/apps\/shop\/app\.ts\n2 environments, \d+ files, 2 changed/);
  expect(manifest()).toContain('cpu: 60m');

  said = '';
  save("port: 'api'", "port: 'apo'");
  await says(/unknown-port[\s\S]*did you mean 'api'/);
  said = '';
  save("port: 'apo'", "port: 'api'");
  await says(/2 environments, \d+ files, 0 changed/);

  said = '';
  writeFileSync(join(root, 'apps/shop/size.ts'), "export const cpu = '70m';\n");
  await says(/apps\/shop\/size\.ts\n2 environments, \d+ files, 2 changed/);
  said = '';
  save('export default {', "import { cpu } from './size.ts';\nexport default {");
  save("cpu: '60m'", 'cpu');
  await says(/2 environments, \d+ files, 2 changed/);
  said = '';
  writeFileSync(join(root, 'apps/shop/size.ts'), "export const cpu = '80m';\n");
  await says(/apps\/shop\/size\.ts\n2 environments, \d+ files, 2 changed/);
  expect(manifest()).toContain('cpu: 80m');

  // From anywhere in the repository, and from a package.
  said = '';
  mkdirSync(join(root, 'lib/deep'), { recursive: true });
  mkdirSync(join(root, 'node_modules/sizes'), { recursive: true });
  writeFileSync(
    join(root, 'node_modules/sizes/package.json'),
    '{ "name": "sizes", "exports": "./size.mjs" }',
  );
  writeFileSync(join(root, 'node_modules/sizes/size.mjs'), "export const cpu = '81m';\n");
  writeFileSync(join(root, 'lib/deep/size.ts'), "export { cpu } from 'sizes';\n");
  save("from './size.ts'", "from '../../lib/deep/size.ts'");
  await says(/apps\/shop\/app\.ts.*\n2 environments, \d+ files, 2 changed/);
  said = '';
  writeFileSync(join(root, 'node_modules/sizes/size.mjs'), "export const cpu = '82m';\n");
  await says(/node_modules\/sizes\/size\.mjs\n2 environments, \d+ files, 2 changed/);
  said = '';
  writeFileSync(join(root, 'lib/deep/size.ts'), "export const cpu = '83m';\n");
  await says(/lib\/deep\/size\.ts\n2 environments, \d+ files, 2 changed/);
  expect(manifest()).toContain('cpu: 83m');

  said = '';
  mkdirSync(join(root, 'apps/other'));
  cpSync(join(root, 'apps/catalog/app.ts'), join(root, 'apps/other/app.ts'));
  await says(/apps\/other\/app\.ts:2:9 name-differs/);

  stop.abort();
  expect(await done).toBe(0);
}, 300_000);

it('restores changed manifests, and reports foreign files', async () => {
  let said = '';
  const print = (text: string) => {
    said += text;
  };
  const stop = new AbortController();
  const done = watchAndRender({ root, command: {} }, { out: print, err: print }, stop.signal);
  const says = (text: string | RegExp) => vi.waitFor(() => expect(said).toMatch(text), patience);
  const below = (path: string) => join(root, 'manifests/dev', path);
  let cpu = 50;
  const saved = async (text: RegExp) => {
    said = '';
    save(`cpu: '${cpu}m'`, `cpu: '${++cpu}m'`);
    await says(text);
  };
  await says('Watching');
  await saved(/ 2 changed/);

  writeFileSync(below('catalog/service-catalog.yaml'), 'mine');
  await saved(/ 3 changed/);
  rmSync(below('catalog/service-catalog.yaml'));
  writeFileSync(below('catalog/old.yaml'), '# Rendered from somewhere\n');
  await saved(/ 3 changed, 1 removed/);
  rmSync(below('catalog'), { recursive: true });
  await saved(/ 8 changed/);
  mkdirSync(below('gone'));
  writeFileSync(below('gone/service.yaml'), '# Rendered from somewhere\n');
  await saved(/ 2 changed, 1 removed/);
  writeFileSync(below('catalog/mine.yaml'), 'kind: Mine\n');
  await saved(/catalog\/mine\.yaml in .* no render wrote it/);
  // What could not be written then is written now.
  rmSync(below('catalog/mine.yaml'));
  await saved(/ 2 changed/);
  expect(manifest()).toContain(`cpu: ${cpu}m`);

  stop.abort();
  await done;
  const code = await renderCommand(root, { check: true }, print);
  expect(code).toBe(0);
}, 300_000);

it.each([
  [{ env: 'prdo' }, 'Did you mean --env prod?'],
  [{ out: '/proc/plinth' }, 'name another one by --out'],
])(
  'ends if no save can help: %j',
  async (command, next) => {
    const [out, err]: string[][] = [[], []];
    const print = {
      out: (text: string) => void out?.push(text),
      err: (text: string) => void err?.push(text),
    };
    expect(await watchAndRender({ root, command }, print, new AbortController().signal)).toBe(1);
    expect(err?.join('')).toContain(next);
    expect(out?.join('')).toBe('');
  },
  60_000,
);
