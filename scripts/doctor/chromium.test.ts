import { expect, test } from 'vitest';
import { chromium, findChromium } from './chromium.ts';
import type { Host } from './host.ts';

const debian: Host = { platform: 'linux', root: false, wsl: false, packages: 'apt-get' };

test('uses only PLINTH_CHROMIUM if set, else the first of the usual places', () => {
  const all = (): boolean => true;
  expect(findChromium('/opt/chromium', all)).toBe('/opt/chromium');
  expect(findChromium('/opt/chromium', (path) => path !== '/opt/chromium')).toBeUndefined();
  expect(findChromium(undefined, (path) => path.startsWith('/Applications/Google'))).toBe(
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  );
});

test.each<[string, Host, string | undefined, string, string | undefined]>([
  ['a user on Debian', debian, undefined, 'fail', 'sudo apt-get install chromium'],
  ['root on Debian', { ...debian, root: true }, undefined, 'ok', undefined],
  [
    'a Mac',
    { ...debian, platform: 'darwin', packages: 'brew' },
    undefined,
    'fail',
    'brew install --cask chromium',
  ],
  ['a wrong PLINTH_CHROMIUM', { ...debian, root: true }, '/opt/none', 'fail', 'unset PLINTH_CHROMIUM'],
])('without a browser, %s gets a message before the first test', (_, host, named, state, mend) => {
  const finding = chromium(undefined, host, named);
  expect(finding.state).toBe(state);
  expect(finding.mend).toBe(mend);
});
