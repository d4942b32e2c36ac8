import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { field, listField, textField } from '../../charts/kube/field.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { find } from './find.ts';

/**
 * For tests: runs a script of Node in a folder with the files that the pod of a Deployment has from its ConfigMap of the same name, and nothing
 * else. Returns its output.
 */
export async function runInProgramFolder(
  component: Component,
  name: string,
  script: string,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `plinth-${name}-`));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const volume = ['spec', 'template', 'spec', 'volumes', 0, 'configMap', 'items'] as const;
  const data = field(find(component, 'ConfigMap', name), 'data');
  for (const item of listField(find(component, 'Deployment', name), ...volume)) {
    const path = join(folder, textField(item, 'path') ?? '');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, textField(data, textField(item, 'key') ?? '') ?? '');
  }
  writeFileSync(join(folder, 'try.mts'), script);
  const { stdout } = await execa(process.execPath, ['try.mts'], { cwd: folder });
  return stdout;
}
