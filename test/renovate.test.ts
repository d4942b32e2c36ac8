import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadLock } from '../images/lock/index.ts';

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'images/lock.yaml'), 'utf8');
const { customManagers } = z
  .object({
    customManagers: z.array(
      z.object({
        description: z.string(),
        managerFilePatterns: z.array(z.string()),
        datasourceTemplate: z.string(),
        depNameTemplate: z.string().optional(),
        matchStrings: z.array(z.string()).length(1),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(root, 'renovate.json'), 'utf8')));

/** What Renovate finds in the lock file by the managers of that source: it applies each expression with the flag g (its documentation, 'matchStrings'). */
function found(datasource: string): Record<string, string | undefined>[] {
  return customManagers
    .filter(({ datasourceTemplate }) => datasourceTemplate === datasource)
    .flatMap(({ matchStrings: [expression = ''], depNameTemplate }) =>
      [...text.matchAll(new RegExp(expression, 'g'))].map(({ groups }) => ({
        depName: depNameTemplate,
        ...groups,
      })),
    );
}

const lock = loadLock();

describe('Renovate finds in images/lock.yaml', () => {
  it('every image that a registry of others has, with its tag and its digest', () => {
    const images = Object.values(lock.images).filter(({ ref }) => !/^registry\.plinth\.internal\//.test(ref));
    const wanted = images.map(({ ref, digest }) => `${ref} ${digest}`);
    const named = found('docker').map(
      ({ depName, currentValue, currentDigest }) => `${depName}:${currentValue} ${currentDigest}`,
    );
    expect(new Set(named)).toEqual(new Set(wanted));
  });

  it('every Go module of a program that is built or of an artifact, with its version', () => {
    const programs = Object.values(lock.binaries).flatMap(({ version, go }) =>
      go?.module === undefined ? [] : [`${go.module}@${version}`],
    );
    const artifacts = Object.values(lock.artifacts).map(({ build }) => `${build.module}@${build.version}`);
    const wanted = [...programs, ...artifacts];
    const named = found('go').map(({ depName, currentValue }) => `${depName}@${currentValue}`);
    expect(named.sort()).toEqual(wanted.sort());
  });
});
