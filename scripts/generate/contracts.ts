import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { contract as accountsContract } from '../../apps/accounts/src/contract.ts';
import { contract as ordersContract } from '../../apps/orders/src/contract.ts';
import { Failure } from '../cli/failure.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';
import { restTypes } from './rest-types.ts';

const shared = ['apps/kit/proto/health.proto', 'apps/kit/proto/reflection.proto'];
/** The same types under an older name. */
const older = 'apps/kit/proto/reflection-v1alpha.proto';
const accounts = 'apps/accounts/accounts.proto';
const jobs = 'apps/jobs/jobs.proto';
const orders = 'apps/orders/orders.proto';

/**
 * All contracts' types are in one folder: servers and clients share them, and apps do not import each other.
 */
const types = { to: 'apps/kit/generated', from: [...shared, accounts, jobs, orders] } as const;

/** Contracts of apps with a REST face that has a generated client, by app. */
const restContracts = { accounts: accountsContract, orders: ordersContract };

/** Descriptors for server reflection. */
const described = [
  { to: 'apps/kit/generated', from: [...shared, older] },
  { to: 'apps/accounts/generated', from: [accounts] },
  { to: 'apps/jobs/generated', from: [jobs] },
  { to: 'apps/orders/generated', from: [orders] },
] as const;

/**
 * Options of ts-proto (its README, 'Supported options'). Node only strips types, so enums become literals.
 */
const options = [
  'outputServices=grpc-js',
  'env=node',
  'esModuleInterop=true',
  'importSuffix=.ts',
  'enumsAsLiterals=true',
  'unrecognizedEnum=false',
  'forceLong=number',
  'oneof=unions-value',
  'exportCommonSymbols=false',
  'useOptionals=none',
];

/** Generates all types, or compares them with the committed ones; returns the exit code. */
export async function generateContracts({ check }: { check: boolean }): Promise<number> {
  await buf(['lint']);
  const scratch = await mkdtemp(join(tmpdir(), 'plinth-generate-'));
  try {
    const made = new Map(await generate(join(scratch, 'types')));
    for (const { to, from } of described) made.set(`${to}/descriptors.ts`, await describe(from));
    for (const [app, contract] of Object.entries(restContracts))
      made.set(`apps/kit/generated/${app}-rest.ts`, await restTypes(app, contract));
    const folders = described.map(({ to }) => to);
    const stale = await differences(folders, made);
    for (const file of stale)
      process.stdout.write(`${check ? 'differs' : made.has(file) ? 'written' : 'removed'}: ${file}\n`);
    if (!check) {
      for (const folder of folders) await rm(join(repositoryRoot, folder), { recursive: true, force: true });
      for (const [file, text] of made) {
        await mkdir(dirname(join(repositoryRoot, file)), { recursive: true });
        await writeFile(join(repositoryRoot, file), text);
      }
    }
    if (stale.length === 0) process.stdout.write('the types match the contracts\n');
    if (check && stale.length > 0) {
      throw new Failure('the committed types differ from the .proto files.', 'Type: npm run generate');
    }
    return 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Map from the path of a generated file to its text. */
async function generate(folder: string): Promise<[string, string][]> {
  await mkdir(folder, { recursive: true });
  const plugin = join(repositoryRoot, 'node_modules/.bin/protoc-gen-ts_proto');
  const template = {
    version: 'v2',
    plugins: [{ local: plugin, out: folder, opt: options, strategy: 'all' }],
  };
  await buf(['generate', '--template', JSON.stringify(template), ...paths(types.from)]);
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  return Promise.all(
    files.map(async (file): Promise<[string, string]> => {
      const text = await readFile(join(folder, file), 'utf8');
      // The comments of well-known types are in their own documentation.
      const own = file.startsWith('google') ? text.replace(/^[ ]*\/\*\*[\s\S]*?\*\/\n/gm, '') : text;
      return [`${types.to}/${file.replaceAll('\\', '/')}`, own];
    }),
  );
}

/** Text of `descriptors.ts`: the contracts for server reflection. */
async function describe(from: readonly string[]): Promise<string> {
  const { stdout } = await execa(
    'buf',
    ['build', '--as-file-descriptor-set', '--exclude-source-info', '-o', '-', ...paths(from)],
    { cwd: repositoryRoot, preferLocal: true, encoding: 'buffer' },
  );
  const base64 = Buffer.from(stdout).toString('base64');
  return `/** The contracts as a FileDescriptorSet in base64, for server reflection. */\nexport const descriptors =\n  '${base64}';\n`;
}

function paths(from: readonly string[]): string[] {
  return from.flatMap((path) => ['--path', path]);
}

/** Files in these folders that differ from the generated ones or are missing. */
async function differences(folders: readonly string[], made: ReadonlyMap<string, string>): Promise<string[]> {
  const there = await Promise.all(
    folders.map((folder) =>
      readdir(join(repositoryRoot, folder), { recursive: true, withFileTypes: true }).catch(() => []),
    ),
  );
  const files = there
    .flat()
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(repositoryRoot.length + 1));
  const differing: string[] = [];
  for (const name of [...new Set([...made.keys(), ...files])].sort()) {
    const text = files.includes(name) ? await readFile(join(repositoryRoot, name), 'utf8') : undefined;
    if (text !== made.get(name)) differing.push(name);
  }
  return differing;
}

async function buf(args: string[]): Promise<void> {
  const { failed, stdout, stderr } = await execa('buf', args, {
    cwd: repositoryRoot,
    preferLocal: true,
    reject: false,
    stdin: 'ignore',
  });
  if (failed) {
    throw new Failure(
      `buf ${args[0]}: ${stdout}${stderr}`.trim(),
      'Correct the .proto file, then type: npm run generate',
    );
  }
}
