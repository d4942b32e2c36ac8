import { expect, it } from 'vitest';
import { readContainers } from './node-containers.ts';

/** Output of the engines' `inspect`, without unused fields. */
const inspected = (
  name: string,
  more: { binds?: string[] | null; network?: string; running?: boolean } = {},
) => ({
  Id: 'x',
  Name: name,
  State: { Running: more.running ?? true, StartedAt: '2026-01-01T00:00:00.123456789Z' },
  Config: { Image: 'docker.io/kindest/node:v1', Labels: { 'io.x-k8s.kind.role': 'control-plane' } },
  HostConfig: {
    Binds: more.binds === undefined ? ['/s/test/nodes/certs.d:/etc/containerd/certs.d:ro'] : more.binds,
    PortBindings: {
      '6443/tcp': [{ HostIp: '127.0.0.1', HostPort: '40001' }],
      '30080/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }],
      '30443/tcp': null,
      '30053/udp': [{ HostIp: '127.0.0.1', HostPort: '53' }],
    },
  },
  NetworkSettings: { Networks: { [more.network ?? 'plinth']: {} } },
});

it('reads origin, ports and state of a container', () => {
  const text = JSON.stringify([
    inspected('/b', { running: false }),
    inspected('a', { binds: null, network: 'kind' }),
  ]);
  expect(readContainers(text)).toMatchObject([
    { name: 'a', files: undefined, onOurNetwork: false },
    {
      name: 'b',
      running: false,
      role: 'control-plane',
      image: 'docker.io/kindest/node:v1',
      ports: [
        { host: 8080, node: 30080 },
        { host: 53, node: 30053, protocol: 'udp' },
      ],
      apiPort: 40001,
      files: '/s/test/nodes',
      onOurNetwork: true,
    },
  ]);
});

it('fails on a truncated answer instead of returning fewer containers', () => {
  expect(() => readContainers(JSON.stringify([inspected('a'), { Name: 'b' }]))).toThrow('State');
  expect(() => readContainers('[{')).toThrow();
});
