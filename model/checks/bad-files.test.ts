import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shop, withEdits } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const dev = 'clusters/dev/cluster.yaml';
const catalog = 'apps/catalog/app.ts';
const lock = 'images/lock.yaml';

/** Puts something into a repository in which everything was right. */
type Damage = (root: string) => void;

const write =
  (file: string, text: string | Buffer): Damage =>
  (root) =>
    writeFileSync(join(root, file), text);

const change =
  (file: string, change: (text: string) => string | Buffer): Damage =>
  (root) =>
    writeFileSync(join(root, file), change(readFileSync(join(root, file), 'utf8')));

const linked =
  (file: string, to: string): Damage =>
  (root) => {
    rmSync(join(root, file), { recursive: true, force: true });
    symlinkSync(to, join(root, file));
  };

const machineReads: [name: string, before: string, value: string][] = [
  ['a variable of the machine', '', "process.env.CPU ?? '10m'"],
  [
    'a variable whose absence is caught',
    '',
    "(() => { try { return process.env.A!.trim(); } catch { return '10m'; } })()",
  ],
  ['a variable through an import of process', "import { env } from 'node:process';\n", "env.CPU ?? '10m'"],
  ['the name of the machine', "import os from 'os';\n", 'os.hostname()'],
  ['the folder of the command', '', 'process.cwd()'],
  ['the folder of the checkout', '', 'import.meta.dirname'],
  [
    'a file outside of the repository',
    "import { readFileSync } from 'node:fs';\n",
    "readFileSync('/etc/hostname', 'utf8')",
  ],
  [
    'a file by the folder of the command',
    "import { readFileSync } from 'node:fs';\n",
    "readFileSync('README.md', 'utf8')",
  ],
  ['the time', '', 'String(Date.now())'],
  ['the time as a date', '', 'new Date().toISOString()'],
  ['the hour in the time zone of the machine', '', 'String(new Date(0).getHours())'],
  ['a date in the time zone of the machine', '', "new Date('2026-01-01T00:00').toISOString()"],
  ['a random number', '', 'String(Math.random())'],
  ['a random id', "import { randomUUID } from 'node:crypto';\n", 'randomUUID()'],
  ['a number as the machine writes it', '', '(1000).toLocaleString()'],
  ['the time zone of the machine', '', 'Intl.DateTimeFormat().resolvedOptions().timeZone'],
];

const cases: [name: string, damage: Damage][] = [
  // The bytes
  ['6 MB of comment', change(dev, (text) => `# ${'x'.repeat(6e6)}\n${text}`)],
  ['a NUL', change(dev, (text) => text.replace('dev.localhost', 'dev\0localhost'))],
  ['an escape sequence of a terminal', change(dev, (text) => `# \u001b[2J\n${text}`)],
  ['a mark that turns the direction of writing', change(catalog, (text) => text.replace('buy', 'buy\u202e'))],
  ['a byte order mark in the middle', change(dev, (text) => text.replace('provider', '\ufeffprovider'))],
  ['Latin-1', change(dev, (text) => Buffer.from(`# Zürich\n${text}# größer\n`, 'latin1'))],
  ['UTF-16', change(dev, (text) => Buffer.from(`\ufeff${text}`, 'utf16le'))],
  ['a program', write(dev, Buffer.from('\x7fELF\x02\x01\x01\0\0\0\0'))],

  // What stands where a file should be
  ['a link out of the repository', linked(dev, '/etc/hostname')],
  ['an app that is a link to itself', linked('apps/catalog', 'catalog')],
  ['an environment that is a link to nowhere', linked('clusters/stage', 'later')],
  ['an operator that is a link to itself', linked('operators/other', 'other')],
  ['an app that is a link out of the repository', linked('apps/catalog', join(shop, 'apps/catalog'))],
  ['a link to an app outside', linked(catalog, '/etc/hostname')],
  ['a link that leads nowhere', linked(catalog, './later.ts')],
  ['a link to itself', linked(dev, 'cluster.yaml')],
  ['a device', linked(dev, '/dev/zero')],
  [
    'a folder',
    (root) => {
      rmSync(join(root, dev));
      mkdirSync(join(root, dev));
    },
  ],
  [
    'a pipe',
    (root) => {
      rmSync(join(root, dev));
      execFileSync('mkfifo', [join(root, dev)]);
    },
  ],
  ['no clusters at all', (root) => rmSync(join(root, 'clusters'), { recursive: true })],
  [
    'a file that vanishes while others are read',
    change(
      catalog,
      (text) =>
        `import { rmSync } from 'node:fs';\nrmSync(new URL('../../${lock}', import.meta.url));\n${text}`,
    ),
  ],
  // YAML
  ['20,000 brackets', write(dev, `nodes: ${'['.repeat(20_000)}`)],
  ['20,000 brackets that are closed', write(dev, `nodes: ${'['.repeat(20_000)}${']'.repeat(20_000)}`)],
  ['20,000 maps in each other', write(dev, '{a: '.repeat(20_000))],
  ['20,000 dashes', write(dev, `nodes:\n  ${'- '.repeat(20_000)}x\n`)],
  ['33 levels', write(dev, `nodes: ${'['.repeat(33)}${']'.repeat(33)}\n`)],
  ['a key that JavaScript uses', change(dev, (text) => text.replace('catalog:', '__proto__:'))],
  ['a key that is a list', change(dev, (text) => text.replace('catalog:', '? [catalog]\n  :'))],
  ['an alias of nothing', change(dev, (text) => text.replace('dev.localhost', '*domain'))],
  [
    'a tag that nobody knows',
    change(dev, (text) => text.replace('dev.localhost', '!!js/function dev.localhost')),
  ],
  ['a tab for indentation', change(dev, (text) => text.replace('  version', '\tversion'))],
  ['a quote that does not end', change(dev, (text) => text.replace('dev.localhost', '"dev.localhost'))],
  ['a value that needs quotes', change(dev, (text) => text.replace('hello from dev', 'hello: from dev'))],
  ['a template of another tool', change(dev, (text) => text.replace('dev.localhost', '{{ domain }}'))],
  ['a merge conflict', change(dev, (text) => `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> other\n`)],
  ['only a comment', write(dev, '# later\n')],
  ['a text', write(dev, 'later\n')],
  ['JSON with a comma too many', write(dev, '{"name": "dev",, }\n')],
  // Names
  ['a name that is a path', change(dev, (text) => text.replace('catalog:', '../../etc:'))],
  ['a name that is a command', change(dev, (text) => text.replace('catalog:', '$(touch x):'))],
  ['a domain that is a command', change(dev, (text) => text.replace('dev.localhost', "'; reboot #'"))],
  ['a name of 64 letters', change(dev, (text) => text.replace('catalog:', `${'a'.repeat(64)}:`))],
  ['a name with an umlaut', change(dev, (text) => text.replace('catalog:', 'bücher:'))],
  [
    'an environment whose folder is a command',
    (root) => renameSync(join(root, 'clusters/dev'), join(root, 'clusters/-rf $(x)')),
  ],
  [
    'an app whose folder has a blank',
    (root) => {
      mkdirSync(join(root, 'apps/my app'));
      write(
        'apps/my app/app.ts',
        readFileSync(join(root, catalog), 'utf8').replace("'catalog'", "'my app'"),
      )(root);
    },
  ],
  // Types and units
  [
    'a memory in a unit that is none',
    change(dev, (text) => text.replace('hello from dev', 'x\n    resources: { memory: 1GB }')),
  ],
  [
    'a memory in thousandths of bytes',
    change(dev, (text) => text.replace('hello from dev', 'x\n    resources: { memory: 128m }')),
  ],
  ['a CPU in bytes', change(dev, (text) => text.replace('hello from dev', 'x\n    resources: { cpu: 1Gi }'))],
  ['a retention of nothing', change(dev, (text) => `${text}retention: { metrics: 0d }\n`)],
  [
    'an address that is an option of a command',
    change(dev, (text) =>
      text.replace('role: control-plane', 'role: control-plane\n    address: -oProxyCommand=x'),
    ),
  ],
  [
    'a branch that is an option of a command',
    change(dev, (text) =>
      text.replace(
        'kind: in-cluster',
        'kind: git\n  url: https://git.example.org/a.git\n  branch: --upload-pack=x',
      ),
    ),
  ],
  [
    'an image that is another one tomorrow',
    change(catalog, (text) => text.replace('catalog:2.1.0', 'catalog:latest')),
  ],
  ['a retention in months', change(dev, (text) => `${text}retention: { metrics: 1 month }\n`)],
  [
    'a number of replicas that is none',
    change(dev, (text) => text.replace('env:', 'replicas: .nan\n    env:')),
  ],
  ['half a replica', change(dev, (text) => text.replace('env:', 'replicas: 1.5\n    env:'))],
  ['fewer than no replicas', change(dev, (text) => text.replace('env:', 'replicas: -1\n    env:'))],
  [
    'yes for true',
    change(dev, (text) => text.replace('hello from dev', 'yes').replace('env:', 'replicas: yes\n    env:')),
  ],
  ['a number for a value of the environment', change(dev, (text) => text.replace('hello from dev', '8080'))],
  [
    'a list for a map',
    change(dev, (text) => text.replace('catalog:', '- catalog').replace(/ {2}shop:[\s\S]*/, '')),
  ],
  ['a date for a version', change(dev, (text) => text.replace('v1.36.4', '2026-01-01'))],
  // Programs where data is asked for
  ['a function for a value', change(catalog, (text) => text.replace("'10m'", '() => 1'))],
  ['an object of a class', change(catalog, (text) => text.replace("'10m'", 'new Date(0)'))],
  [
    'a map that holds itself',
    (root) => write(catalog, 'const app = { name: {} };\napp.name = app;\nexport default app;\n')(root),
  ],
  [
    'a value that fails when it is asked for',
    change(catalog, (text) => text.replace("name: 'catalog'", "get name() { throw new Error('no') }")),
  ],
  [
    'a program that ends',
    change(catalog, (text) => `const ready = false;\nif (!ready) process.exit(0);\n${text}`),
  ],
  [
    'a program that ends later',
    change(catalog, (text) => `setTimeout(() => {\n  process.exit(0);\n}, 10);\n${text}`),
  ],
  ['a promise', write(catalog, 'export default Promise.resolve({});\n')],
  [
    'a failure that comes later',
    change(catalog, (text) => `setTimeout(() => {\n  throw new Error('too late');\n}, 0);\n${text}`),
  ],
  [
    'a promise that fails',
    change(catalog, (text) => `${text}Promise.reject(new Error('nobody waits for it'));\n`),
  ],
  ['a promise that fails with a text', change(catalog, (text) => `${text}Promise.reject('a text');\n`)],
  ['a promise that is never kept', change(catalog, (text) => `await new Promise(() => {});\n${text}`)],
  ['a loop without end', change(catalog, (text) => `while (true);\n${text}`)],
  // Values of the machine and the moment
  ...machineReads.map(([name, before, value]): [string, Damage] => [
    name,
    change(catalog, (text) => `${before}${text.replace("'10m'", value)}`),
  ]),
  [
    'a variable of the machine in a shared module',
    (root) => {
      mkdirSync(join(root, 'lib'));
      write('lib/cpu.ts', "export const cpu = () =>\n  process.env.CPU ?? '10m';\n")(root);
      change(
        catalog,
        (text) => `import { cpu } from '../../lib/cpu.ts';\n${text.replace("'10m'", 'cpu()')}`,
      )(root);
    },
  ],
  ['a timer without end', change(catalog, (text) => `setInterval(() => {}, 1000);\n${text}`)],
];

describe('a file is refused that is', () => {
  it.each(cases)('%s', async (name, damage) => {
    const diagnostics = await withEdits([], async (root) => {
      damage(root);
      const { environments, diagnostics } = await loadGraph(root);
      expect(environments).toEqual([]);
      return diagnostics.map((diagnostic) => formatDiagnostic(diagnostic).replaceAll(shop, '/elsewhere'));
    });
    expect(diagnostics).not.toEqual([]);
    expect(diagnostics.join('\n')).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
    const text = `${diagnostics.join('\n')}\n`;
    await expect(text).toMatchFileSnapshot(`golden/bad-files/${name.replaceAll(/[^a-zA-Z0-9]+/g, '-')}.txt`);
  });
});

it('accepts a byte order mark at the start, Windows line ends, tabs in texts and letters of all scripts', async () => {
  const damage = change(dev, (text) =>
    `\ufeff${text.replace('hello from dev', "'こんにちは\t👩‍👩‍👧 é'")}`.replaceAll('\n', '\r\n'),
  );
  await withEdits([], async (root) => {
    damage(root);
    expect((await loadGraph(root)).diagnostics).toEqual([]);
  });
});

it('reads an app through a symbolic link inside the repository', async () => {
  await withEdits([], async (root) => {
    mkdirSync(join(root, 'shared'));
    writeFileSync(join(root, 'shared/app.ts'), readFileSync(join(root, catalog)));
    linked(catalog, '../../shared/app.ts')(root);
    expect((await loadGraph(root)).diagnostics).toEqual([]);
  });
});

it('reads a repository that is itself reached by a symbolic link', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-link-'));
  try {
    await withEdits([], async (root) => {
      symlinkSync(root, join(folder, 'link'));
      expect((await loadGraph(join(folder, 'link'))).diagnostics).toEqual([]);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('shows at most a hundred schema errors of one file', async () => {
  await withEdits([], async (root) => {
    const many = Array.from({ length: 5_000 }, (_, i) => `key-${i}: 1\n`).join('');
    change(dev, (text) => text + many)(root);
    expect((await loadGraph(root)).diagnostics).toHaveLength(100);
  });
});

it('reports only the faulty one of two programs', async () => {
  await withEdits([], async (root) => {
    change(catalog, (text) => `setInterval(() => {}, 1000);\n${text}`)(root);
    change('apps/shop/app.ts', (text) => text.replace("'8080'", 'new URL("http://a:8080").port'))(root);
    const { diagnostics } = await loadGraph(root);
    expect(diagnostics).toMatchObject([{ code: 'import-goes-on', file: catalog }]);
    change(catalog, (text) => text.replace('setInterval(() => {}, 1000);', 'const a = [1].map(String);'))(
      root,
    );
    const { environments } = await loadGraph(root);
    expect(environments[0]?.apps.find(({ name }) => name === 'shop')?.env).toMatchObject({ PORT: '8080' });
  });
}, 60_000);

it('reports the line at which an import fails', async () => {
  await withEdits([], async (root) => {
    change(catalog, (text) => `import './helper.ts';\n${text}`)(root);
    const { diagnostics } = await loadGraph(root);
    expect(diagnostics).toMatchObject([{ code: 'import-failed', file: catalog, line: 1, column: 11 }]);
    expect(diagnostics[0]?.underlined?.length).toBe('helper.ts'.length);
  });
});
