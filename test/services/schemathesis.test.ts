import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../scripts/cli/failure.ts';
import { ensurePythonPackages } from '../../scripts/nodes/python-packages.ts';
import { scratch } from './identity-folder.ts';
import { identity, type Running, runJobs } from './world.ts';

const folder = join(import.meta.dirname, 'schemathesis');
let jobs: Running;
let programs = '';

const schemathesis = {
  title: 'Schemathesis',
  name: 'schemathesis',
  requirements: join(folder, 'requirements.txt'),
  debian: ['python3-venv'],
};

beforeAll(async () => {
  programs = await ensurePythonPackages(schemathesis, (line) => console.log(line)).catch((error: unknown) => {
    throw error instanceof Failure ? new Error(`${error.message} ${error.next}`) : error;
  });
  jobs = await runJobs('jobs-schemathesis', ['person:me']);
}, 300_000);

afterAll(() => jobs?.service.stop());

describe('the REST interface, tested by Schemathesis', () => {
  it('answers valid and invalid requests as its OpenAPI document describes', async () => {
    const person = await identity(jobs.authority, 'person:me');
    const { exitCode, all } = await execa(
      join(programs, 'schemathesis'),
      [
        ...['run', `https://${jobs.address}/openapi.json`, '--no-color'],
        ...['--tls-verify', join(person, 'roots.pem')],
        ...['--request-cert', join(person, 'tls.crt'), '--request-cert-key', join(person, 'tls.key')],
        // The same requests each time, and an end to them.
        ...['--seed', '1', '--generation-database', 'none'],
        ...['--max-examples', '20', '--checks', 'all'],
        ...['--suppress-health-check', 'all', '--max-failures', '10', '--request-timeout', '10'],
      ],
      {
        // Its reports go nowhere else.
        cwd: scratch(),
        env: { SCHEMATHESIS_HOOKS: 'formats', PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' },
        ...{ all: true, reject: false, stdin: 'ignore', timeout: 240_000 },
      },
    );
    expect(exitCode, all).toBe(0);
  }, 300_000);
});

describe('a Python tool', () => {
  it('names the packages to install if Python is missing', async () => {
    vi.stubEnv('PATH', scratch());
    try {
      await expect(ensurePythonPackages(schemathesis, () => {})).rejects.toMatchObject({
        message: 'there is no python3 here, which Schemathesis runs on.',
        next: 'Install it: apt-get install python3 python3-venv',
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
