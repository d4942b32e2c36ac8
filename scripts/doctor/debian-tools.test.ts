import { expect, test } from 'vitest';
import { type DebianToolsInput, debianTools } from './debian-tools.ts';

const input: DebianToolsInput = {
  host: { platform: 'linux', root: false, wsl: false, packages: 'apt-get' },
  toBuild: true,
  mmdebstrap: true,
  keys: true,
};

test.each<[string, Partial<DebianToolsInput>, string, string | undefined]>([
  ['a user with all of it', {}, 'ok', undefined],
  ['nobody, where images are pulled', { toBuild: false, mmdebstrap: false, keys: false }, 'ok', undefined],
  [
    'a user on Ubuntu, which lacks the keys of Debian',
    { keys: false },
    'fail',
    'sudo apt-get install --no-install-recommends mmdebstrap debian-archive-keyring',
  ],
  ['root on Ubuntu, who gets them', { keys: false, host: { ...input.host, root: true } }, 'ok', undefined],
  [
    'a Mac',
    { host: { ...input.host, platform: 'darwin', packages: 'brew' } },
    'fail',
    'Pull them instead: export PLINTH_SUPPLY=pull',
  ],
])('%s', (_, change, state, mend) => {
  const finding = debianTools({ ...input, ...change });
  expect(finding.state).toBe(state);
  expect(finding.mend).toBe(mend);
});
