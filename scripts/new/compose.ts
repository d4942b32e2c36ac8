import { join } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { fullReference, parseImageReference, pinnedImage } from '../../model/schema/image-reference.ts';
import { capability } from '../../model/schema/process.ts';
import { Failure } from '../cli/failure.ts';
import { asRecord, type KeyNote, looksSecret } from './notes.ts';

/** Description of an app for app.ts, and the result for each key. */
export interface ComposedApp {
  service: string;
  description: Record<string, unknown>;
  /** Path of its Dockerfile from the compose file's folder; absent for an upstream image. */
  dockerfile?: string;
  notes: KeyNote[];
}

const composeFile = z.looseObject({ services: z.record(z.string(), z.record(z.string(), z.unknown())) });
const texts = z.union([z.string(), z.array(z.coerce.string())]);

/** Result of the service's keys, built one key after the other. */
interface Draft {
  description: Record<string, unknown>;
  exceptions: { rule: string; reason: string }[];
  notes: KeyNote[];
}

type Reader = (value: unknown, draft: Draft, key: string) => void;

/** Keys for networking on one machine, or with an effect that the platform gives every app. */
const needless: Readonly<Record<string, string>> = {
  container_name: 'a pod has a name of its own',
  hostname: 'other apps reach it as NAME.NAME.svc',
  networks: "its callers are those with a 'uses' entry for it",
  links: "write uses: [{ kind: 'app', app: …, port: … }]",
  network_mode: 'a pod has a network of its own',
  restart: 'a process that ends is restarted',
  logging: 'lines on standard output are kept: docs/observability.md',
  init: 'the runtime reaps processes',
  stdin_open: 'a pod has no terminal',
  tty: 'a pod has no terminal',
  read_only: 'it is read-only unless readOnlyRoot: false is written',
  security_opt: 'every pod has seccomp and no new privileges',
  stop_grace_period: 'a pod has 30 seconds to shut down',
  pull_policy: 'images are named by version and digest',
  platform: 'images are pulled for the nodes that run them',
  extends: 'write the keys of the other service here',
  profiles: 'cluster.yaml lists the apps of an environment',
};

/** Keys whose effect every app has. */
const always = new Set(['restart', 'init', 'logging', 'read_only', 'security_opt']);

/** Well-known ports of protocols other than HTTP. */
const notHttp = new Set([
  21, 22, 25, 53, 110, 143, 389, 465, 587, 993, 1883, 3306, 5432, 5672, 6379, 9092, 11211, 27017,
]);
const note =
  (fate: KeyNote['fate'], text: string): Reader =>
  (_value, { notes }, key) =>
    void notes.push({ key, fate, text });

const readers: Readonly<Record<string, Reader>> = {
  image: (value, { description, notes }, key) => {
    const ref = fullReference(resolved(String(value)) ?? String(value));
    if (!pinnedImage.safeParse(ref).success) {
      const tag = parseImageReference(ref)?.tag ?? 'none';
      throw new Failure(
        `services: the image ${ref} has the version '${tag}', which changes its content.`,
        'Name the image by its version: --image docker.io/library/nginx:1.29.1',
      );
    }
    description.image = { ref };
    const pinned = ref.includes('@sha256:');
    notes.push({
      key,
      fate: pinned ? 'kept' : 'approximated',
      text: pinned ? ref : `${ref}; add its digest, @sha256:…`,
    });
  },
  build: (_value, { description, notes }, key) => {
    description.image = { build: '.' };
    notes.push({
      key,
      fate: 'approximated',
      text: "image: { build: '.' }: copy the Dockerfile and its sources beside app.ts",
    });
  },
  command: (value, draft, key) => words(value, draft, key, 'args'),
  entrypoint: (value, draft, key) => words(value, draft, key, 'command'),
  environment: (value, { description, notes }) => {
    const pairs = Array.isArray(value)
      ? value.map((each) => String(each).split(/=(.*)/s))
      : Object.entries(z.record(z.string(), z.unknown()).parse(value ?? {}));
    const env: Record<string, string> = {};
    for (const [given, to] of pairs) {
      const name = String(given).trim();
      const key = `environment.${name}`;
      const plain = to === undefined || to === null ? '' : String(to).trim();
      const text = resolved(plain);
      if (looksSecret(name, plain)) {
        const use = `uses: [{ kind: 'secret', name: 'keys', keys: ['${name}'] }], then npm run secrets -- set APP ${name}`;
        notes.push({ key, fate: 'dropped', text: use });
      } else if (text === undefined || text === '') {
        notes.push({ key, fate: 'dropped', text: `its value is not in the file: env: { ${name}: … }` });
      } else {
        env[name] = text;
        notes.push({ key, fate: text === plain ? 'kept' : 'approximated', text: `env: ${name}` });
      }
    }
    if (Object.keys(env).length > 0) description.env = env;
  },
  env_file: note('dropped', 'env: { NAME: … } for values that are not secret, a secret edge for the rest'),
  ports: (value, draft, key) => {
    for (const each of z.array(z.unknown()).parse(value)) port(each, draft, key, true);
  },
  expose: (value, draft, key) => {
    for (const each of z.array(z.unknown()).parse(value)) port(each, draft, key, false);
  },
  volumes: (value, draft) => {
    for (const each of z.array(z.unknown()).parse(value)) volume(each, draft);
  },
  tmpfs: (value, { description, notes }, key) => {
    const paths = [texts.parse(value)].flat().map((each) => each.split(':')[0] ?? '');
    description.temporary = {
      ...asRecord(description.temporary),
      ...Object.fromEntries(paths.map((path) => [path, { size: '64Mi', memory: true }])),
    };
    notes.push({ key, fate: 'approximated', text: 'temporary, with 64Mi each' });
  },
  user: (value, { description, exceptions, notes }, key) => {
    const [given = ''] = String(value).split(':');
    const user = given === 'root' ? 0 : Number(given);
    if (!Number.isInteger(user)) {
      notes.push({ key, fate: 'dropped', text: `write the number of the user '${given}': user: …` });
      return;
    }
    description.user = user;
    if (user === 0)
      exceptions.push({ rule: 'non-root', reason: 'The image starts as root, as its compose file says.' });
    notes.push({ key, fate: 'kept', text: `user: ${user}` });
  },
  cap_add: (value, { description, exceptions, notes }, key) => {
    const given = z
      .array(z.string())
      .parse(value)
      .map((each) => each.replace(/^CAP_/, ''));
    const taken = given.filter((each) => capability.safeParse(each).success);
    if (taken.length > 0) {
      description.capabilities = taken;
      exceptions.push({ rule: 'capabilities', reason: 'The image needs them, as its compose file says.' });
    }
    for (const each of given) {
      const kept = taken.includes(each);
      notes.push({
        key: `${key}.${each}`,
        fate: kept ? 'kept' : 'dropped',
        text: kept ? 'capabilities' : "an app's pod cannot have it",
      });
    }
  },
  cap_drop: note('kept', 'every pod drops all capabilities that it does not list'),
  privileged: note('dropped', "an app's pod cannot be privileged"),
  devices: note('dropped', "an app's pod cannot use devices of the node"),
  healthcheck: (value, { description, notes }, key) => {
    const test = z.looseObject({ test: texts.optional() }).parse(value).test;
    const [kind, ...rest] = Array.isArray(test) ? test : ['CMD-SHELL', test ?? ''];
    if (test === undefined || kind === 'NONE') {
      notes.push({ key, fate: 'dropped', text: 'probes: { ready: … }' });
      return;
    }
    const exec = kind === 'CMD-SHELL' ? ['sh', '-c', rest.join(' ')] : rest;
    description.probes = { ready: { exec } };
    notes.push({ key, fate: 'approximated', text: 'probes: { ready: { exec } }, every 10 seconds' });
  },
  deploy: (value, draft) => {
    const { replicas, resources } = asRecord(value);
    if (typeof replicas === 'number') {
      draft.description.replicas = replicas;
      draft.notes.push({ key: 'deploy.replicas', fate: 'kept', text: `replicas: ${replicas}` });
    }
    const { memory } = asRecord(asRecord(resources).limits);
    if (memory !== undefined) memoryLimit(String(memory), draft, 'deploy.resources');
  },
  depends_on: (value, { notes }) => {
    const names = Array.isArray(value) ? value.map(String) : Object.keys(asRecord(value));
    for (const name of names) {
      const text = /postgres|^pg$|^db$|database/.test(name)
        ? "database: { storage: '2Gi' } and uses: [{ kind: 'database', of: APP, as: 'owner' }], if it is a PostgreSQL"
        : `uses: [{ kind: 'app', app: '${name}', port: … }], once it is an app too`;
      notes.push({ key: `depends_on.${name}`, fate: 'dropped', text });
    }
  },
  labels: (value, draft, key) => {
    const lines = Array.isArray(value)
      ? value.map(String)
      : Object.entries(asRecord(value)).map((pair) => pair.join('='));
    const served = lines.flatMap((line) => /loadbalancer\.server\.port=(\d+)/.exec(line)?.[1] ?? []);
    for (const number of served) port(number, draft, 'labels.loadbalancer.server.port', true);
    if (served.length < lines.length)
      draft.notes.push({ key, fate: 'dropped', text: 'labels are derived; routes are exposes' });
  },
  mem_limit: (value, draft, key) => memoryLimit(String(value), draft, key),
  ...Object.fromEntries(
    Object.entries(needless).map(([key, text]) => [key, note(always.has(key) ? 'kept' : 'dropped', text)]),
  ),
};

/**
 * The description of one service of a compose file (https://github.com/compose-spec/compose-spec, '05-services.md').
 * @throws Failure if the file is not a compose file or does not have the service.
 */
export function fromCompose(
  text: string,
  file: string,
  app: string,
  { service: wanted, image }: { service?: string; image?: string } = {},
): ComposedApp {
  const services = servicesIn(text, file);
  const names = Object.keys(services);
  const service = wanted ?? (names.includes(app) ? app : names.length === 1 ? names[0] : undefined);
  const given = service === undefined ? undefined : services[service];
  if (service === undefined || given === undefined) {
    throw new Failure(
      `${file} has no service '${wanted ?? app}'; it has ${names.join(', ') || 'none'}.`,
      'Name one: --service NAME',
    );
  }
  const draft: Draft = { description: {}, exceptions: [], notes: [] };
  const replaced = image === undefined ? given : { ...given, image };
  for (const [key, value] of Object.entries(replaced)) {
    const reader = readers[key] ?? note('dropped', 'app.ts has no key for it: docs/app.md');
    try {
      reader(value, draft, key);
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error;
      throw new Failure(
        `${file}: services.${service}.${key} is not valid in a compose file: ${z.prettifyError(error)}`,
        'Correct it or remove the key, then type the same command again.',
      );
    }
  }
  const dockerfile = 'build' in given ? dockerfileOf(given.build) : undefined;
  return {
    service,
    description: completed(draft),
    notes: draft.notes.map((each) => ({ ...each, text: each.text.replace(/\bAPP\b/g, app) })),
    ...(dockerfile === undefined ? {} : { dockerfile }),
  };
}

function dockerfileOf(build: unknown): string {
  const { context = '.', dockerfile = 'Dockerfile' } =
    typeof build === 'string' ? { context: build } : asRecord(build);
  return join(String(context), String(dockerfile));
}

function servicesIn(text: string, file: string): z.infer<typeof composeFile>['services'] {
  let document: unknown;
  try {
    document = parse(text, { merge: true });
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    const { line = 0, col = 0 } = error.linePos?.[0] ?? {};
    throw new Failure(
      `${file}:${line}:${col} is not valid YAML: ${error.message.split('\n')[0]}`,
      'Correct it first.',
    );
  }
  const read = composeFile.safeParse(document);
  if (!read.success) {
    throw new Failure(
      `${file} is not a compose file: it has no map of services.`,
      'Name another: --from FILE',
    );
  }
  return read.data.services;
}

/** Adds fields that app.ts requires and a compose file does not have. */
function completed({ description, exceptions, notes }: Draft): Record<string, unknown> {
  const [first] = Object.keys(asRecord(description.ports));
  if (description.image === undefined)
    throw new Failure('the service has neither image nor build.', 'Add one of them.');
  if (first !== undefined && description.probes === undefined) {
    description.probes = { ready: { tcp: first } };
    notes.push({
      key: 'healthcheck',
      fate: 'approximated',
      text: `there is none: probes: { ready: { tcp: '${first}' } }`,
    });
  }
  description.resources ??= { cpu: '50m', memory: '128Mi' };
  return { ...description, ...(exceptions.length > 0 ? { exceptions } : {}) };
}

function words(value: unknown, { description, notes }: Draft, key: string, as: 'command' | 'args'): void {
  if (value === null) return;
  const given = texts.parse(value);
  const written = Array.isArray(given) ? given.map(resolved) : resolved(given);
  if (written === undefined || (Array.isArray(written) && written.includes(undefined))) {
    notes.push({ key, fate: 'dropped', text: `a value of it is not in the file: ${as}: [ … ]` });
    return;
  }
  if (Array.isArray(written)) {
    description[as] = written;
    notes.push({ key, fate: 'kept', text: as });
    return;
  }
  const plain = !/["'$|&;<>`\\]/.test(written);
  description[as] = plain ? written.split(/\s+/).filter((word) => word !== '') : ['sh', '-c', written];
  const shell = `${as}, with a shell: write the words separately if the image has no shell`;
  notes.push({ key, fate: plain ? 'kept' : 'approximated', text: plain ? as : shell });
}

function memoryLimit(given: string, { description, notes }: Draft, key: string): void {
  const memory = memoryOf(given);
  if (memory === undefined) {
    notes.push({ key, fate: 'dropped', text: 'resources: { cpu: …, memory: … }' });
    return;
  }
  description.resources = { cpu: '50m', memory, reason: 'The limit of its compose file.' };
  notes.push({ key, fate: 'approximated', text: `resources: memory ${memory}; cpu is a guess` });
}

function port(
  value: unknown,
  { description, exceptions, notes }: Draft,
  key: string,
  published: boolean,
): void {
  const long = typeof value === 'object' && value !== null ? asRecord(value) : undefined;
  const [spec = '', protocol = 'tcp'] = String(
    long ? `${long.target}/${long.protocol ?? 'tcp'}` : value,
  ).split('/');
  const number = Number((resolved(spec) ?? '').split(':').at(-1));
  if (protocol !== 'tcp' || !Number.isInteger(number) || number < 1) {
    notes.push({
      key: `${key}.${spec}`,
      fate: 'dropped',
      text: "an app's ports use TCP, and are listed one by one",
    });
    return;
  }
  const ports = asRecord(description.ports);
  if (Object.values(ports).some((each) => asRecord(each).port === number)) return;
  const http = !notHttp.has(number);
  const name = http && ports.http === undefined ? 'http' : `p${number}`;
  description.ports = { ...ports, [name]: { port: number } };
  if (number < 1024 && !exceptions.some(({ rule }) => rule === 'low-port')) {
    exceptions.push({ rule: 'low-port', reason: 'The image listens there, as its compose file says.' });
  }
  const exposed = published && http && description.exposes === undefined;
  if (exposed) description.exposes = { port: name };
  notes.push({
    key: `${key}.${number}`,
    fate: published ? 'approximated' : 'kept',
    text: exposed
      ? `ports and exposes: at NAME.DOMAIN, by HTTPS`
      : `ports: ${name}, reachable inside the cluster for apps with a 'uses' entry`,
  });
}

function volume(value: unknown, { description, notes }: Draft): void {
  const long = typeof value === 'object' && value !== null ? asRecord(value) : undefined;
  const [first = '', second, mode = ''] = long
    ? [String(long.source ?? ''), String(long.target ?? ''), long.read_only === true ? 'ro' : '']
    : String(value).split(':');
  const source = second === undefined ? '' : first;
  const target = second ?? first;
  const key = `volumes.${target}`;
  const isPath = /^[./~$]/.test(source);
  if (/docker\.sock$/.test(source)) {
    notes.push({ key, fate: 'dropped', text: 'an app cannot reach the container runtime' });
  } else if (/^\/(dev|etc|proc|run|sys|var\/run)\b/.test(source)) {
    notes.push({ key, fate: 'dropped', text: 'an app cannot have files of the node' });
  } else if (isPath && (mode.split(',').includes('ro') || /\.\w+$/.test(target))) {
    notes.push({
      key,
      fate: 'dropped',
      text: `copy ${source} beside app.ts: files: { '${target}': 'files/…' }`,
    });
  } else {
    const volumes = asRecord(description.volumes);
    const wanted = (isPath || source === '' ? (target.split('/').at(-1) ?? '') : source).toLowerCase();
    const label = wanted.replace(/[^a-z0-9-]+/g, '-').replace(/^-+|-+$/g, '') || 'data';
    const name = Object.hasOwn(volumes, label) ? `${label}-${Object.keys(volumes).length}` : label;
    description.volumes = { ...volumes, [name]: { path: target, size: '1Gi' } };
    const filled = isPath ? `; copy the content of ${source} into it` : '';
    notes.push({ key, fate: 'approximated', text: `volumes: ${name}, of 1Gi${filled}` });
  }
}

/** Text with the defaults of its variables and `$$` as a dollar; undefined if a variable has no default. */
function resolved(text: string): string | undefined {
  let isWhole = true;
  const result = text.replace(
    /\$\$|\$\{(\w+)(?:(:?-)([^}]*))?[^}]*\}|\$(\w+)/g,
    (whole, _name, dash, given) => {
      if (whole === '$$') return '$';
      if (dash === undefined) isWhole = false;
      return given ?? '';
    },
  );
  return isWhole ? result : undefined;
}

/** `512M` in a compose file means 512Mi. */
function memoryOf(text: string): string | undefined {
  const [, number, unit = ''] = /^(\d+)\s*([kmg])b?$/i.exec(text) ?? [];
  return number === undefined
    ? undefined
    : `${number}${unit.toUpperCase().replace('K', 'k')}i`.replace('ki', 'Ki');
}
