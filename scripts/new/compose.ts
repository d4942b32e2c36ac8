import { join } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { variableName } from '../../model/schema/cluster.ts';
import { fullReference, parseImageReference, pinnedImage } from '../../model/schema/image-reference.ts';
import { capability } from '../../model/schema/process.ts';
import { Failure } from '../cli/failure.ts';
import { always, needless } from './compose-needless.ts';
import {
  isMap,
  memoryOf,
  namesOf,
  pairsOf,
  partsOf,
  probeTiming,
  rangeOf,
  resolved,
  secondsOf,
  withoutEnd,
} from './compose-values.ts';
import { asRecord, type KeyNote, looksSecret } from './notes.ts';
import { shellWords } from './shell-words.ts';

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
  build: (value, { description, notes }, key) => {
    const { args = {}, target, ...given } = typeof value === 'string' ? {} : asRecord(value);
    const buildArgs: Record<string, string> = {};
    for (const [name, text] of pairsOf(args)) {
      const written = text === undefined ? undefined : resolved(text);
      const isKept =
        written !== undefined && variableName.safeParse(name).success && !looksSecret(name, written);
      if (isKept) buildArgs[name] = written;
      notes.push({
        key: `${key}.args.${name}`,
        fate: isKept ? 'kept' : 'dropped',
        text: isKept
          ? `buildArgs: ${name}`
          : `buildArgs: { NAME: … }, or secrets: ['NAME'] for a secret of the build`,
      });
    }
    description.image = { build: '.', ...(Object.keys(buildArgs).length > 0 ? { buildArgs } : {}) };
    notes.push({
      key,
      fate: 'approximated',
      text: "image: { build: '.' }: copy the Dockerfile and its sources beside app.ts; context: '../..' copies from the root of the repository",
    });
    if (target !== undefined)
      notes.push({
        key: `${key}.target`,
        fate: 'dropped',
        text: 'the last stage is built: write that stage last',
      });
    for (const name of Object.keys(given).filter((each) => each !== 'context' && each !== 'dockerfile'))
      notes.push({ key: `${key}.${name}`, fate: 'dropped', text: 'docs/app.md#image says what a build has' });
  },
  command: (value, draft, key) => words(value, draft, key, 'args'),
  entrypoint: (value, draft, key) => words(value, draft, key, 'command'),
  environment: (value, { description, notes }) => {
    const env: Record<string, string> = {};
    for (const [name, plain = ''] of pairsOf(value)) {
      const key = `environment.${name}`;
      const text = resolved(plain);
      if (!variableName.safeParse(name).success) {
        const why = 'variables of an app have A-Z, 0-9 and _ in their names: write it in a file under files';
        notes.push({ key, fate: 'dropped', text: why });
      } else if (looksSecret(name, plain)) {
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
    const found = [texts.parse(value)].flat().map((each) => {
      const [path = '', options = ''] = each.split(':');
      const size = memoryOf(/(?:^|,)size=(\d+[kmg]?)/i.exec(options)?.[1] ?? '');
      return [withoutEnd(path), { size: size ?? '64Mi', memory: true }] as const;
    });
    description.temporary = { ...asRecord(description.temporary), ...Object.fromEntries(found) };
    const sizes = found.map(([path, { size }]) => `${path} of ${size}`);
    notes.push({ key, fate: 'approximated', text: `temporary: ${sizes.join(', ')}` });
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
  healthcheck: (value, { description, notes }, key) => {
    const given = z.looseObject({ test: texts.optional(), disable: z.boolean().optional() }).parse(value);
    const { test } = given;
    const [kind, ...rest] = Array.isArray(test) ? test : ['CMD-SHELL', test ?? ''];
    if (test === undefined || kind === 'NONE' || given.disable === true) {
      notes.push({ key, fate: 'dropped', text: 'probes: { ready: … }' });
      return;
    }
    const exec = kind === 'CMD-SHELL' ? ['sh', '-c', rest.join(' ')] : rest;
    const timing = probeTiming(given);
    const start = secondsOf(given.start_period);
    const period = timing.period ?? 10;
    description.probes = {
      ...(start === undefined || start < 1
        ? {}
        : { startup: { exec, ...timing, failures: Math.ceil(start / period) + (timing.failures ?? 3) } }),
      ready: { exec, ...timing },
    };
    notes.push({ key, fate: 'approximated', text: `probes: { ready: { exec } }, every ${period} seconds` });
  },
  deploy: (value, draft, key) => {
    const { replicas, resources, ...others } = asRecord(value);
    if (replicas !== undefined) copies(replicas, draft, `${key}.replicas`);
    const { limits, reservations } = asRecord(resources);
    limitsOf(asRecord(limits), draft, `${key}.resources`);
    if (asRecord(reservations).devices !== undefined)
      draft.notes.push({
        key: `${key}.resources.reservations.devices`,
        fate: 'dropped',
        text: "nodes: { gpus: { 'nvidia.com/gpu': 1 } }",
      });
    for (const name of Object.keys(others)) {
      const text = deployTexts[name] ?? 'app.ts has no key for it: docs/app.md';
      draft.notes.push({ key: `${key}.${name}`, fate: name in deployTexts ? 'kept' : 'dropped', text });
    }
  },
  scale: (value, draft, key) => copies(value, draft, key),
  cpus: (value, draft, key) => limitsOf({ cpus: value }, draft, key),
  shm_size: (value, { description, notes }, key) => {
    const size = memoryOf(String(value)) ?? '64Mi';
    description.temporary = { ...asRecord(description.temporary), '/dev/shm': { size, memory: true } };
    notes.push({ key, fate: 'kept', text: `temporary: /dev/shm of ${size}` });
  },
  secrets: (value, { notes }, key) => {
    for (const name of namesOf(value)) {
      const text = `uses: [{ kind: 'secret', name: 'keys', keys: ['${name}'], as: 'files' }]; the file is /secrets/keys/${name}, not /run/secrets/${name}`;
      notes.push({ key: `${key}.${name}`, fate: 'dropped', text });
    }
  },
  configs: (value, { notes }, key) => {
    for (const name of namesOf(value)) {
      const text = `copy it beside app.ts: files: { '/PATH/IN/THE/CONTAINER': 'files/${name}' }`;
      notes.push({ key: `${key}.${name}`, fate: 'dropped', text });
    }
  },
  depends_on: (value, { notes }) => {
    const names = Array.isArray(value) ? value.map(String) : Object.keys(asRecord(value));
    for (const name of names) {
      const ends = asRecord(asRecord(value)[name]).condition === 'service_completed_successfully';
      const text = ends
        ? 'job: { command: [ … ] } runs before each new version, or an init step before each start'
        : /postgres|^pg$|(^|[_-])db$|database/.test(name)
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
  mem_limit: (value, draft, key) => limitsOf({ memory: value }, draft, key),
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
  const whole = extended(services, given, file, [service]);
  const replaced = image === undefined ? whole : { ...whole, image };
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
  const dockerfile = 'build' in whole ? dockerfileOf(whole.build) : undefined;
  return {
    service,
    description: completed(draft),
    notes: draft.notes.map((each) => ({ ...each, text: each.text.replace(/\bAPP\b/g, app) })),
    ...(dockerfile === undefined ? {} : { dockerfile }),
  };
}

/** A service with the keys of the one that it extends in the same file; maps are joined, lists are put together. */
function extended(
  services: Services,
  { extends: base, ...own }: Services[string],
  file: string,
  seen: string[],
): Services[string] {
  if (base === undefined) return own;
  const { service, file: other } = typeof base === 'string' ? { service: base } : asRecord(base);
  const name = String(service);
  const found = services[name];
  if (other !== undefined || found === undefined || seen.includes(name)) {
    throw new Failure(
      `${file}: the service '${seen.at(-1)}' extends '${name}'${other === undefined ? '' : ` of ${other}`}, which ${seen.includes(name) ? 'extends it again' : 'is not in this file'}.`,
      'Write the keys of the other service here: docker compose config prints all of them.',
    );
  }
  const merged = { ...extended(services, found, file, [...seen, name]) };
  for (const [key, value] of Object.entries(own)) {
    const before = merged[key];
    if (Array.isArray(before) && Array.isArray(value) && key !== 'command' && key !== 'entrypoint')
      merged[key] = [...before, ...value];
    else if (isMap(before) && isMap(value)) merged[key] = { ...before, ...value };
    else merged[key] = value;
  }
  return merged;
}

type Services = z.infer<typeof composeFile>['services'];

function dockerfileOf(build: unknown): string {
  const { context = '.', dockerfile = 'Dockerfile' } =
    typeof build === 'string' ? { context: build } : asRecord(build);
  return join(String(context), String(dockerfile));
}

function servicesIn(text: string, file: string): Services {
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
  const split = shellWords(written);
  if (split === undefined)
    throw new z.ZodError([{ code: 'custom', path: [], message: 'a quote has no end', input: value }]);
  description[as] = split;
  notes.push({ key, fate: 'kept', text: as });
}

function limitsOf(given: Record<string, unknown>, { description, notes }: Draft, key: string): void {
  const before = asRecord(description.resources);
  const memory = given.memory === undefined ? undefined : memoryOf(String(given.memory));
  const cores = Number(given.cpus);
  const cpu = cores > 0 ? `${Math.max(1, Math.round(cores * 1000))}m` : undefined;
  if (memory === undefined && cpu === undefined) {
    if (Object.keys(given).length > 0)
      notes.push({ key, fate: 'dropped', text: 'resources: { cpu: …, memory: … }' });
    return;
  }
  const resources = {
    cpu: '50m',
    memory: '128Mi',
    ...before,
    ...(memory ? { memory } : {}),
    ...(cpu ? { cpu } : {}),
  };
  description.resources = { ...resources, reason: 'The limit of its compose file.' };
  const text = [
    ...(memory ? [`memory ${memory}`] : []),
    ...(cpu ? [`cpu ${cpu}, which is reserved, not a limit`] : []),
  ];
  notes.push({ key, fate: 'approximated', text: `resources: ${text.join('; ')}` });
}

function copies(value: unknown, { description, notes }: Draft, key: string): void {
  const replicas = Number(value);
  const isNumber = Number.isInteger(replicas);
  if (isNumber) description.replicas = replicas;
  notes.push({
    key,
    fate: isNumber ? 'kept' : 'dropped',
    text: isNumber ? `replicas: ${replicas}` : 'replicas: NUMBER',
  });
}

/** What of `deploy` every app has. */
const deployTexts: Readonly<Record<string, string>> = {
  restart_policy: 'a process that ends is restarted',
  update_config: 'pods are replaced one after the other, once the new one is ready',
  rollback_config: 'while a new version is not ready, the old one keeps running',
  mode: 'replicas: … is the number of pods',
  labels: 'labels are derived',
};

/** A port in one of its forms: `8080`, `127.0.0.1:80:8080/udp`, a range `3000-3005`, or a map with `target` and `published`. */
function port(value: unknown, draft: Draft, key: string, published: boolean): void {
  const long = typeof value === 'object' && value !== null ? asRecord(value) : undefined;
  const written = long ? `${long.published ?? ''}:${long.target}/${long.protocol ?? 'tcp'}` : String(value);
  const [spec = '', protocol = 'tcp'] = (
    resolved(written) ??
    resolved(partsOf(written).at(-1) ?? '') ??
    ''
  ).split('/');
  const [target = '', host = ''] = partsOf(spec).reverse();
  const [first, last] = rangeOf(target);
  const [firstHost] = rangeOf(host);
  if (
    (protocol !== 'tcp' && protocol !== 'udp') ||
    first === undefined ||
    last === undefined ||
    last - first > 20
  ) {
    draft.notes.push({
      key: `${key}.${written}`,
      fate: 'dropped',
      text: 'ports: { NAME: { port: NUMBER } }, one each',
    });
    return;
  }
  for (let number = first; number <= last; number++) {
    const outside = firstHost === undefined ? number : firstHost + number - first;
    onePort({ number, protocol, outside: published ? outside : undefined }, draft, key);
  }
}

function onePort(
  { number, protocol, outside }: { number: number; protocol: 'tcp' | 'udp'; outside: number | undefined },
  { description, exceptions, notes }: Draft,
  key: string,
): void {
  const ports = asRecord(description.ports);
  const isThere = Object.values(ports).some((each) => {
    const known = asRecord(each);
    return known.port === number && (known.protocol ?? 'tcp') === protocol;
  });
  if (isThere) return;
  const http = protocol === 'tcp' && !notHttp.has(number);
  const isFirst = http && ports.http === undefined;
  const name = isFirst ? 'http' : `${protocol === 'udp' ? 'u' : 'p'}${number}`;
  // A further port of HTTP is one of exposes.paths, or of administrators alone.
  const open = outside !== undefined && !http ? { public: outside } : {};
  description.ports = {
    ...ports,
    [name]: { port: number, ...(protocol === 'udp' ? { protocol } : {}), ...open },
  };
  if (number < 1024 && !exceptions.some(({ rule }) => rule === 'low-port')) {
    exceptions.push({ rule: 'low-port', reason: 'The image listens there, as its compose file says.' });
  }
  const exposed = outside !== undefined && http && description.exposes === undefined;
  if (exposed) description.exposes = { port: name };
  const inside = `ports: ${name}, reachable inside the cluster for apps with a 'uses' entry`;
  const text = exposed
    ? 'ports and exposes: at NAME.DOMAIN, by HTTPS'
    : 'public' in open
      ? `ports: ${name}, at ${outside} from outside too; take public out if only apps call it`
      : inside;
  notes.push({
    key: `${key}.${number}${protocol === 'udp' ? '/udp' : ''}`,
    fate: outside === undefined ? 'kept' : 'approximated',
    text,
  });
}

function volume(value: unknown, { description, notes }: Draft): void {
  const long = typeof value === 'object' && value !== null ? asRecord(value) : undefined;
  const [first = '', second, mode = ''] = long
    ? [String(long.source ?? ''), String(long.target ?? ''), long.read_only === true ? 'ro' : '']
    : partsOf(String(value));
  const source = second === undefined ? '' : first;
  const target = withoutEnd(second ?? first);
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
