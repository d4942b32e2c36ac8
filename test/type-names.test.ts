import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** A declaration of an exported type. */
const declaration = /^export (?:declare )?(?:abstract )?(?:interface|type|class|enum) (\w+)/gm;

/** The exported types of all files, with their file. */
function exportedTypes(): { name: string; file: string }[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  return listed
    .split('\n')
    .filter((file) => file !== '' && !/\/(generated|fixtures)\//.test(file) && existsSync(join(root, file)))
    .flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(declaration)].map(([, name = '']) => ({
        name,
        file,
      })),
    );
}

/** Apps are programs of their own: an app knows itself and the kit, and nothing of the platform. */
const apps = ['apps/home/', 'apps/jobs/', 'apps/orders/', 'apps/web/'];

const programs = {
  'the platform': (file: string) => !apps.some((app) => file.startsWith(app)),
  ...Object.fromEntries(
    apps.map((app) => [app, (file: string) => file.startsWith(app) || file.startsWith('apps/kit/')]),
  ),
};

test.each(Object.entries(programs))('no two files of %s export a type of the same name', (_, holds) => {
  const exported = exportedTypes().filter(({ file }) => holds(file));
  const twice = [...Map.groupBy(exported, ({ name }) => name)]
    .filter(([, found]) => found.length > 1)
    .map(([name, found]) => `${name}: ${found.map(({ file }) => file).join(', ')}`);
  expect(exported.length).toBeGreaterThan(10);
  expect(twice).toEqual([]);
});
