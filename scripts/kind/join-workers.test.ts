import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { publicKeyHash, runArguments } from './join-workers.ts';

it('gives a joining worker the mounts and security options of the control plane, and no value of a proxy', () => {
  const args = runArguments('shop-worker2', 'shop', {
    Config: { Image: 'kindest/node:v1', Env: ['PATH=/usr/bin', 'HTTPS_PROXY=http://proxy.example.org:3128'] },
    HostConfig: {
      Binds: ['/lib/modules:/lib/modules:ro', '/state/nodes/certs.d:/etc/containerd/certs.d:ro'],
      SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
      UsernsMode: 'host',
      Devices: [{ PathOnHost: '/dev/fuse' }],
    },
    variables: ['HTTPS_PROXY'],
  });
  const text = args.join(' ');
  for (const part of [
    '--label io.x-k8s.kind.cluster=shop --label io.x-k8s.kind.role=worker',
    '--security-opt seccomp=unconfined --security-opt apparmor=unconfined',
    '--userns=host --device /dev/fuse',
    '--volume /state/nodes/certs.d:/etc/containerd/certs.d:ro',
    '--env HTTPS_PROXY kindest/node:v1',
  ])
    expect(text).toContain(part);
  expect(text).not.toContain('proxy.example.org');
  expect(text).not.toContain('PATH=');
});

it('hashes the public key of the CA as OpenSSL does', () => {
  const ca = execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-keyout', '/dev/null', '-subj', '/CN=kubernetes', '-days', '1'],
  ]);
  const key = execFileSync('openssl', ['x509', '-pubkey', '-noout'], { input: ca });
  const der = execFileSync('openssl', ['pkey', '-pubin', '-outform', 'DER'], { input: key });
  const digest = execFileSync('openssl', ['dgst', '-sha256', '-r'], { input: der }).toString().slice(0, 64);
  expect(publicKeyHash(ca.toString())).toBe(`sha256:${digest}`);
});
