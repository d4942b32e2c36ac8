import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { withEdits } from '../../test/model/fixture.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';
import { type Accepted, readAccepted } from './accepted.ts';
import { billOf } from './bill.ts';
import { judge } from './judge.ts';
import { unacceptedLicences } from './licences.ts';
import { lockedPackages, npmPackages, type Package } from './packages.ts';
import { scan } from './vulnerabilities.ts';

const npm = (name: string, version = '1.0.0', licence?: string): Package => ({
  ...{ ecosystem: 'npm', name, version, purl: `pkg:npm/${name}@${version}`, file: 'package-lock.json' },
  ...(licence === undefined ? {} : { licence }),
});

describe('the packages of lock files', () => {
  it('are those of npm, Python and Go, each once, and none of this repository', () => {
    const found = lockedPackages(repositoryRoot);
    const named = (name: string) => found.filter((each) => each.name === name);
    expect(named('zod')[0]).toMatchObject({ ecosystem: 'npm', licence: 'MIT', file: 'package-lock.json' });
    expect(named('ansible-core')[0]).toMatchObject({ ecosystem: 'PyPI', file: 'ansible/requirements.txt' });
    expect(named('k8s.io/kubernetes')[0]).toMatchObject({ ecosystem: 'Go' });
    expect(found.filter(({ name }) => name.startsWith('@plinth/'))).toEqual([]);
    expect(new Set(found.map(({ purl }) => purl)).size).toBe(found.length);
  });

  it('have the name by which they were published, in a folder of another one, with the version that is there', () => {
    const packages = {
      '': { name: 'shop', version: '1.0.0' },
      'apps/shop': { version: '1.0.0' },
      'node_modules/shop': { resolved: 'apps/shop', link: true },
      'node_modules/@a/b': { version: '2.0.0', license: 'MIT' },
      'node_modules/c/node_modules/old': { name: 'renamed', version: '3.0.0' },
    };
    expect(npmPackages(JSON.stringify({ packages }), 'lock').map(({ purl }) => purl)).toEqual([
      'pkg:npm/%40a/b@2.0.0',
      'pkg:npm/renamed@3.0.0',
    ]);
  });
});

describe('licences', () => {
  const accepted: Accepted = {
    licences: ['MIT', 'Apache-2.0'],
    packages: [{ name: 'known', licence: 'SEE LICENSE', reason: 'read' }],
    vulnerabilities: [],
  };

  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['(MIT AND Apache-2.0)', true],
    ['(MIT AND GPL-3.0-only)', false],
    ['AGPL-3.0-only', false],
    ['SEE LICENSE', false],
    [undefined, false],
  ])('%s is accepted: %s', (licence, is) => {
    expect(unacceptedLicences([npm('a', '1.0.0', licence)], accepted)).toHaveLength(is ? 0 : 1);
  });

  it('an exception is for the licence that somebody has read, and no other', () => {
    expect(unacceptedLicences([npm('known', '1.0.0', 'SEE LICENSE')], accepted)).toEqual([]);
    expect(unacceptedLicences([npm('known', '2.0.0', 'AGPL-3.0-only')], accepted)).toHaveLength(1);
  });

  it('of this repository are all accepted', () => {
    expect(unacceptedLicences(lockedPackages(repositoryRoot), readAccepted(repositoryRoot))).toEqual([]);
  });
});

it.each([
  ['until: tomorrow', 'ci/supply-chain.yaml:5'],
  ['until: 2026-01-01, colour: red', 'ci/supply-chain.yaml:5'],
])('what people accept is refused with its place: %s', async (text, place) => {
  const file = `licences: [MIT]\npackages: []\nvulnerabilities:\n  - { id: A, package: b, reason: c,\n      ${text} }\n`;
  await withEdits([['ci/supply-chain.yaml', file]], async (root) => {
    expect(() => readAccepted(root)).toThrow(place);
  });
});

/** A database of OSV with these records by package; lists of ids come in pages of one. */
async function database(
  vulnerable: Record<string, string[]>,
  records: Record<string, object>,
): Promise<string> {
  const queries = z.object({
    queries: z.array(
      z.object({ package: z.object({ purl: z.string() }), page_token: z.string().optional() }),
    ),
  });
  return answering(async (request) => {
    if (request.method === 'POST') {
      const asked = queries.parse(await json(request)).queries;
      return [
        200,
        {
          results: asked.map(({ package: { purl }, page_token: page = '0' }) => {
            const ids = vulnerable[purl] ?? [];
            const id = ids[Number(page)];
            if (id === undefined) return {};
            const more = Number(page) + 1 < ids.length ? { next_page_token: String(Number(page) + 1) } : {};
            return { vulns: [{ id, modified: '2026-01-01T00:00:00Z' }], ...more };
          }),
        },
      ];
    }
    const found = records[decodeURIComponent(request.url?.split('/').at(-1) ?? '')];
    return found === undefined ? [404, { code: 5, message: 'Bug not found.' }] : [200, found];
  });
}

async function answering(
  answer: (request: import('node:http').IncomingMessage) => Promise<[status: number, body: unknown]>,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const [status, body] = await answer(request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const affected = (name: string, fixed: string) => [
  {
    package: { name, ecosystem: 'npm' },
    ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }],
  },
  {
    package: { name: 'another', ecosystem: 'npm' },
    ranges: [{ type: 'SEMVER', events: [{ fixed: '9.9.9' }] }],
  },
];

describe('a scan', () => {
  it('tells each vulnerability with what fixes it, from all pages, without those that were withdrawn', async () => {
    const url = await database(
      { 'pkg:npm/left@1.0.0': ['GHSA-1', 'GHSA-2', 'GHSA-3'] },
      {
        'GHSA-1': { id: 'GHSA-1', summary: 'Reads beyond its end', affected: affected('left', '1.0.1') },
        'GHSA-2': { id: 'GHSA-2', details: 'Takes long.\nVery.', affected: [] },
        'GHSA-3': { id: 'GHSA-3', withdrawn: '2026-01-01T00:00:00Z' },
      },
    );
    const [left, right] = [npm('left'), npm('right')];
    expect(await scan([left, right], url)).toEqual({
      found: [
        { id: 'GHSA-1', package: left, summary: 'Reads beyond its end', fixed: ['1.0.1'] },
        { id: 'GHSA-2', package: left, summary: 'Takes long.', fixed: [] },
      ],
    });
  });

  it('says that nothing was scanned, and why, where there is no database', async () => {
    const url = await answering(async () => [503, 'down for today']);
    expect(await scan([npm('left')], url)).toEqual({
      notScanned: expect.stringContaining('answered 503: down for today'),
    });
    const page = await answering(async () => [200, '<html>Sign in</html>']);
    expect(await scan([npm('left')], page)).toEqual({
      notScanned: expect.stringContaining('something else than the API of OSV'),
    });
    expect(await scan([npm('left')], 'http://127.0.0.1:1')).toEqual({
      notScanned: expect.stringContaining('cannot be reached'),
    });
  });

  it('refuses a database that answers for fewer packages than it was asked for', async () => {
    const url = await answering(async () => [200, { results: [{}] }]);
    await expect(scan([npm('left'), npm('right')], url)).rejects.toThrow('answered for 1 of 2 packages');
  });

  it('leaves out what is accepted until its day, and names lines that are needless', () => {
    const found = ['A', 'B', 'C'].map((id) => ({ id, package: npm('left'), summary: '', fixed: [] }));
    const line = (id: string, until: string) => ({ id, package: 'left', until, reason: 'never called' });
    const lines = [line('A', '2026-11-29'), line('B', '2026-11-28'), line('D', '2027-01-01')];
    const { open, accepted, needless } = judge(found, { vulnerabilities: lines }, '2026-11-29');
    expect(open.map(({ id, expired }) => [id, expired])).toEqual([
      ['B', '2026-11-28'],
      ['C', undefined],
    ]);
    expect(accepted.map(({ id }) => id)).toEqual(['A']);
    expect(needless.map(({ id }) => id)).toEqual(['D']);
  });
});

describe('a bill of materials', () => {
  const pod = (image: string, init: string) =>
    JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'shop' },
      spec: { template: { spec: { initContainers: [{ image: init }], containers: [{ image }] } } },
    });
  const digest = `sha256:${'a'.repeat(64)}`;
  const files = new Map([
    ['one.yaml', pod(`registry.example.org:5000/team/Shop:1.0@${digest}`, 'quay.io/tool:2')],
    ['two.yaml', pod('quay.io/tool:2', 'quay.io/tool:2')],
    ['three.yaml', JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop' } })],
  ]);

  it('has each image once, by digest where it is known, and says that it knows nothing of what is in them', () => {
    expect(billOf('prod', { files, packages: [npm('left', '1.0.0', 'MIT')] })).toMatchObject({
      components: [
        { type: 'library', purl: 'pkg:npm/left@1.0.0', licenses: [{ license: { name: 'MIT' } }] },
        { type: 'container', version: '2', purl: 'pkg:oci/tool?repository_url=quay.io%2Ftool&tag=2' },
        {
          type: 'container',
          version: digest,
          purl: `pkg:oci/shop@sha256%3A${'a'.repeat(64)}?repository_url=registry.example.org%3A5000%2Fteam%2FShop&tag=1.0`,
        },
      ],
      compositions: [{ aggregate: 'incomplete', assemblies: [expect.any(String), expect.any(String)] }],
    });
  });

  it('is valid by the schema of CycloneDX, also that of this repository', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    const packages = lockedPackages(repositoryRoot);
    const bill = JSON.stringify(billOf('prod', { files, packages }));
    expect(await validator.validate(bill)).toBeNull();
    expect(await validator.validate(bill.replace('"library"', '"librarian"'))).not.toBeNull();
  });
});
