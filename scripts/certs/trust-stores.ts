import { join } from 'node:path';

/** A store of trusted root certificates. */
export interface TrustStore {
  /** Programs that use it. */
  title: string;
  /** Its system, a value of `process.platform`. Linux has several stores; each has its own condition. */
  platform: NodeJS.Platform;
  /** Whether this machine has it. */
  here: boolean;
  /** Commands that add a root certificate, in order: program and arguments. */
  add: string[][];
  /** Commands that remove it. */
  remove: string[][];
}

/** The properties of a machine that decide which stores it has. */
export interface TrustStoreHost {
  platform: NodeJS.Platform;
  home: string;
  /** Whether the current user is root. */
  root: boolean;
  exists: (path: string) => boolean;
  /**
   * The stores of every system; those of this machine are marked. `file`: the root certificate in PEM;
   * `name`: its name in the store. From update-ca-certificates(8), update-ca-trust(8), certutil of NSS,
   * `security` of macOS and `certutil` of Windows.
   */
  firefoxProfiles: string[];
}

/**
 * The stores of every system, those of this machine marked. `file`: the root in PEM; `name`: what people see it by there.
 * From update-ca-certificates(8), update-ca-trust(8), certutil of NSS, `security` of macOS and `certutil` of Windows.
 */
export function trustStores(machine: TrustStoreHost, file: string, name: string): TrustStore[] {
  const { platform, home, exists, root } = machine;
  const asRoot = (...command: string[]): string[] => (root ? command : ['sudo', ...command]);
  const debian = '/usr/local/share/ca-certificates';
  const fedora = '/etc/pki/ca-trust/source/anchors';
  const nss = (title: string, folder: string, here: boolean, make: boolean): TrustStore => {
    const database = `sql:${folder}`;
    const certutil = (...args: string[]): string[] => ['certutil', '-d', database, ...args];
    return {
      title,
      platform: 'linux',
      here: here && platform === 'linux',
      add: [
        ...(make ? [['mkdir', '-p', folder], certutil('-N', '--empty-password')] : []),
        certutil('-A', '-n', name, '-t', 'C,,', '-i', file),
      ],
      remove: [certutil('-D', '-n', name)],
    };
  };
  const chromium = join(home, '.pki', 'nssdb');
  return [
    {
      title: 'macOS: Safari, Chrome, Firefox, curl',
      platform: 'darwin',
      here: platform === 'darwin',
      add: [
        [
          ...['security', 'add-trusted-cert', '-r', 'trustRoot', '-p', 'ssl'],
          ...['-k', join(home, 'Library', 'Keychains', 'login.keychain-db'), file],
        ],
      ],
      remove: [['security', 'remove-trusted-cert', file]],
    },
    {
      title: 'Windows: Edge, Chrome, Firefox, curl',
      platform: 'win32',
      here: platform === 'win32',
      add: [['certutil', '-user', '-addstore', 'Root', file]],
      remove: [['certutil', '-user', '-delstore', 'Root', name]],
    },
    {
      title: 'Debian, Ubuntu: curl, Git, Python',
      platform: 'linux',
      here: platform === 'linux' && exists(debian),
      add: [asRoot('cp', file, join(debian, `${name}.crt`)), asRoot('update-ca-certificates')],
      remove: [asRoot('rm', join(debian, `${name}.crt`)), asRoot('update-ca-certificates', '--fresh')],
    },
    {
      title: 'Fedora, RHEL: curl, Git, Python, Firefox',
      platform: 'linux',
      here: platform === 'linux' && exists(fedora),
      add: [asRoot('cp', file, join(fedora, `${name}.crt`)), asRoot('update-ca-trust')],
      remove: [asRoot('rm', join(fedora, `${name}.crt`)), asRoot('update-ca-trust')],
    },
    nss(
      'Linux: Chromium, Chrome (certutil is in libnss3-tools or nss-tools)',
      chromium,
      true,
      !exists(join(chromium, 'cert9.db')),
    ),
    ...machine.firefoxProfiles.map((folder) => nss(`Linux: Firefox, ${folder}`, folder, true, false)),
  ];
}

/** A command quoted for a POSIX shell. */
export function shellLine(command: readonly string[]): string {
  return command
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
