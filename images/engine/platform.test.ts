import { beforeEach, expect, test, vi } from 'vitest';

let platform: typeof import('./platform.ts');
beforeEach(async () => {
  vi.resetModules();
  platform = await import('./platform.ts');
});

test("is that of this machine's processor before an engine has answered", () => {
  expect(platform.containerPlatform()).toBe(`linux/${platform.ownArchitecture()}`);
});

test.each(['linux/amd64', 'linux/arm64'])(
  'is %s once an engine says so, whatever this machine is',
  (said) => {
    platform.useEnginePlatform({ name: 'docker', platform: said });
    expect(platform.containerPlatform()).toBe(said);
    expect(`linux/${platform.containerArchitecture()}`).toBe(said);
  },
);

test.each(['windows/amd64', 'linux/riscv64', 'linux/armv7l'])('refuses an engine of %s by name', (said) => {
  expect(() => platform.useEnginePlatform({ name: 'docker', platform: said })).toThrow(
    `containers of docker run on ${said}, and images are had for linux/amd64 and linux/arm64 alone`,
  );
});

test('refuses an image that is published only for amd64, with its name, if containers run on arm64', () => {
  platform.useEnginePlatform({ name: 'docker', platform: 'linux/arm64' });
  platform.refuseOtherPlatform('quay.io/a/b:1', 'linux/arm64');
  expect(() => platform.refuseOtherPlatform('quay.io/a/b:1', 'linux/amd64')).toThrow(
    'quay.io/a/b:1 is for linux/amd64, and containers run on linux/arm64 here. Take a version of it that is published for ' +
      'linux/arm64 into images/lock.yaml, or use an engine that runs linux/amd64.',
  );
});

test.each([
  ['linux', 'x64', 'linux/amd64'],
  ['linux', 'arm64', 'linux/arm64'],
  ['darwin', 'x64', 'darwin/amd64'],
  ['darwin', 'arm64', 'darwin/arm64'],
])('names %s on %s as Go does: %s', (os, cpu, expected) => {
  expect(platform.ownPlatform(os, cpu)).toBe(expected);
});

test('lists the supported systems in the error for another one', () => {
  expect(() => platform.ownPlatform('win32', 'x64')).toThrow(
    'Plinth has no programs for win32/amd64: it runs on linux/amd64, linux/arm64, darwin/amd64, darwin/arm64',
  );
});
