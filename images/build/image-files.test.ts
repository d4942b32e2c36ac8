import { expect, it } from 'vitest';
import { silent } from '../report.ts';
import { imageFiles } from './image-files.ts';

it.each([
  ['linux/amd64', 'operator/manager_amd64'],
  ['linux/arm64', 'operator/manager_arm64'],
])('names files for %s by its processor', async (platform, target) => {
  const build = { binaries: {}, npm: {}, env: {}, links: { '/manager_{arch}': 'operator/manager_{arch}' } };
  const entries = await imageFiles(build, silent, { platform });
  expect(entries.find(({ kind }) => kind === 'link')).toMatchObject({
    path: target.replace('operator/', ''),
    target,
  });
});
