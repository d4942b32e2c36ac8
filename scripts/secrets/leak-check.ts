import { spawnSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';
import { isEncrypted, secretValues } from '../../charts/kube/encrypted.ts';
import { textField } from '../../charts/kube/field.ts';
import { compareDiagnostics, type Diagnostic, diagnosticOfFile } from '../../model/diagnostics/diagnostic.ts';
import { placesOf } from '../../model/reading/place.ts';
import { RepositoryFiles } from '../../model/reading/repository-files.ts';
import { leaksIn, looksLikeKey } from '../../model/schema/leaked-secret.ts';
import { Failure } from '../cli/failure.ts';

/** A file in Git, or about to be committed. */
interface File {
  path: string;
  content: Buffer;
}

/** Comment on a line that only looks like a secret: `not-a-secret: REASON`. */
const excepted = /\bnot-a-secret: \S/;

/** In bytes; larger files were written by a program. */
const largest = 1024 * 1024;

/** Secrets in plain text in the files that Git stores or would store. */
export function leaksInRepository(root: string): Diagnostic[] {
  const files = new RepositoryFiles(root).below('.');
  return leaksInFiles(files.filter(({ mode }) => mode !== '120000'));
}

/** The same for staged content, which the next commit would have. */
export function leaksInStage(root: string): Diagnostic[] {
  const names = git(root, ['diff', '--cached', '--name-only', '-z', '--diff-filter=ACMR'])
    .toString('utf8')
    .split('\0');
  const files = names
    .filter((path) => path !== '')
    .map((path) => ({ path, content: git(root, ['show', `:${path}`]) }));
  return leaksInFiles(files);
}

/** Secrets in files. No diagnostic shows the line, because many people read output. */
export function leaksInFiles(files: Iterable<File>): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const { path, content } of files) {
    // Like Git, treats a file with a zero byte as binary.
    if (content.length > largest || content.subarray(0, 8000).includes(0)) continue;
    diagnostics.push(...leaksInText(path, content.toString('utf8')));
  }
  return diagnostics.sort(compareDiagnostics);
}

function leaksInText(path: string, text: string): Diagnostic[] {
  const place = placesOf(text);
  const found = [...leaksIn(text), ...(/(^|\/)\.env(\.[\w.-]+)?$/.test(path) ? variables(text) : [])].filter(
    ({ start }) => !excepted.test(lineAt(text, start)),
  );
  return [
    ...found.map(({ title, start, end }) => {
      const { underlined: _, ...at } = place(start, end);
      return { file: path, ...at, ...wordsOf(title) };
    }),
    ...(/\.ya?ml$/.test(path) && /^kind: *Secret *$/m.test(text) ? plainSecrets(path, text) : []),
  ];
}

function lineAt(text: string, offset: number): string {
  const end = text.indexOf('\n', offset);
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, end === -1 ? undefined : end);
}

/** `NAME=value` in a file of variables, if the value is a key. */
function variables(text: string) {
  return [...text.matchAll(/^(?:export )?([A-Z_][A-Z0-9_]*)=["']?([^\s"']+)/gm)]
    .filter(([, name = '', value = '']) => looksLikeKey(name, value))
    .map(({ 0: line, index }) => ({ title: 'a key or a password', start: index, end: index + line.length }));
}

/** Manifests of Secrets that SOPS has not encrypted. */
function plainSecrets(path: string, text: string): Diagnostic[] {
  return parseAllDocuments(text, { prettyErrors: false, logLevel: 'silent' }).flatMap((document) => {
    // Templates of other tools are not valid YAML.
    if (document.errors.length > 0) return [];
    const object: unknown = document.toJS();
    const plain =
      textField(object, 'kind') === 'Secret' &&
      !isEncrypted(object) &&
      secretValues(object).some(([key, value]) => value !== '' && key !== 'username');
    return plain ? [diagnosticOfFile(path, wordsOf('a Secret that is not encrypted'))] : [];
  });
}

function wordsOf(title: string) {
  return {
    code: 'leaked-secret',
    what: `the file contains ${title}`,
    why: 'everyone who can read the repository can use it; after a push, treat it as leaked',
    fix: 'remove it, revoke it, and set a new one by npm run secrets -- set APP KEY; on a line that only looks like a secret, write not-a-secret: REASON',
  };
}

function git(root: string, args: string[]): Buffer {
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    cwd: root,
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error === undefined && status === 0) return stdout;
  throw new Failure(
    `git ${args[0]} failed in ${root}: ${error?.message ?? stderr.toString('utf8').trim()}`,
    'Run it in a Git repository; without --staged none is needed.',
  );
}
