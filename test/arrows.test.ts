import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');

/**
 * From each room to the rooms whose files it may import or start, beside itself. Data flows one way: nothing leads back.
 * A room may be narrowed to one folder of it. Tests may import what they test their room with. Stacks start
 * `scripts/bootstrap.ts`, so no command imports a stack.
 */
const arrows: Readonly<Record<string, readonly string[]>> = {
  model: ['images/lock'],
  apps: ['model'],
  examples: ['model', 'apps'],
  operators: ['model', 'charts'],
  charts: ['model', 'images/lock'],
  stacks: ['model', 'scripts'],
  images: [],
  scripts: ['model', 'apps', 'operators', 'charts', 'images'],
  bench: ['model', 'apps', 'operators', 'charts', 'images', 'scripts', 'test'],
  test: ['model', 'apps', 'operators', 'charts', 'stacks', 'images', 'scripts'],
};

/** Packages that a room knows nothing of, and what for. */
const strangers: Readonly<Record<string, RegExp>> = {
  model: /^(cdk8s|@kubernetes|@pulumi)/,
  apps: /^(cdk8s|@pulumi)/,
  operators: /^(@pulumi|@kubernetes\/client-node)/,
  charts: /^(@pulumi|@kubernetes\/client-node)/,
  stacks: /^cdk8s/,
  images: /^(cdk8s|@kubernetes|@pulumi)/,
};

/** The files of the package in `images/` that others may import: its package.json lists them. */
const publicFace = Object.values(
  z
    .object({ exports: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(root, 'images/package.json'), 'utf8'))).exports,
).map((file) => join('images', file));

/** Folders of tests that read inside the package of images: they test it. */
const testsOfImages = /^test\/(images|registries|pull)\//;

/** The path from the root of a file that another imports by a relative path. */
function targetOf(file: string, specifier: string): string {
  return join(dirname(file), specifier).replaceAll('\\', '/');
}

/** Whether a room may import a file, or start it. */
function mayLeadTo(room: string, target: string): boolean {
  return [room, ...(arrows[room] ?? [])].some((allowed) => target.startsWith(`${allowed}/`));
}

/** Every TypeScript file in a room, from the root. */
function filesOf(room: string): string[] {
  if (!existsSync(join(root, room))) return [];
  return readdirSync(join(root, room), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|mts)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter(
      (file) => !/\/(node_modules|dist)\//.test(file) && (room === 'test' || !file.endsWith('.test.ts')),
    )
    .sort();
}

/** The imports of a text, static and dynamic. A simple search: comments that look like an import count too. */
function importsOf(text: string): string[] {
  const found = text.matchAll(
    /(?:^|[;\s])(?:import|export)\b[^'"`;]*?\bfrom\s*'([^']+)'|\bimport\s*\(?\s*'([^']+)'/g,
  );
  return [...found].map(([, from, other]) => from ?? other ?? '');
}

/** Files of the repository that a text names by their whole path, to start them: 'scripts/nodes.ts'. */
function startedBy(text: string): string[] {
  return [...text.matchAll(/'((?:[\w.-]+\/)+[\w.-]+\.(?:ts|cjs))'/g)].flatMap(([, path = '']) =>
    existsSync(join(root, path)) ? [path] : [],
  );
}

/** The circles of a graph: each lists its files in the order in which one leads to the next. */
function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) circles.push([...path.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}

describe.each(Object.keys(arrows))('%s', (room) => {
  const imports = filesOf(room).flatMap((file) =>
    importsOf(readFileSync(join(root, file), 'utf8')).map((specifier) => ({ file, specifier })),
  );
  const ours = imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ file, specifier }) => ({ file, target: targetOf(file, specifier) }));

  it(`imports of ours only ${['itself', ...(arrows[room] ?? [])].join(', ')}`, () => {
    const wrong = ours.filter(({ file, target }) => {
      // Apps do not know each other: what one uses of another is an edge in its app.ts. What they share is a package
      // beside them, apps/kit: no app, since it has no app.ts, and it knows none of them.
      if (room === 'apps' && target.startsWith('apps/')) {
        return ![file.split('/')[1], 'kit'].includes(target.split('/')[1]);
      }
      return !mayLeadTo(room, target);
    });
    expect(wrong).toEqual([]);
  });

  it('imports only the exported files of the package in images/', () => {
    const wrong = ours.filter(
      ({ file, target }) =>
        room !== 'images' &&
        !testsOfImages.test(file) &&
        target.startsWith('images/') &&
        !publicFace.includes(target),
    );
    expect(wrong).toEqual([]);
  });

  it('starts files only of rooms that it may import', () => {
    const wrong = filesOf(room)
      .flatMap((file) =>
        startedBy(readFileSync(join(root, file), 'utf8')).map((started) => ({ file, started })),
      )
      .filter(({ started }) => {
        const to = started.split('/')[0] ?? '';
        return to in arrows && !mayLeadTo(room, started);
      });
    expect(wrong).toEqual([]);
  });

  it('writes the file extension of each import', () => {
    expect(ours.filter(({ target }) => !/\.(tsx?|js|json)$/.test(target))).toEqual([]);
  });

  it('imports no package that belongs to another room', () => {
    expect(imports.filter(({ specifier }) => strangers[room]?.test(specifier) ?? false)).toEqual([]);
  });
});

it('every folder with TypeScript has its allowed imports', () => {
  const rooms = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^(node_modules|\.)/.test(entry.name))
    .map(({ name }) => name);
  expect(rooms.filter((room) => filesOf(room).length > 0 && !(room in arrows))).toEqual([]);
});

it('no file imports itself through others', () => {
  const graph = new Map(
    Object.keys(arrows)
      .flatMap(filesOf)
      .map((file) => [
        file,
        importsOf(readFileSync(join(root, file), 'utf8'))
          .filter((specifier) => specifier.startsWith('.'))
          .map((specifier) => targetOf(file, specifier)),
      ]),
  );
  expect(graph.size).toBeGreaterThan(500);
  expect(circlesOf(graph)).toEqual([]);
});

it('finds import cycles of any length, and none if two paths lead to one file', () => {
  const graph = (...edges: [string, string[]][]) => circlesOf(new Map(edges));
  expect(graph(['a', ['b']], ['b', ['c']], ['c', ['b']])).toEqual([['b', 'c', 'b']]);
  expect(graph(['a', ['b', 'c']], ['b', ['d']], ['c', ['d']])).toEqual([]);
});

it('finds the files that a program starts by their path', () => {
  expect(startedBy("execa(node, ['scripts/nodes.ts', 'apply', 'scripts/no-such-file.ts'])")).toEqual([
    'scripts/nodes.ts',
  ]);
});

it('finds imports of every form', () => {
  const lines = [
    "import a from './a.ts';",
    "import type { B } from './b.ts';",
    "import {\n  c,\n  type D,\n} from './c.ts';",
    "import './e.ts';",
    "export * from './f.ts';",
    "export { g } from './g.ts';",
    "const h = await import('./h.ts');",
    "const text = 'from here to there';",
  ];
  expect(importsOf(lines.join('\n'))).toEqual([...'abcefgh'].map((name) => `./${name}.ts`));
});
