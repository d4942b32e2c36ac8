import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { mirrorPort } from '../../images/mirror/index.ts';
import { appSchema } from '../../model/app.ts';
import { readCluster } from '../repository/read-cluster.ts';
import { capabilities } from './capabilities.ts';
import { cgroups } from './cgroups.ts';
import { ok, warn } from './check-result.ts';
import { clock } from './clock.ts';
import { disk } from './disk.ts';
import { type EngineInput, engine, userNamespaces } from './engine.ts';
import { go, goMinimum } from './go.ts';
import type { Host } from './host.ts';
import { names } from './host-names.ts';
import { inotify } from './inotify.ts';
import { type KernelEvidence, kernel } from './kernel.ts';
import { listenerIn, portState } from './machine.ts';
import { memory } from './memory.ts';
import { portUses } from './port-uses.ts';
import { containerAt, type PortInput, ports } from './ports.ts';
import { printResults } from './print-results.ts';
import { imageSupply, type ReachResult, source } from './reach.ts';
import { runChecks } from './run-checks.ts';
import { tool } from './tool.ts';

const debian: Host = { platform: 'linux', root: false, wsl: false, packages: 'apt-get' };
const debianRoot: Host = { ...debian, root: true };
const fedora: Host = { platform: 'linux', root: false, wsl: false, packages: 'dnf' };
const mac: Host = { platform: 'darwin', root: false, wsl: false, packages: 'brew' };

describe('tools', () => {
  test.each([
    ['git version 2.39.5', 'ok'],
    ['git version 2.30.0.windows.1', 'ok'],
    ['git version 2.17.1', 'fail'],
    ['no digits', 'fail'],
    [undefined, 'fail'],
  ])('%s is %s', (printed, state) => {
    expect(tool({ name: 'git', printed, minimum: '2.30.0', mend: 'install it' }).state).toBe(state);
  });

  test.each([
    ['go version go1.26.8 linux/amd64', 'local', 3, 'ok'],
    ['go version go1.25.0 linux/amd64', 'auto', 3, 'ok'],
    ['go version go1.25.0 linux/amd64', 'local', 3, 'fail'],
    ['go version go1.19.8 linux/amd64', 'auto', 3, 'fail'],
    ['go version go1.19.8 linux/amd64', 'auto', 0, 'ok'],
    [undefined, '', 3, 'fail'],
    [undefined, '', 0, 'ok'],
  ])('%s, GOTOOLCHAIN=%s, %i to build: %s', (printed, toolchain, toBuild, state) => {
    expect(go({ printed, toolchain, toBuild, minimum: '1.26.6' }).state).toBe(state);
  });

  test('uses the highest version of all go.mod files', () => {
    expect(goMinimum(['module a\n\ngo 1.25.0\n', 'module b\ngo 1.26.6\n', 'module c\ngo 1.9\n'])).toBe(
      '1.26.6',
    );
  });
});

describe('engine', () => {
  const none: EngineInput = {
    host: debian,
    engine: undefined,
    docker: false,
    podman: false,
    socket: 'absent',
  };

  test.each<[string, Partial<EngineInput>, string, RegExp]>([
    ['root on Debian', { host: debianRoot }, 'ok', /sets up a private/],
    ['root on Debian, with a Docker that sleeps', { host: debianRoot, docker: true }, 'ok', /private/],
    ['no right to the socket', { docker: true, socket: 'denied' }, 'fail', /usermod -aG docker/],
    ['Docker is stopped', { docker: true }, 'fail', /sudo systemctl start docker/],
    [
      'Podman fails',
      { podman: true, host: fedora, said: 'no subuid ranges' },
      'fail',
      /\(no subuid ranges\) podman info/,
    ],
    [
      'Docker is stopped in WSL 2',
      { docker: true, host: { ...debian, wsl: true } },
      'fail',
      /WSL integration/,
    ],
    [
      'the client is older than the engine allows',
      { docker: true, said: 'client version 1.41 is too old' },
      'fail',
      /does not answer \(client version 1\.41 is too old\)/,
    ],
    ['nothing on Debian', {}, 'fail', /sudo apt-get install docker\.io && sudo usermod/],
    ['nothing on Fedora', { host: fedora }, 'fail', /sudo dnf install podman/],
    ['nothing on a Mac', { host: mac }, 'fail', /brew install podman/],
    ['Docker is closed on a Mac', { host: mac, docker: true }, 'fail', /open -a Docker/],
    ['colima is stopped', { host: mac, docker: true, start: 'colima start' }, 'fail', /colima start$/],
  ])('%s', (_, change, state, text) => {
    const finding = engine({ ...none, ...change });
    expect(finding.state).toBe(state);
    expect(`${finding.found} ${finding.mend}`).toMatch(text);
  });

  test('user namespaces matter only without root', () => {
    expect(userNamespaces('0\n', debian)).toMatchObject({
      state: 'warn',
      mend: expect.stringMatching(/^sudo sysctl/),
    });
    expect(userNamespaces('0\n', debianRoot).state).toBe('ok');
    expect(userNamespaces('96365\n', debian).state).toBe('ok');
    expect(userNamespaces(undefined, debian).state).toBe('ok');
  });
});

describe('kernel', () => {
  const nothing: KernelEvidence = { filesystems: '', loaded: [], builtin: '', loadable: '', config: '' };
  const every = ['overlay', 'bridge', 'veth', 'nf_tables', 'nf_conntrack', 'br_netfilter'];

  test('accepts each kind of evidence', () => {
    expect(kernel({ ...nothing, loaded: every }, debian).state).toBe('ok');
    const files = every.map((name) => `kernel/net/${name}.ko`).join('\n');
    expect(kernel({ ...nothing, builtin: files }, debian).state).toBe('ok');
    const dep = every.map((name) => `kernel/net/${name}.ko.xz: kernel/net/other.ko.xz`).join('\n');
    expect(kernel({ ...nothing, loadable: dep }, debian).state).toBe('ok');
    const filesystems = 'nodev\tproc\nnodev\toverlay\n\text4\n';
    expect(kernel({ ...nothing, filesystems, loaded: every.slice(1) }, debian).state).toBe('ok');
  });

  test('accepts iptables instead of nf_tables', () => {
    const loaded = every.map((name) => (name === 'nf_tables' ? 'ip_tables' : name));
    expect(kernel({ ...nothing, loaded, config: '# CONFIG_NF_TABLES is not set' }, debian).state).toBe('ok');
  });

  test('a missing feature fails or warns, with the command that loads it', () => {
    const config = '# CONFIG_VETH is not set\n';
    const loaded = every.filter((name) => name !== 'veth');
    expect(kernel({ ...nothing, loaded, config }, debian)).toEqual({
      state: 'fail',
      found: 'no veth: containers have no network',
      mend: 'sudo modprobe -a veth',
    });
    const some = every.filter((name) => name !== 'br_netfilter');
    expect(kernel({ ...nothing, loaded: some, config: 'CONFIG_X=y\n' }, debian).state).toBe('warn');
  });

  test('an unknown feature is not a failure', () => {
    expect(kernel(nothing, debianRoot)).toMatchObject({
      state: 'warn',
      mend: 'modprobe -a overlay bridge veth nf_tables nf_conntrack br_netfilter',
    });
  });
});

describe('control groups', () => {
  test.each([
    ['cpuset cpu io memory hugetlb pids\n', 'ok'],
    ['cpuset cpu io\n', 'fail'],
    ['', 'fail'],
  ])('version 2 with "%s" is %s', (controllers, state) => {
    const finding = cgroups({ mounts: 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0', controllers });
    expect(finding.state).toBe(state);
  });

  test('version 1 warns if complete, and fails otherwise', () => {
    const mount = (options: string): string => `cgroup /sys/fs/cgroup/x cgroup rw,${options} 0 0\n`;
    const whole = ['memory', 'cpu', 'devices', 'pids', 'name=systemd'].map(mount).join('');
    expect(cgroups({ mounts: whole, controllers: undefined }).state).toBe('warn');
    const part = cgroups({ mounts: mount('cpu'), controllers: undefined });
    expect(part.state).toBe('fail');
    expect(part.mend).toContain('memory');
  });
});

describe('capabilities', () => {
  const status = (effective: string): string => `Name:\tnode\nCapEff:\t${effective}\nCapBnd:\t${effective}\n`;

  test.each([
    [{ status: status('000001ffffffffff'), engineAnswers: false, root: true }, 'ok', /all that/],
    [{ status: status('000001fffeffffff'), engineAnswers: false, root: true }, 'ok', /SYS_RESOURCE/],
    [
      { status: status('00000000a80425fb'), engineAnswers: false, root: true },
      'fail',
      /NET_ADMIN, SYS_ADMIN/,
    ],
    [{ status: status('00000000a80425fb'), engineAnswers: true, root: true }, 'ok', /of the engine/],
    [{ status: status('0000000000000000'), engineAnswers: false, root: false }, 'ok', /not root/],
  ] as const)('%o', (input, state, found) => {
    expect(capabilities(input)).toMatchObject({ state, found: expect.stringMatching(found) });
  });
});

describe('ports', () => {
  const gateway: PortInput = {
    port: 8080,
    protocol: 'tcp',
    what: 'the gateway',
    setting: 'provider.ports.http',
    state: 'free',
  };

  test("accepts free ports and those of Plinth's own containers", () => {
    expect(ports([gateway], ['ours'])).toEqual(ok('8080 free'));
    expect(ports([{ ...gateway, state: 'taken', container: 'ours' }], ['ours'])).toEqual(ok('8080 ours'));
  });

  test.each<[Partial<PortInput>, RegExp]>([
    [{ state: 'taken', container: 'theirs' }, /the container theirs/],
    [{ state: 'taken', process: 'nginx (pid 4711)' }, /nginx \(pid 4711\)/],
    [{ state: 'taken' }, /another program/],
    [{ state: 'forbidden' }, /this user may not open/],
  ])('%o fails', (change, found) => {
    const finding = ports([{ ...gateway, ...change }], ['ours']);
    expect(finding).toMatchObject({ state: 'fail', found: expect.stringMatching(found) });
    expect(finding.mend).toContain('provider.ports.http');
  });

  test('an environment takes those of the platform and the public ports of its apps', () => {
    const port = (number: number, protocol: 'tcp' | 'udp' = 'tcp') => ({
      port: 9000,
      protocol,
      public: number,
    });
    const apps = [
      { name: 'broker', ports: { mqtt: port(1883), status: { port: 8080, protocol: 'tcp' as const } } },
      { name: 'names', ports: { dns: port(5353, 'udp') } },
    ].map((app) => appSchema.pick({ name: true, ports: true }).parse(app));
    const uses = portUses({ environment: 'dev', cluster: readCluster('dev'), apps });
    expect(uses.map(({ port, protocol }) => `${port}/${protocol}`)).toEqual([
      `${mirrorPort()}/tcp`,
      '8080/tcp',
      '8443/tcp',
      '5002/tcp',
      '1883/tcp',
      '5353/udp',
    ]);
    expect(uses.at(-1)).toMatchObject({
      what: "the public port 'dns' of names",
      setting: 'apps: { names: { public: { dns: … } } } in clusters/dev/cluster.yaml',
    });
  });

  test('finds the container of a port where the engine joins neighbours, and keeps TCP and UDP apart', () => {
    const lines =
      'other 0.0.0.0:80->80/tcp\nours 127.0.0.1:1883-1884->31883-31884/tcp, 127.0.0.1:5353->32585/udp, 6443/tcp';
    const at = (port: number, protocol: 'tcp' | 'udp' = 'tcp') => containerAt(lines, { port, protocol });
    expect([at(80), at(1883), at(1884), at(5353, 'udp')]).toEqual(['other', 'ours', 'ours', 'ours']);
    expect([at(1885), at(5353), at(1883, 'udp'), at(31883), at(6443)]).toEqual(Array(5).fill(undefined));
  });

  test('finds the program on the loopback address in the lines of ss', () => {
    const line = (address: string, process: string) => `LISTEN 0 511 ${address}:53 0.0.0.0:* ${process}`;
    const nginx = 'users:(("nginx",pid=4711,fd=6))';
    for (const address of ['127.0.0.1', '0.0.0.0', '*', '[::]'])
      expect(listenerIn(line(address, nginx))).toBe('nginx (pid 4711)');
    expect(listenerIn(line('127.0.0.1', ''))).toBe('a program of another user');
    expect(listenerIn(line('127.0.0.53%lo', nginx))).toBeUndefined();
    expect(listenerIn('')).toBeUndefined();
  });

  test('tries UDP ports as such', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind({ port: 0, address: '127.0.0.1' }, resolve));
    const { port } = socket.address();
    try {
      expect(await portState({ port, protocol: 'udp' })).toBe('taken');
    } finally {
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    }
    expect(await portState({ port, protocol: 'udp' })).toBe('free');
  });
});

describe('resources', () => {
  test('a low inotify limit is a warning, with the sysctl command that raises it', () => {
    const enough = { max_user_watches: 524_288, max_user_instances: 512 };
    expect(inotify(enough, debian).state).toBe('ok');
    expect(inotify({ max_user_watches: undefined, max_user_instances: undefined }, debian).state).toBe('ok');
    expect(inotify({ ...enough, max_user_instances: 128 }, debian)).toMatchObject({
      state: 'warn',
      mend:
        "sudo sysctl 'fs.inotify.max_user_instances=512' && " +
        "echo 'fs.inotify.max_user_instances=512' | sudo tee -a /etc/sysctl.d/99-plinth.conf",
    });
  });

  test.each([
    [30, 'build', 5, 'ok'],
    [20, 'build', 5, 'warn'],
    [15, 'build', 5, 'fail'],
    [11, 'pull', 5, 'ok'],
    [5, 'pull', 5, 'fail'],
    [5, 'build', 0, 'ok'],
    [1, 'build', 0, 'fail'],
  ] as const)('%i GB free, %s, %i images missing: %s', (free, supply, missingImages, state) => {
    expect(disk({ folder: '/cache', freeBytes: free * 1e9, supply, missingImages }).state).toBe(state);
  });

  test('little total or available memory is a warning', () => {
    const gibibyte = 2 ** 30;
    const state = (total: number, available: number): string =>
      memory({
        totalBytes: total * gibibyte,
        availableBytes: available * gibibyte,
        machine: undefined,
        wsl: false,
      }).state;
    expect(state(8, 6)).toBe('ok');
    expect(state(3, 3)).toBe('warn');
    expect(state(8, 1)).toBe('warn');
  });
});

describe('the network', () => {
  const reached = { place: 'registry.k8s.io', reached: true };
  const silent = { place: 'ghcr.io', reached: false, why: 'no answer in time' };

  test("the source of images is that of init-cluster's decision", () => {
    const found = (
      mode: 'pull' | 'build' | 'undecided' | 'impossible',
      registries: ReachResult[] = [silent],
    ) => imageSupply({ decision: { mode, text: 'why' }, registries });
    expect(found('build')).toEqual(ok('why'));
    expect(found('pull', [reached])).toEqual(ok('why'));
    expect(found('pull', [reached, silent])).toMatchObject({
      state: 'warn',
      found: 'why; but ghcr.io does not answer (no answer in time)',
    });
    expect(found('undecided')).toMatchObject({ state: 'warn', found: 'why' });
    expect(found('impossible')).toMatchObject({ state: 'fail', found: 'why' });
  });

  test('an unreachable server is fine if nothing must be fetched from it', () => {
    const input = { what: 'program', answer: silent, mend: 'export GOPROXY=…' };
    expect(source({ ...input, pending: 0 }).state).toBe('ok');
    expect(source({ ...input, pending: 12 })).toMatchObject({
      state: 'fail',
      found: 'ghcr.io does not answer (no answer in time), and 12 programs have to be fetched from it',
    });
    expect(source({ ...input, pending: 1 }).found).toContain('and one program has to be fetched from it');
    expect(source({ ...input, answer: reached, pending: 12 }).state).toBe('ok');
  });

  test('the clock is compared with the median of the servers', () => {
    expect(clock([], debian).state).toBe('ok');
    expect(clock([0.4, -0.8, 4_000], debian).state).toBe('ok');
    expect(clock([-90, -91, 0], debian)).toEqual(
      warn("90 s behind the servers' clocks: certificates will be refused", 'sudo timedatectl set-ntp true'),
    );
  });

  test('unresolvable host names are reported with the line for /etc/hosts', () => {
    const found = { name: 'home.dev.localhost', addresses: ['::1', '127.0.0.1'] };
    const lost = { name: 'orders.dev.localhost', addresses: [] };
    const elsewhere = { name: 'stock.dev.localhost', addresses: ['203.0.113.7'] };
    expect(names([found], debian)).toEqual(ok('home.dev.localhost'));
    expect(names([found, lost, elsewhere], debian)).toMatchObject({
      state: 'warn',
      mend: "echo '127.0.0.1 orders.dev.localhost stock.dev.localhost' | sudo tee -a /etc/hosts",
    });
  });
});

describe('running the checks', () => {
  test('a check that hangs or throws does not delay the others', async () => {
    const started = Date.now();
    const results = await runChecks(
      [
        { name: 'good', find: () => ok('yes') },
        {
          name: 'broken',
          find: () => {
            throw new Error('no such luck');
          },
        },
        { name: 'hanging', find: () => sleep(10_000, ok('late'), { ref: false }) },
      ],
      100,
    );
    expect(Date.now() - started).toBeLessThan(2_000);
    expect(results.map(({ state }) => state)).toEqual(['ok', 'warn', 'warn']);
    expect(results[1]?.found).toBe('could not be checked: no such luck');
  });

  test('prints each finding, then the commands', () => {
    const text = stripVTControlCharacters(
      printResults([
        { name: 'git', ...ok('2.39.5') },
        { name: 'inotify', ...warn('128', 'sudo sysctl a\nsudo sysctl b') },
      ]),
    );
    expect(text).toBe(
      'ok     git       2.39.5\nwarn   inotify   128\n\nTo correct it\n\ninotify\n  sudo sysctl a\n  sudo sysctl b\n\n' +
        'This machine meets the requirements. 1 of 2 checks warn. Next: npm run init-cluster',
    );
  });
});
