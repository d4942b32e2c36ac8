import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import type { Report } from '../report.ts';
import type { RegistryLocation } from './registry-place.ts';

/** A login at a registry. If the name is `<token>`, the secret is a refresh token. */
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
 * The credentials that `docker login` or `podman login` stored for a registry, in their files or by a credential helper;
 * `undefined` if there are none. A failing helper is reported, and the request is anonymous.
 */
export async function credentialsOf(
  { host, path }: Pick<RegistryLocation, 'host' | 'path'>,
  report: Report,
): Promise<Credentials | undefined> {
  for (const file of configFiles()) {
    const config = await readConfig(file);
    if (config === undefined) continue;
    for (const key of foldersOf(host, path)) {
      const found = stored(config, key);
      if (found !== undefined) return found;
    }
    for (const key of keysOf(host)) {
      const helper = config.credHelpers?.[key] ?? config.credsStore;
      const found =
        (helper === undefined ? undefined : await ask(helper, key, report)) ?? stored(config, key);
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
    // A missing file is usual, and an unreadable one counts as missing.
    return undefined;
  }
  try {
    return configSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(
      `${file}, the credentials of docker login, cannot be read: ${error instanceof Error ? error.message : error}. ` +
        'Correct the file, or move it away and sign in again.',
    );
  }
}

/**
 * The paths of a registry above a repository, longest first: `podman login HOST/PATH` stores one.
 * @see https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
 */
function foldersOf(host: string, path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.map((_, index) => [host, ...parts.slice(0, parts.length - index)].join('/'));
}

/** Docker Hub has an older name in these files, and older clients stored URLs of the API. */
function keysOf(host: string): string[] {
  return host === 'docker.io'
    ? ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io']
    : [host, `https://${host}`, `https://${host}/v1/`, `https://${host}/v2/`];
}

function stored(config: Config, key: string): Credentials | undefined {
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
    report(`the credential helper '${helper}' has an invalid name; continuing without it`);
    return undefined;
  }
  const result = await execa(program, ['get'], {
    input: key,
    timeout: helperTimeoutMs,
    reject: false,
  });
  if (result.failed) {
    // 'credentials not found in native keychain': there is no login.
    if (!/not found/i.test(`${result.stdout}${result.stderr}`) || result.code === 'ENOENT')
      report(`${program} gives no credentials for ${key}: ${result.shortMessage}; continuing without it`);
    return undefined;
  }
  const answer = helperAnswer.safeParse(tryJson(result.stdout));
  if (!answer.success) {
    report(`${program} gives no valid credentials for ${key}; continuing without it`);
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
