import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type EngineInfoName,
  engineInfos,
  infoOf,
  podmanBehindDocker,
} from '../../test/images/engine-info.ts';
import { buildEnvironment } from './builder.ts';
import { containerUser } from './container-user.ts';
import { askEngine, parseEngineInfo } from './info.ts';

const everyOne = Object.keys(engineInfos) as EngineInfoName[];

test.each(everyOne)('%s: name, version and memory are read', (machine) => {
  const { name, version, memoryBytes, processors } = infoOf(machine);
  expect(name).toBe(machine.includes('Podman') ? 'podman' : 'docker');
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
  expect(memoryBytes).toBeGreaterThan(2e9);
  expect(processors).toBeGreaterThan(1);
});

test.each<[EngineInfoName, string]>([
  ['Docker 20.10 of Debian 11, whose client has BuildKit and no plugins', 'linux/amd64'],
  ['Docker 29 on arm64', 'linux/arm64'],
  ['Docker Desktop on a Mac of Apple', 'linux/arm64'],
  ['Docker Desktop on a Mac of Intel', 'linux/amd64'],
  ['a profile of colima that emulates amd64', 'linux/amd64'],
  ['containers of Windows', 'windows/amd64'],
  ['Podman 4 without root', 'linux/amd64'],
  ["Podman's machine on a Mac of Apple", 'linux/arm64'],
])('%s runs containers on %s', (machine, platform) => {
  expect(infoOf(machine).platform).toBe(platform);
});

test('a virtual machine is recognised by its product, and this machine is none', () => {
  const found = Object.fromEntries(everyOne.map((machine) => [machine, infoOf(machine).machine]));
  expect(Object.fromEntries(Object.entries(found).filter(([, carrier]) => carrier !== undefined))).toEqual({
    'Docker Desktop on a Mac of Apple': 'Docker Desktop',
    'Docker Desktop on a Mac of Intel': 'Docker Desktop',
    'Docker Desktop in WSL 2': 'Docker Desktop',
    OrbStack: 'OrbStack',
    colima: 'colima',
    'a profile of colima that emulates amd64': 'colima',
    "Podman's machine on a Mac of Apple": 'podman machine',
  });
});

test('a rootless engine is recognised, with the controllers that it cannot use', () => {
  const rootless = everyOne.filter((machine) => infoOf(machine).rootless);
  expect(
    Object.fromEntries(rootless.map((machine) => [machine, infoOf(machine).missingControllers])),
  ).toEqual({
    'rootless Docker': [],
    'rootless Docker to which systemd delegates memory and pids alone': ['cpu'],
    'rootless Docker without systemd': ['cpu', 'memory', 'pids'],
    'Podman 4 without root': [],
    'Podman 5 of Fedora, with SELinux': [],
    'Podman 5 without aardvark-dns': [],
    'Podman 4 to which systemd delegates nothing': ['cpu', 'memory', 'pids'],
    "Podman's machine on a Mac of Apple": [],
  });
});

test('an engine is known whose containers SELinux confines, and one whose networks have no name server', () => {
  expect(everyOne.filter((machine) => infoOf(machine).selinux)).toEqual([
    'Docker 28 of Fedora, with SELinux',
    'Podman 5 of Fedora, with SELinux',
  ]);
  expect(everyOne.filter((machine) => infoOf(machine).noNames)).toEqual(['Podman 5 without aardvark-dns']);
});

test('Podman that answers the client of Docker by its socket is not taken for Docker', () => {
  expect(parseEngineInfo(JSON.stringify(podmanBehindDocker))).toEqual({
    why: "docker reaches Podman by its socket, and Podman's own client is used for it",
  });
  const community = { ...podmanBehindDocker, ServerVersion: '28.5.1', ProductLicense: 'Community Engine' };
  expect(parseEngineInfo(JSON.stringify(community))).toMatchObject({ info: { name: 'docker' } });
});

test('Podman reports free space, Docker does not', () => {
  expect(infoOf('Podman 4 without root').freeBytes).toBe(50_000_000_000);
  expect(infoOf('Docker 28').freeBytes).toBeUndefined();
});

describe('the builder', () => {
  test.each<[EngineInfoName, Record<string, string>]>([
    ['Docker 20.10 of Debian 11, whose client has BuildKit and no plugins', { DOCKER_BUILDKIT: '0' }],
    ['Docker 28 whose plugin buildx cannot be started', { DOCKER_BUILDKIT: '0' }],
    ['colima', { DOCKER_BUILDKIT: '0' }],
    ['Docker 28', { DOCKER_BUILDKIT: '1', BUILDX_BUILDER: 'default' }],
    ["Docker 29, with containerd's store of images", { DOCKER_BUILDKIT: '1', BUILDX_BUILDER: 'default' }],
    ['rootless Docker', { DOCKER_BUILDKIT: '1', BUILDX_BUILDER: 'rootless' }],
    ['OrbStack', { DOCKER_BUILDKIT: '1', BUILDX_BUILDER: 'orbstack' }],
    ['Podman 5 with root', {}],
  ])('of %s is selected by %j', (machine, environment) => {
    expect(buildEnvironment({ info: infoOf(machine) })).toEqual(environment);
  });
});

describe('the user of a container with a folder of this machine', () => {
  const ann = { uid: 1000, gid: 1000 };

  test.each<[EngineInfoName, string[]]>([
    ['Docker 28', ['--user', '1000:1000']],
    ['Podman 5 with root', ['--user', '1000:1000']],
    ['rootless Docker', []],
    ['Podman 4 without root', []],
    ['Docker Desktop on a Mac of Apple', []],
  ])('by %s: %j', (machine, options) => {
    expect(containerUser({ info: infoOf(machine) }, ann)).toEqual(options);
  });

  test('is root if root runs this, and on systems without users', () => {
    expect(containerUser({ info: infoOf('Docker 28') }, { uid: 0, gid: 0 })).toEqual([]);
    expect(containerUser({ info: infoOf('Docker 28') }, undefined)).not.toContain('undefined');
  });
});

describe('an engine that does not answer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-engine-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A client that prints this and ends so. */
  function client(name: string, lines: string): string {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${lines}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  test.each([
    [
      'denied',
      "echo 'permission denied while trying to connect to the docker API at unix:///var/run/docker.sock' >&2; exit 1",
      'permission denied while trying to connect to the docker API at unix:///var/run/docker.sock',
    ],
    [
      'too-new',
      `echo '{"ServerErrors":["Error response from daemon: client version 1.41 is too old. Minimum supported API version is 1.44"]}'`,
      'Error response from daemon: client version 1.41 is too old. Minimum supported API version is 1.44',
    ],
    [
      'banner',
      "echo 'Emulate Docker CLI using podman.'",
      'info printed no JSON: Emulate Docker CLI using podman.',
    ],
    ['mute', 'true', 'info printed no JSON: nothing'],
    ['empty', "echo '{}'", 'info names neither a version nor a platform'],
  ])('%s: the reason has one line', async (name, lines, why) => {
    expect(await askEngine(client(name, lines))).toEqual({ why });
  });

  test('a missing client and a hanging one have their own reasons', async () => {
    expect(await askEngine(join(folder, 'none'))).toEqual({
      why: `${join(folder, 'none')} is not installed`,
    });
    const hangs = client('hangs', 'exec sleep 60');
    expect(await askEngine(hangs, {}, 0.2)).toEqual({ why: `${hangs} info does not end within 0.2 s` });
  });
});
