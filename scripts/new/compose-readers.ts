import { z } from 'zod';
import { fullReference, pinnedImage } from '../../model/schema/image-reference.ts';
import { capability } from '../../model/schema/process.ts';
import { variableName } from '../../model/schema/variables.ts';
import { type ComposeDraft, note, type Reader, texts } from './compose-draft.ts';
import { always, needless } from './compose-needless.ts';
import { port } from './compose-ports.ts';
import {
  memoryOf,
  namesOf,
  pairsOf,
  probeTiming,
  resolved,
  secondsOf,
  withoutEnd,
} from './compose-values.ts';
import { volume } from './compose-volumes.ts';
import { asRecord, looksSecret } from './notes.ts';
import { shellWords } from './shell-words.ts';
import { unpinnedImage } from './unpinned-image.ts';

/** Readers of a service's keys, by key. */
export const readers: Readonly<Record<string, Reader>> = {
  image: (value, { description, notes }, key) => {
    const written = String(value);
    const text = resolved(written);
    const ref = text === undefined ? undefined : fullReference(text);
    if (ref === undefined || !pinnedImage.safeParse(ref).success) throw unpinnedImage(text ?? written);
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
  restart: (value, { notes }, key) => {
    const isKept = value === 'always' || value === 'unless-stopped';
    const text = 'a process that ends is restarted';
    const other = "; one that shall end is a schedule, or a job of its app's roll-out";
    notes.push({ key, fate: isKept ? 'kept' : 'dropped', text: isKept ? text : text + other });
  },
  security_opt: (value, { notes }, key) => {
    for (const option of z.array(z.string()).parse(value)) {
      const isKept = /^no-new-privileges(?:[:=]true)?$/.test(option);
      notes.push({
        key: `${key}.${option}`,
        fate: isKept ? 'kept' : 'dropped',
        text: 'every pod has seccomp and no new privileges',
      });
    }
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

function words(
  value: unknown,
  { description, notes }: ComposeDraft,
  key: string,
  as: 'command' | 'args',
): void {
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

function limitsOf(given: Record<string, unknown>, { description, notes }: ComposeDraft, key: string): void {
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

function copies(value: unknown, { description, notes }: ComposeDraft, key: string): void {
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
