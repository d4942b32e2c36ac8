import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { repositoryRoot } from '../cluster/environment.ts';
import { Failure } from '../failure.ts';

/** Which contracts become types where: an app's own, and those of what it calls, since apps don't import each other. */
const targets: readonly { to: string; from: readonly string[] }[] = [
  { to: 'apps/kit/generated', from: ['apps/kit/proto/health.proto', 'apps/kit/proto/reflection.proto'] },
  { to: 'apps/jobs/generated', from: ['apps/jobs/jobs.proto'] },
  { to: 'apps/orders/generated', from: ['apps/orders/orders.proto', 'apps/jobs/jobs.proto'] },
];

/** Options of ts-proto (its README, 'Supported options'). Node strips types and nothing more, hence literals for enums. */
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

/** Makes all types, or compares them with the committed ones; returns the exit code. */
export async function generateContracts({ check }: { check: boolean }): Promise<number> {
  await buf(['lint']);
  const scratch = await mkdtemp(join(tmpdir(), 'plinth-generate-'));
  try {
    let stale = 0;
    for (const { to, from } of targets) {
      const made = await generate(join(scratch, to), from);
      const differing = await differences(to, made);
      stale += differing.length;
      for (const file of differing) process.stdout.write(`${check ? 'differs' : 'written'}: ${file}\n`);
      if (check) continue;
      await rm(join(repositoryRoot, to), { recursive: true, force: true });
      for (const [file, text] of made) {
        await mkdir(dirname(join(repositoryRoot, to, file)), { recursive: true });
        await writeFile(join(repositoryRoot, to, file), text);
      }
    }
    if (stale === 0) process.stdout.write('the types are those of the contracts\n');
    if (check && stale > 0) {
      throw new Failure('the committed types are not those of the .proto files.', 'Type: npm run generate');
    }
    return 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** From a file's path to its text: the types, and `descriptors.ts` for reflection. */
async function generate(folder: string, from: readonly string[]): Promise<Map<string, string>> {
  await mkdir(folder, { recursive: true });
  const paths = from.flatMap((path) => ['--path', path]);
  const plugin = join(repositoryRoot, 'node_modules/.bin/protoc-gen-ts_proto');
  const template = {
    version: 'v2',
    plugins: [{ local: plugin, out: folder, opt: options, strategy: 'all' }],
  };
  await buf(['generate', '--template', JSON.stringify(template), ...paths]);
  const { stdout } = await execa(
    'buf',
    ['build', '--as-file-descriptor-set', '--exclude-source-info', '-o', '-', ...paths],
    { cwd: repositoryRoot, preferLocal: true, encoding: 'buffer' },
  );
  const made = new Map<string, string>();
  for (const file of (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'))) {
    const text = await readFile(join(folder, file), 'utf8');
    // What the well-known types say of themselves stands in their own documentation.
    made.set(
      file.replaceAll('\\', '/'),
      file.startsWith('google') ? text.replace(/^[ ]*\/\*\*[\s\S]*?\*\/\n/gm, '') : text,
    );
  }
  const base64 = Buffer.from(stdout).toString('base64');
  made.set(
    'descriptors.ts',
    `/** The contracts as a FileDescriptorSet, base64: what reflection answers with. */\nexport const descriptors =\n  '${base64}';\n`,
  );
  return new Map([...made].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function differences(folder: string, made: ReadonlyMap<string, string>): Promise<string[]> {
  const there = await readdir(join(repositoryRoot, folder), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  const files = there
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(repositoryRoot, folder).length + 1));
  const names = [...new Set([...made.keys(), ...files])].sort();
  const differing: string[] = [];
  for (const name of names) {
    const path = join(repositoryRoot, folder, name);
    const text = files.includes(name) ? await readFile(path, 'utf8') : undefined;
    if (text !== made.get(name)) differing.push(`${folder}/${name}`);
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
      'Mend the .proto file, then type: npm run generate',
    );
  }
}
