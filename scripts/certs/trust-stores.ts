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
  /** Folders of Firefox' profiles, each with a store of its own. */
  firefoxProfiles: string[];
}

/**
 * The stores of every system; those of this machine are marked. `file`: the root certificate in PEM; `name`: its name in the store.
 * From update-ca-certificates(8), update-ca-trust(8), certutil of NSS, `security` of macOS and `certutil` of Windows.
 */
export function trustStores(machine: TrustStoreHost, file: string, name: string): TrustStore[] {
  const chromium = join(machine.home, '.pki', 'nssdb');
  return [
    ...keychains(machine, file, name),
    ...systemFolders(machine, file, name),
    nssDatabase(machine, file, name, {
      title: 'Linux: Chromium, Chrome (certutil is in libnss3-tools or nss-tools)',
      folder: chromium,
      make: !machine.exists(join(chromium, 'cert9.db')),
    }),
    ...machine.firefoxProfiles.map((folder) =>
      nssDatabase(machine, file, name, { title: `Linux: Firefox, ${folder}`, folder, make: false }),
    ),
  ];
}

/** The stores that macOS and Windows have for all programs of a user. */
function keychains({ platform, home }: TrustStoreHost, file: string, name: string): TrustStore[] {
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
  ];
}

/** The folders of roots of Linux distributions, from which a command makes the list that programs read. */
function systemFolders({ platform, exists, root }: TrustStoreHost, file: string, name: string): TrustStore[] {
  const asRoot = (...command: string[]): string[] => (root ? command : ['sudo', ...command]);
  const debian = '/usr/local/share/ca-certificates';
  const fedora = '/etc/pki/ca-trust/source/anchors';
  return [
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
  ];
}

/** A database of NSS, which Firefox and Chromium read on Linux. `make`: it does not exist yet. */
function nssDatabase(
  { platform }: TrustStoreHost,
  file: string,
  name: string,
  { title, folder, make }: { title: string; folder: string; make: boolean },
): TrustStore {
  const certutil = (...args: string[]): string[] => ['certutil', '-d', `sql:${folder}`, ...args];
  return {
    title,
    platform: 'linux',
    here: platform === 'linux',
    add: [
      ...(make ? [['mkdir', '-p', folder], certutil('-N', '--empty-password')] : []),
      certutil('-A', '-n', name, '-t', 'C,,', '-i', file),
    ],
    remove: [certutil('-D', '-n', name)],
  };
}

/** A command quoted for a POSIX shell. */
export function shellLine(command: readonly string[]): string {
  return command
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
