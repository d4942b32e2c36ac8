import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type EngineInfoName, infoOf } from '../../test/images/engine-info.ts';
import { engineCgroups } from './cgroups.ts';
import { engineDisk } from './disk.ts';
import { engine } from './engine.ts';
import type { Host } from './host.ts';
import { kernel } from './kernel.ts';
import { memory } from './memory.ts';
import { ownFiles } from './own-files.ts';
import { place } from './place.ts';
import { repository } from './repository-drive.ts';

const linux: Host = { platform: 'linux', root: false, wsl: false, packages: 'apt-get' };

describe('the report names the engine with its system and limits', () => {
  const judged = (machine: EngineInfoName) => {
    const input = { host: linux, docker: true, podman: false, socket: 'usable' } as const;
    return engine({ ...input, engine: { info: infoOf(machine), private: false } });
  };

  test.each<[EngineInfoName, string]>([
    [
      'Docker 20.10 of Debian 11, whose client has BuildKit and no plugins',
      'Docker 20.10.24+dfsg1, linux/amd64',
    ],
    ['Docker 29 on arm64', 'Docker 29.0.1, linux/arm64'],
    ['rootless Docker', 'Docker 28.5.1, rootless, linux/amd64'],
    ['Docker Desktop on a Mac of Apple', 'Docker 28.5.1, in Docker Desktop, linux/arm64'],
    ['OrbStack', 'Docker 28.5.2, in OrbStack, linux/arm64'],
    ['colima', 'Docker 28.4.0, in colima, linux/arm64'],
    ['Podman 4 without root', 'Podman 4.9.3, rootless, linux/amd64'],
    ["Podman's machine on a Mac of Apple", 'Podman 5.6.2, rootless, in podman machine, linux/arm64'],
  ])('%s', (machine, found) => {
    expect(judged(machine)).toEqual({ state: 'ok', found });
  });

  test('refuses Windows containers, with the setting to change', () => {
    expect(judged('containers of Windows')).toEqual({
      state: 'fail',
      found: 'Docker 28.5.1, windows/amd64: images exist only for linux/amd64 and linux/arm64',
      mend: 'In the menu of Docker Desktop: Switch to Linux containers',
    });
  });

  test('refuses a Podman whose networks have no name server, with the package to install', () => {
    expect(judged('Podman 5 without aardvark-dns')).toEqual({
      state: 'fail',
      found:
        'Podman 5.4.2, rootless, linux/amd64: aardvark-dns is not installed, without which nodes do not find the mirror by its name',
      mend: 'sudo apt-get install aardvark-dns',
    });
  });

  test.each([
    ['docker', '19.03.15', 'fail'],
    ['docker', '20.10.0', 'ok'],
    ['podman', '3.4.4', 'fail'],
    ['podman', '4.0.0-dev', 'ok'],
  ] as const)('%s %s: %s', (name, version, state) => {
    const info = { ...infoOf('Docker 28'), name, version };
    expect(
      engine({ host: linux, docker: true, podman: false, socket: 'usable', engine: { info, private: false } })
        .state,
    ).toBe(state);
  });
});

describe('control groups, as reported by the engine', () => {
  test.each<[EngineInfoName, string]>([
    ['rootless Docker', 'ok'],
    ['Podman 4 without root', 'ok'],
    ['colima', 'ok'],
    ['rootless Docker without systemd', 'fail'],
    ['rootless Docker to which systemd delegates memory and pids alone', 'fail'],
    ['Podman 4 to which systemd delegates nothing', 'fail'],
    ['Docker 20.10 on control groups of version 1', 'warn'],
  ])('%s: %s', (machine, state) => {
    expect(engineCgroups(infoOf(machine)).state).toBe(state);
  });

  test("missing delegation by systemd is reported with Kind's commands", () => {
    const finding = engineCgroups(infoOf('rootless Docker to which systemd delegates memory and pids alone'));
    expect(finding.found).toBe(
      'systemd does not delegate cpu to this user, so a rootless engine cannot create nodes',
    );
    expect(finding.mend).toMatch(/Delegate=yes.*user@\.service\.d\/delegate\.conf/);
  });

  test('version 1 fails for a rootless engine', () => {
    expect(engineCgroups({ ...infoOf('rootless Docker'), cgroups: 1 }).state).toBe('fail');
  });
});

test('a missing module must be loaded by hand for a rootless engine; root loads it on demand', () => {
  const every = ['overlay', 'bridge', 'veth', 'nf_conntrack', 'br_netfilter'];
  const evidence = {
    filesystems: '',
    loaded: every,
    builtin: '',
    loadable: 'kernel/net/netfilter/nf_tables.ko.xz:',
    config: '',
  };
  expect(kernel(evidence, linux).state).toBe('ok');
  expect(kernel(evidence, linux, true)).toEqual({
    state: 'warn',
    found: 'nf_tables or iptables not loaded, and a rootless engine cannot load modules',
    mend: 'sudo modprobe -a nf_tables',
  });
});

describe('memory is that of the machine that runs the containers', () => {
  const judged = (machine: EngineInfoName, wsl = false) => {
    const { memoryBytes, machine: carrier } = infoOf(machine);
    return memory({ totalBytes: memoryBytes, availableBytes: undefined, machine: carrier, wsl });
  };

  test("colima's default memory is too small, with the command that increases it", () => {
    expect(judged('colima')).toEqual({
      state: 'warn',
      found: '1.9 GiB of colima: a cluster needs 4',
      mend: 'colima stop && colima start --cpu 4 --memory 8',
    });
  });

  test.each<[EngineInfoName, boolean, string, string]>([
    ['Docker Desktop on a Mac of Apple', false, 'ok', ''],
    ["Podman's machine on a Mac of Apple", false, 'warn', 'podman machine set --cpus 4 --memory 8192'],
    ["Podman's machine on a Mac of Apple", true, 'warn', '.wslconfig'],
  ])('%s, below WSL %s: %s', (machine, wsl, state, mend) => {
    const finding = judged(machine, wsl);
    expect(finding.state).toBe(state);
    expect(finding.mend ?? '').toContain(mend);
  });
});

test('the disk space is that of the engine, if it reports it', () => {
  const podman = infoOf('Podman 4 without root');
  expect(engineDisk(podman.root, podman.freeBytes, podman.machine)).toEqual({
    state: 'ok',
    found: '50.0 GB free at /home/ann/.local/share/containers/storage; 6 GB are needed',
  });
  expect(engineDisk('/var/lib/docker', 1e9, undefined).state).toBe('warn');
  expect(engineDisk('/var/lib/docker', undefined, 'OrbStack')).toEqual({
    state: 'ok',
    found: 'OrbStack does not report the free space at /var/lib/docker; 6 GB are needed',
  });
});

describe("the engine's place", () => {
  const home = '/Users/ann';
  const folders = [`${home}/.cache/plinth`, `${home}/.local/state/plinth`];
  const here = { machine: undefined, endpoint: 'unix:///var/run/docker.sock', folders, home, wsl: false };

  test.each([
    [undefined, 'ok'],
    ['unix:///Users/ann/.colima/default/docker.sock', 'ok'],
    ['npipe:////./pipe/docker_engine', 'ok'],
    ['tcp://127.0.0.1:2375', 'ok'],
    ['tcp://localhost:2375', 'ok'],
    ['tcp://[::1]:2375', 'ok'],
    ['tcp://10.0.0.7:2376', 'fail'],
    ['ssh://ann@build.example.org', 'fail'],
  ])('%s: %s', (endpoint, state) => {
    expect(place({ ...here, endpoint }).state).toBe(state);
  });

  test.each([
    ['colima', '/Users/ann/.cache/plinth', 'ok'],
    ['colima', '/Users/annabel/.cache/plinth', 'warn'],
    ['colima', '/data/plinth', 'warn'],
    ['podman machine', '/data/plinth', 'warn'],
    ['Docker Desktop', '/private/tmp/plinth', 'ok'],
    ['Docker Desktop', '/data/plinth', 'warn'],
    ['OrbStack', '/data/plinth', 'ok'],
  ])('%s with the cache at %s: %s', (machine, folder, state) => {
    expect(place({ ...here, machine, folders: [folder] }).state).toBe(state);
  });

  test('Docker Desktop shares every folder of a WSL distribution', () => {
    expect(place({ ...here, machine: 'Docker Desktop', folders: ['/data/plinth'], wsl: true }).state).toBe(
      'ok',
    );
  });
});

test('a repository on a Windows drive causes a warning in WSL only', () => {
  const wsl = { ...linux, wsl: true };
  expect(repository('/mnt/c/Users/ann/plinth', wsl).state).toBe('warn');
  expect(repository('/home/ann/plinth', wsl).state).toBe('ok');
  expect(repository('/mnt/c/plinth', linux).state).toBe('ok');
});

describe('own files', () => {
  const folder = mkdtempSync(join(tmpdir(), "ann's files "));
  mkdirSync(join(folder, 'registry'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const uid = process.getuid?.() ?? 0;

  test('are fine if the user owns them, if there are none, and for root', () => {
    expect(ownFiles([folder], uid).state).toBe('ok');
    expect(ownFiles([join(folder, 'none')], uid + 1).state).toBe('ok');
    expect(ownFiles([folder], 0).state).toBe('ok');
  });

  test('of another user are reported with a quoted command that changes the owner', () => {
    expect(ownFiles([folder], uid + 1)).toEqual({
      state: 'fail',
      found: `${folder} has files of another user, which cannot be replaced`,
      mend: `sudo chown -R "$(id -u):$(id -g)" '${folder.replace("'", "'\\''")}'`,
    });
  });
});
