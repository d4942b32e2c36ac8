import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import type { Report } from '../report.ts';
import type { RegistryLocation } from './registry-place.ts';

/** Who asks a registry. With the name `<token>` the secret is one to be exchanged for another. */
export interface Credentials {
  username: string;
  secret: string;
}

const configSchema = z.object({
  auths: z
    .record(
      z.string(),
      z.object({
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
        identitytoken: z.string().optional(),
      }),
    )
    .optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
});

type Config = z.output<typeof configSchema>;

const helperAnswer = z.object({ Username: z.string(), Secret: z.string() });

const helperTimeoutMs = 30_000;

/**
 * What `docker login` and `podman login` noted for a registry, in their files or by a credential helper; `undefined` where
 * nobody signed in. A helper that does not work is told of, and the registry is asked without a name.
 */
export async function credentialsOf(
  { host, path }: Pick<RegistryLocation, 'host' | 'path'>,
  report: Report,
): Promise<Credentials | undefined> {
  for (const file of configFiles()) {
    const config = await readConfig(file);
    if (config === undefined) continue;
    for (const key of foldersOf(host, path)) {
      const found = noted(config, key);
      if (found !== undefined) return found;
    }
    for (const key of keysOf(host)) {
      const helper = config.credHelpers?.[key] ?? config.credsStore;
      const found = (helper === undefined ? undefined : await ask(helper, key, report)) ?? noted(config, key);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function configFiles(): string[] {
  const { DOCKER_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR } = process.env;
  return [
    join(DOCKER_CONFIG || join(homedir(), '.docker'), 'config.json'),
    REGISTRY_AUTH_FILE || join(XDG_RUNTIME_DIR || join(homedir(), '.config'), 'containers', 'auth.json'),
  ];
}

async function readConfig(file: string): Promise<Config | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    // Most people have none; one that others alone may read is as good as none.
    return undefined;
  }
  try {
    return configSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(
      `${file}, in which docker login notes credentials, cannot be read: ${error instanceof Error ? error.message : error}. ` +
        'Mend it, or put it aside and sign in again.',
    );
  }
}

/**
 * The folders of a registry above a repository, the longest first: `podman login HOST/FOLDER` notes one.
 * @see https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
 */
function foldersOf(host: string, path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.map((_, index) => [host, ...parts.slice(0, parts.length - index)].join('/'));
}

/** Docker Hub has an older name in these files, and older clients noted addresses of the interface. */
function keysOf(host: string): string[] {
  return host === 'docker.io'
    ? ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io']
    : [host, `https://${host}`, `https://${host}/v1/`, `https://${host}/v2/`];
}

function noted(config: Config, key: string): Credentials | undefined {
  const entry = config.auths?.[key];
  if (entry === undefined) return undefined;
  if (entry.identitytoken) return { username: '<token>', secret: entry.identitytoken };
  if (entry.username && entry.password) return { username: entry.username, secret: entry.password };
  const text = Buffer.from(entry.auth ?? '', 'base64').toString();
  const at = text.indexOf(':');
  return at < 1 ? undefined : { username: text.slice(0, at), secret: text.slice(at + 1) };
}

/** https://github.com/docker/docker-credential-helpers: the key on standard input, JSON on standard output. */
async function ask(helper: string, key: string, report: Report): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`;
  if (!/^[\w.-]+$/.test(helper)) {
    report(`the credential helper '${helper}' has no name that a program can have; going on without`);
    return undefined;
  }
  const result = await execa(program, ['get'], {
    input: key,
    timeout: helperTimeoutMs,
    reject: false,
  });
  if (result.failed) {
    // 'credentials not found in native keychain': nobody signed in there.
    if (!/not found/i.test(`${result.stdout}${result.stderr}`) || result.code === 'ENOENT')
      report(`${program} gives no credentials for ${key}: ${result.shortMessage}; going on without`);
    return undefined;
  }
  const answer = helperAnswer.safeParse(tryJson(result.stdout));
  if (!answer.success) {
    report(`${program} gives no credentials for ${key} that can be read; going on without`);
    return undefined;
  }
  return { username: answer.data.Username, secret: answer.data.Secret };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
