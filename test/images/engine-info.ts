import { type EngineInfo, parseEngineInfo } from '../../images/engine/info.ts';

/** What `info --format '{{json .}}'` prints on machines that people have, without what is not read. */

const linux = {
  OSType: 'linux',
  Architecture: 'x86_64',
  OperatingSystem: 'Ubuntu 24.04.3 LTS',
  Name: 'laptop',
  NCPU: 8,
  MemTotal: 16_508_633_088,
  CgroupVersion: '2',
  CgroupDriver: 'systemd',
  MemoryLimit: true,
  PidsLimit: true,
  CPUShares: true,
  SecurityOptions: ['name=apparmor', 'name=seccomp,profile=builtin', 'name=cgroupns'],
  DockerRootDir: '/var/lib/docker',
  Driver: 'overlay2',
  DriverStatus: [['Backing Filesystem', 'extfs']],
  ClientInfo: { Context: 'default', Plugins: [{ Name: 'buildx' }, { Name: 'compose' }] },
};

const mac = {
  ...linux,
  Architecture: 'aarch64',
  NCPU: 10,
  MemTotal: 8_217_182_208,
  CgroupDriver: 'cgroupfs',
  SecurityOptions: ['name=seccomp,profile=unconfined', 'name=cgroupns'],
};

/** The store of containerd, which new installations of Docker 29 have. */
const containerdStore = {
  Driver: 'overlayfs',
  DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']],
};

const podmanHost = {
  arch: 'amd64',
  os: 'linux',
  cpus: 8,
  memTotal: 16_508_633_088,
  cgroupVersion: 'v2',
  cgroupControllers: ['cpu', 'io', 'memory', 'pids'],
  serviceIsRemote: false,
  security: { rootless: true },
};

const podmanStore = {
  graphRoot: '/home/ann/.local/share/containers/storage',
  graphRootAllocated: 500_000_000_000,
  graphRootUsed: 450_000_000_000,
};

export const engineInfos = {
  'Docker 20.10 of Debian 11, whose client has BuildKit and no plugins': {
    ...linux,
    ServerVersion: '20.10.24+dfsg1',
    OperatingSystem: 'Debian GNU/Linux 11 (bullseye)',
    ClientInfo: { Context: 'default', Plugins: [], Warnings: null },
  },
  'Docker 20.10 on control groups of version 1': {
    ...linux,
    ServerVersion: '20.10.7',
    CgroupVersion: '1',
    CgroupDriver: 'cgroupfs',
  },
  'Docker 24': { ...linux, ServerVersion: '24.0.7' },
  'Docker 28': {
    ...linux,
    ServerVersion: '28.5.1',
    ClientInfo: {
      Context: 'default',
      Plugins: [
        { Name: 'buildx', Version: 'v0.29.1', Path: '/usr/libexec/docker/cli-plugins/docker-buildx' },
      ],
    },
  },
  'Docker 28 whose plugin buildx cannot be started': {
    ...linux,
    ServerVersion: '28.5.1',
    ClientInfo: { Context: 'default', Plugins: [{ Name: 'buildx', Err: 'fork/exec: exec format error' }] },
  },
  "Docker 29, with containerd's store of images": {
    ...linux,
    ...containerdStore,
    ServerVersion: '29.0.1',
  },
  'Docker 29 on arm64': { ...linux, ...containerdStore, ServerVersion: '29.0.1', Architecture: 'aarch64' },
  'Docker 28 of Fedora, with SELinux': {
    ...linux,
    ServerVersion: '28.5.1',
    OperatingSystem: 'Fedora Linux 43 (Workstation Edition)',
    SecurityOptions: ['name=seccomp,profile=builtin', 'name=selinux', 'name=cgroupns'],
  },
  'rootless Docker': {
    ...linux,
    ServerVersion: '28.5.1',
    SecurityOptions: ['name=seccomp,profile=builtin', 'name=rootless', 'name=cgroupns'],
    DockerRootDir: '/home/ann/.local/share/docker',
    ClientInfo: { Context: 'rootless', Plugins: [{ Name: 'buildx' }] },
  },
  'rootless Docker to which systemd delegates memory and pids alone': {
    ...linux,
    ServerVersion: '28.5.1',
    CPUShares: false,
    SecurityOptions: ['name=seccomp,profile=builtin', 'name=rootless', 'name=cgroupns'],
  },
  'rootless Docker without systemd': {
    ...linux,
    ServerVersion: '28.5.1',
    CgroupDriver: 'none',
    SecurityOptions: ['name=rootless'],
  },
  'Docker Desktop on a Mac of Apple': {
    ...mac,
    ...containerdStore,
    ServerVersion: '28.5.1',
    OperatingSystem: 'Docker Desktop',
    Name: 'docker-desktop',
    ClientInfo: { Context: 'desktop-linux', Plugins: [{ Name: 'ai' }, { Name: 'buildx' }] },
  },
  'Docker Desktop on a Mac of Intel': {
    ...mac,
    ServerVersion: '27.3.1',
    Architecture: 'x86_64',
    OperatingSystem: 'Docker Desktop',
    Name: 'docker-desktop',
    ClientInfo: { Context: 'desktop-linux', Plugins: [{ Name: 'buildx' }] },
  },
  OrbStack: {
    ...mac,
    ServerVersion: '28.5.2',
    OperatingSystem: 'OrbStack',
    Name: 'orbstack',
    ClientInfo: { Context: 'orbstack', Plugins: [{ Name: 'buildx' }] },
  },
  colima: {
    ...mac,
    ServerVersion: '28.4.0',
    MemTotal: 2_058_137_600,
    NCPU: 2,
    Name: 'colima',
    ClientInfo: { Context: 'colima', Plugins: [] },
  },
  'a profile of colima that emulates amd64': {
    ...mac,
    ServerVersion: '28.4.0',
    Architecture: 'x86_64',
    Name: 'colima-amd64',
    ClientInfo: { Context: 'colima-amd64', Plugins: [{ Name: 'buildx' }] },
  },
  'Docker Desktop in WSL 2': {
    ...linux,
    ServerVersion: '28.5.1',
    OperatingSystem: 'Docker Desktop',
    Name: 'docker-desktop',
  },
  'containers of Windows': {
    ...linux,
    ServerVersion: '28.5.1',
    OSType: 'windows',
    OperatingSystem: 'Microsoft Windows Version 24H2',
  },
  'Podman 4 without root': { host: podmanHost, store: podmanStore, version: { Version: '4.9.3' } },
  'Podman 5 with root': {
    host: {
      ...podmanHost,
      security: { rootless: false },
      cgroupControllers: ['cpuset', 'cpu', 'io', 'memory', 'pids'],
    },
    store: { ...podmanStore, graphRoot: '/var/lib/containers/storage' },
    version: { Version: '5.6.2' },
  },
  'Podman 5 of Fedora, with SELinux': {
    host: {
      ...podmanHost,
      networkBackendInfo: {
        backend: 'netavark',
        dns: { path: '/usr/libexec/podman/aardvark-dns', version: 'aardvark-dns 1.16.0' },
      },
      security: { rootless: true, selinuxEnabled: true },
    },
    store: podmanStore,
    version: { Version: '5.6.2' },
  },
  'Podman 5 without aardvark-dns': {
    host: { ...podmanHost, networkBackendInfo: { backend: 'netavark', dns: {} } },
    store: podmanStore,
    version: { Version: '5.4.2' },
  },
  'Podman 4 to which systemd delegates nothing': {
    host: { ...podmanHost, cgroupControllers: [] },
    store: podmanStore,
    version: { Version: '4.3.1' },
  },
  "Podman's machine on a Mac of Apple": {
    host: { ...podmanHost, arch: 'arm64', serviceIsRemote: true, memTotal: 2_045_000_000 },
    store: { ...podmanStore, graphRoot: '/var/home/core/.local/share/containers/storage' },
    version: { Version: '5.6.2' },
  },
} as const;

/** What Docker's client prints of Podman, where DOCKER_HOST or a context leads it to Podman's socket. */
export const podmanBehindDocker = {
  ...linux,
  ServerVersion: '5.6.2',
  ProductLicense: 'Apache-2.0',
  Architecture: 'amd64',
  OperatingSystem: 'fedora',
  SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'],
  DockerRootDir: '/var/home/core/.local/share/containers/storage',
};

export type EngineInfoName = keyof typeof engineInfos;

/** What is read of it. */
export function infoOf(machine: EngineInfoName): EngineInfo {
  const answer = parseEngineInfo(JSON.stringify(engineInfos[machine]));
  if ('why' in answer) throw new Error(answer.why);
  return answer.info;
}
