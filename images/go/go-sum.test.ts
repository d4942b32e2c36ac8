import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadLock } from '../lock/read.ts';
import { hash1, moduleSum } from './go-sum.ts';

it('equals the checksum that go writes', () => {
  const files = new Map(
    [
      ['go.mod', 'module example.org/m\n'],
      ['config/b.yaml', 'b\n'],
      ['config/B.yaml', 'B\n'],
      ['config/é.yaml', 'é\n'],
    ].map(([path, text]) => [`example.org/m@v1.0.0/${path}`, Buffer.from(text ?? '')]),
  );
  // Written by go 1.26 for a zip of these.
  expect(hash1(files)).toBe('h1:/2XbREeVaH8EQGZN5cjOGPr3VRr25WeUrcOhAUI69WU=');
});

it('is in a go.sum for every module whose files are used', () => {
  const { artifacts, binaries } = loadLock();
  const modules = Object.values(artifacts).map(({ build }) => [build.module, build.version] as const);
  for (const [module, version] of [...modules, ['sigs.k8s.io/kind', binaries.kind?.version ?? ''] as const]) {
    expect(moduleSum(module, version)).toMatch(/^h1:[A-Za-z0-9+/]{43}=$/);
  }
});

it('is that of the zip, not of its go.mod; a module without a go.sum is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-go-sum-'));
  try {
    mkdirSync(join(folder, 'bare'));
    mkdirSync(join(folder, 'thing'));
    writeFileSync(
      join(folder, 'thing', 'go.sum'),
      'example.org/m v1.0.0/go.mod h1:A=\nexample.org/m v1.0.0 h1:B=\n',
    );
    expect(moduleSum('example.org/m', 'v1.0.0', folder)).toBe('h1:B=');
    expect(() => moduleSum('example.org/m', 'v1.0.1', folder)).toThrow(
      /no go\.sum below images\/go\/wrappers has example\.org\/m v1\.0\.1.*Require it/,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
