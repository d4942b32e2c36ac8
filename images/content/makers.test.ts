import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ensureProgram } from '../program.ts';
import type { ImagePackage } from './image-package.ts';
import { npmPackage } from './language-packages.ts';
import { goModules } from './programs.ts';
import { debianPackages } from './system-packages.ts';

/* What is read out of the files of an image is what the makers of those files read out of them: dpkg, npm and Go. */

const root = join(import.meta.dirname, '../..');
const status = '/var/lib/dpkg/status';
const hasGo = !(await execa('go', ['version'], { reject: false })).failed;

const named = (packages: readonly ImagePackage[] = []) =>
  packages.map(({ name, version }) => `${name} ${version}`).sort();

describe('packages are those', () => {
  it.skipIf(!existsSync(status))('that dpkg lists', async () => {
    const format = `\${db:Status-Status} \${Package} \${Version} \${Architecture}\n`;
    const { stdout } = await execa('dpkg-query', ['--show', `--showformat=${format}`]);
    const wanted = stdout
      .split('\n')
      .filter((line) => line.startsWith('installed '))
      .map((line) => line.replace('installed ', ''));
    const found = debianPackages({ path: status.slice(1), content: readFileSync(status) }) ?? [];
    expect(wanted.length).toBeGreaterThan(50);
    expect(
      found.map(({ name, version, architecture }) => `${name} ${version} ${architecture}`).sort(),
    ).toEqual(wanted.sort());
  });

  it('that npm has installed', () => {
    const entry = z.object({
      version: z.string().optional(),
      link: z.boolean().optional(),
      name: z.string().optional(),
    });
    const { packages } = z
      .object({ packages: z.record(z.string(), entry) })
      .parse(JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')));
    const installed = Object.entries(packages).filter(
      ([path, { link, version }]) => path.includes('node_modules/') && link !== true && version !== undefined,
    );
    expect(installed.length).toBeGreaterThan(200);
    const differing = installed.flatMap(([path, { name, version }]) => {
      const file = join(root, path, 'package.json');
      const [found] = npmPackage({ path: `${path}/package.json`, content: readFileSync(file) }) ?? [];
      const wanted = `${name ?? path.replace(/^.*node_modules\//, '')} ${version}`;
      return `${found?.name} ${found?.version}` === wanted ? [] : [`${path}: ${wanted}`];
    });
    expect(differing).toEqual([]);
  });

  it.skipIf(!hasGo)(
    'that Go reads out of a program',
    async () => {
      const program = await ensureProgram('registry', () => {});
      const { stdout } = await execa('go', ['version', '-m', program]);
      const lines = stdout.split('\n').map((line) => line.split('\t'));
      expect(lines.filter(([, kind]) => kind === '=>')).toEqual([]);
      const wanted = lines.flatMap(([, kind, name, version = '']) =>
        kind === 'dep' || (kind === 'mod' && version.startsWith('v')) ? [`${name} ${version}`] : [],
      );
      const [, number] = /: go(\S+)$/m.exec(lines[0]?.[0] ?? '') ?? [];
      expect(wanted.length).toBeGreaterThan(20);
      const found = goModules({ path: 'registry', content: readFileSync(program) });
      expect(named(found)).toEqual([...wanted, `stdlib ${number}`].sort());
    },
    600_000,
  );
});
