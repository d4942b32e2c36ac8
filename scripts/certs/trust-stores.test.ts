import { describe, expect, it } from 'vitest';
import { shellLine, type TrustStoreHost, trustStores } from './trust-stores.ts';

const file = '/home/ada/it is here/root.crt';
const debian = '/usr/local/share/ca-certificates';
const machine = (given: Partial<TrustStoreHost>): TrustStoreHost => ({
  platform: 'linux',
  home: '/home/ada',
  root: false,
  exists: () => false,
  firefoxProfiles: [],
  ...given,
});
const here = (given: Partial<TrustStoreHost>) =>
  trustStores(machine(given), file, 'plinth-dev-gateway-0123').filter((store) => store.here);

describe('the stores of roots', () => {
  it.each<[string, Partial<TrustStoreHost>, string[]]>([
    ['macOS', { platform: 'darwin' }, ['macOS: Safari, Chrome, Firefox, curl']],
    ['Windows', { platform: 'win32' }, ['Windows: Edge, Chrome, Firefox, curl']],
    [
      'Debian',
      { exists: (path) => path === debian },
      [
        'Debian, Ubuntu: curl, Git, Python',
        'Linux: Chromium, Chrome (certutil is in libnss3-tools or nss-tools)',
      ],
    ],
    [
      'Fedora with a profile of Firefox',
      { exists: (path) => path.startsWith('/etc/pki'), firefoxProfiles: ['/home/ada/.mozilla/firefox/x'] },
      [
        'Fedora, RHEL: curl, Git, Python, Firefox',
        'Linux: Chromium, Chrome (certutil is in libnss3-tools or nss-tools)',
        'Linux: Firefox, /home/ada/.mozilla/firefox/x',
      ],
    ],
  ])('of %s are found', (_, given, titles) => {
    expect(here(given).map(({ title }) => title)).toEqual(titles);
  });

  it('use sudo for commands that need root, unless the user is root', () => {
    const exists = (path: string) => path === debian;
    const target = `${debian}/plinth-dev-gateway-0123.crt`;
    expect(here({ exists })[0]?.add).toEqual([
      ['sudo', 'cp', file, target],
      ['sudo', 'update-ca-certificates'],
    ]);
    expect(here({ exists, root: true })[0]?.add[0]).toEqual(['cp', file, target]);
  });

  it('create an NSS database only if there is none', () => {
    const programs = (exists: TrustStoreHost['exists']) =>
      here({ exists })
        .at(-1)
        ?.add.map((command) => command[3]);
    expect(programs(() => false)).toEqual([undefined, '-N', '-A']);
    expect(programs((path) => path.endsWith('cert9.db'))).toEqual(['-A']);
  });

  it('trust the root certificate for servers only, and can remove it', () => {
    for (const { add, remove } of trustStores(machine({ firefoxProfiles: ['/p'] }), file, 'name')) {
      expect(add.flat()).toContain(file);
      expect(remove.length).toBeGreaterThan(0);
    }
    expect(here({})[0]?.add.at(-1)).toEqual(
      expect.arrayContaining(['-t', 'C,,', '-n', 'plinth-dev-gateway-0123']),
    );
  });
});

it('a quoted command reaches a shell unchanged', () => {
  expect(shellLine(['certutil', '-i', file, "it's", '$(x)'])).toBe(
    `certutil -i '/home/ada/it is here/root.crt' 'it'\\''s' '$(x)'`,
  );
});
