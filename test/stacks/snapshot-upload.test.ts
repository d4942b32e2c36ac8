import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ensureProgram } from '../../images/index.ts';
import { repositoryRoot } from '../../stacks/environment-of.ts';
import { freePort } from '../free-port.ts';

const upload = join(repositoryRoot, 'ansible/roles/backup/files/plinth-upload');
/** versitygw knows no sessions: with an empty token there is none. */
const credentials = {
  AccessKeyId: 'node',
  SecretAccessKey: randomBytes(20).toString('hex'),
  Token: '',
};

let folder: string;
let metadata: Server;
let metadataUrl: string;
let s3: { url: string; stop: () => void };
/** Requests of the machine to its metadata service. */
let asked: string[];
/** With what it answers. */
let given = credentials;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plinth-upload-'));
  metadata = metadataService();
  metadataUrl = await listen(metadata);
  s3 = await startS3(await ensureProgram('versitygw', console.log));
});

afterAll(async () => {
  s3?.stop();
  metadata?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a snapshot', () => {
  it('is uploaded unchanged with the role of its machine', async () => {
    const archive = randomBytes(3 * 2 ** 20);
    const file = join(folder, 'snapshot.tar');
    await writeFile(file, archive);
    await put(`${s3.url}/etcd/control-1/snapshot.tar`, file);
    const there = await readFile(join(folder, 'data/etcd/control-1/snapshot.tar'));
    expect(there.equals(archive)).toBe(true);
    expect(asked).toEqual([
      'PUT /latest/api/token',
      'GET /latest/meta-data/iam/security-credentials/',
      'GET /latest/meta-data/iam/security-credentials/shop-control-plane',
    ]);
  });

  it('with a wrong signature is refused, which fails the upload', async () => {
    const file = join(folder, 'refused.tar');
    await writeFile(file, 'snapshot');
    const wrong = put(`${s3.url}/etcd/refused.tar`, file, { SecretAccessKey: 'another' });
    await expect(wrong).rejects.toThrow('SignatureDoesNotMatch');
  });

  it('is signed with the token of the session', async () => {
    const file = join(folder, 'signed.tar');
    await writeFile(file, 'snapshot');
    const seen: IncomingHttpHeaders[] = [];
    const recorder = createServer((request, response) => {
      seen.push(request.headers);
      request.resume().on('end', () => response.end());
    });
    const url = `${await listen(recorder)}/signed.tar`;
    await put(url, file, { Token: 'of-the-session' }).finally(() => recorder.close());
    expect(seen).toMatchObject([{ 'x-amz-security-token': 'of-the-session' }]);
    expect(seen[0]?.authorization).toMatch(/SignedHeaders=[a-z0-9;-]*x-amz-security-token/);
  });
});

/** `change`: what the metadata answer instead. */
function put(url: string, file: string, change: Partial<typeof credentials> = {}) {
  asked = [];
  given = { ...credentials, ...change };
  const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: metadataUrl };
  return execa('sh', [upload, url, 'us-east-1', file], { env });
}

/** The metadata service of EC2 in version 2, as far as it gives credentials: nothing without a token. */
function metadataService(): Server {
  const answers: Record<string, () => string> = {
    '/latest/meta-data/iam/security-credentials/': () => 'shop-control-plane',
    '/latest/meta-data/iam/security-credentials/shop-control-plane': () => JSON.stringify(given),
  };
  const server = createServer((request, response) => {
    const { method, url = '', headers } = request;
    asked.push(`${method} ${url}`);
    if (method === 'PUT')
      return response.end(headers['x-aws-ec2-metadata-token-ttl-seconds'] ? 'of-now' : '');
    if (headers['x-aws-ec2-metadata-token'] !== 'of-now') return response.writeHead(401).end();
    response.end(answers[url]?.());
  });
  return server;
}

/** versitygw on a folder of this machine: a bucket is a folder in it. */
async function startS3(program: string): Promise<{ url: string; stop: () => void }> {
  await mkdir(join(folder, 'data/etcd'), { recursive: true });
  await mkdir(join(folder, 'sidecar'));
  const port = await freePort();
  const backend = ['posix', '--sidecar', join(folder, 'sidecar'), join(folder, 'data')];
  const server = spawn(program, ['--port', `127.0.0.1:${port}`, ...backend], {
    env: { ROOT_ACCESS_KEY: credentials.AccessKeyId, ROOT_SECRET_KEY: credentials.SecretAccessKey },
    cwd: folder,
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  await vi.waitFor(() => fetch(url), { timeout: 30_000, interval: 50 });
  return { url, stop: () => server.kill() };
}

/** At a port of the loopback. */
async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
