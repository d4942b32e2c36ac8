import { expect, it } from 'vitest';
import { containerPlatform, ownPlatform } from './platform.ts';

it.each([
  ['linux', 'x64', 'linux/amd64'],
  ['linux', 'arm64', 'linux/arm64'],
  ['darwin', 'x64', 'darwin/amd64'],
  ['darwin', 'arm64', 'darwin/arm64'],
])('%s on %s is %s', (os, cpu, platform) => {
  expect(ownPlatform(os, cpu)).toBe(platform);
});

it('says for what there are programs where there are none', () => {
  expect(() => ownPlatform('win32', 'x64')).toThrow(
    'Plinth has no programs for win32/amd64: it runs on linux/amd64, linux/arm64, darwin/amd64, darwin/arm64',
  );
});

it('runs containers for Linux on the same processor', () => {
  expect([containerPlatform('x64'), containerPlatform('arm64')]).toEqual(['linux/amd64', 'linux/arm64']);
});
