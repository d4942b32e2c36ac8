import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { fullReference, parseImageReference, pinnedImage } from '../../model/schema/image-reference.ts';
import { capability } from '../../model/schema/process.ts';
import { inUnits } from '../../model/schema/quantity.ts';
import { Failure } from '../cli/failure.ts';
import { asRecord, type KeyNote, looksSecret } from './notes.ts';

/** Description of an app for app.ts, with its files and the result for each key. */
export interface ManifestApp {
  /** `Deployment shop`. */
  source: string;
  description: Record<string, unknown>;
  /** Map from paths below the app's folder to texts. */
  files: Record<string, string>;
  notes: KeyNote[];
}

const manifest = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});
type Manifest = z.infer<typeof manifest>;

/** IsConfigMapKey of k8s.io/apimachinery: it becomes the name of a file and cannot leave the folder. */
const configKey = z.string().regex(/^(?!\.{1,2}$)[-._a-zA-Z0-9]+$/, 'a key of a ConfigMap');

const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).default([]),
  ports: z
    .array(
      z.looseObject({
        containerPort: z.number(),
        name: z.string().optional(),
        protocol: z.string().optional(),
      }),
    )
    .default([]),
  volumeMounts: z
    .array(z.looseObject({ name: z.string(), mountPath: z.string(), subPath: z.string().optional() }))
    .default([]),
});
type Container = z.infer<typeof container>;

/** Result of the Deployment's keys, built one key after the other. */
interface Draft {
  app: string;
  all: Manifest[];
  pod: Record<string, unknown>;
  description: Record<string, unknown>;
  exceptions: { rule: string; reason: string }[];
  uses: object[];
  files: Record<string, string>;
  notes: KeyNote[];
}

/** Whether a text has Kubernetes objects with at least one Deployment. */
export function isManifest(text: string): boolean {
  return /^kind:\s*["']?Deployment["']?\s*$/m.test(text);
}

/**
 * The description of a Deployment with the Services, ConfigMaps, claims and Ingresses of the same file.
 * @throws Failure if the file does not have the Deployment, or its image has no version.
 */
export function fromManifest(...given: Parameters<typeof read>): ManifestApp {
  try {
    return read(...given);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new Failure(
      `${given[1]} is not a valid Kubernetes object: ${z.prettifyError(error)}`,
      'Correct it or remove the key, then type the same command again.',
    );
  }
}

function read(
  text: string,
  file: string,
  app: string,
  { service: wanted, image }: { service?: string; image?: string } = {},
): ManifestApp {
  const all = objectsIn(text, file);
  const deployments = all.filter(({ kind }) => kind === 'Deployment');
  const names = deployments.map(({ metadata }) => metadata.name);
  const name = wanted ?? (names.includes(app) ? app : names.length === 1 ? names[0] : undefined);
  const deployment = deployments.find(({ metadata }) => metadata.name === name);
  if (deployment === undefined) {
    throw new Failure(
      `${file} has no Deployment '${wanted ?? app}'; it has ${names.join(', ')}.`,
      'Name one: --service NAME',
    );
  }
  const spec = asRecord(deployment.spec);
  const pod = asRecord(asRecord(spec.template).spec);
  const [first, ...others] = z.array(container).parse(pod.containers ?? []);
  if (first === undefined) throw new Failure(`the Deployment ${name} has no container.`, 'Add one.');
  const draft: Draft = { app, all, pod, description: {}, exceptions: [], uses: [], files: {}, notes: [] };
  readImage(image === undefined ? first : { ...first, image }, draft);
  readProcess(first, draft);
  readEnv(first, draft);
  readPorts(first, draft);
  readProbes(first, draft);
  readResources(first, draft);
  readSecurity(first, draft);
  for (const mount of first.volumeMounts) readMount(mount, draft);
  if (typeof spec.replicas === 'number') {
    draft.description.replicas = spec.replicas;
    draft.notes.push({ key: 'replicas', fate: 'kept', text: `replicas: ${spec.replicas}` });
  }
  for (const other of others) drop(draft, `containers.${other.name}`, 'sidecars: [{ name: …, image: … }]');
  readOthers(first, spec, deployment, draft);
  return { source: `Deployment ${name}`, ...completed(draft) };
}

function objectsIn(text: string, file: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line = 0, col = 0 } = error.linePos?.[0] ?? {};
      throw new Failure(
        `${file}:${line}:${col} is not valid YAML: ${error.message.split('\n')[0]}`,
        'Correct it first.',
      );
    }
    const value: unknown = document.toJS();
    if (value === null) return [];
    const read = manifest.safeParse(value);
    if (read.success) return [read.data];
    throw new Failure(`${file} has a document that is not a Kubernetes object.`, 'Remove it.');
  });
}

function drop({ notes }: Draft, key: string, text: string): void {
  notes.push({ key, fate: 'dropped', text });
}

function readImage({ image }: Container, { description, notes }: Draft): void {
  const ref = fullReference(image);
  if (!pinnedImage.safeParse(ref).success) {
    throw new Failure(
      `the image ${ref} has the version '${parseImageReference(ref)?.tag ?? 'none'}', which changes its content.`,
      'Name the image by its version: --image docker.io/library/nginx:1.29.1',
    );
  }
  description.image = { ref };
  const pinned = ref.includes('@sha256:');
  notes.push({
    key: 'image',
    fate: pinned ? 'kept' : 'approximated',
    text: pinned ? ref : `${ref}; add its digest, @sha256:…`,
  });
}

function readProcess({ command, args }: Container, { description, notes }: Draft): void {
  for (const [key, value] of Object.entries({ command, args })) {
    if (value === undefined) continue;
    description[key] = value;
    notes.push({ key, fate: 'kept', text: key });
  }
}

/** Variables with literal values or values from a ConfigMap of the file; for a Secret only their names. */
function readEnv({ env, envFrom }: Container, draft: Draft): void {
  const { description, notes } = draft;
  const found: Record<string, string> = {};
  const take = (name: string, value: string, key: string) => {
    if (looksSecret(name, value)) return secret(draft, 'keys', name, key);
    found[name] = value;
    notes.push({ key, fate: 'kept', text: `env: ${name}` });
  };
  for (const each of Array.isArray(envFrom) ? envFrom : []) {
    const { configMapRef, secretRef } = asRecord(each);
    const [from, kind] = configMapRef === undefined ? [secretRef, 'Secret'] : [configMapRef, 'ConfigMap'];
    const name = String(asRecord(from).name ?? '');
    const data = kind === 'ConfigMap' ? dataOf(draft, name) : undefined;
    for (const [key, value] of Object.entries(data ?? {})) take(key, value, `envFrom.${name}.${key}`);
    if (data === undefined)
      drop(
        draft,
        `envFrom.${name}`,
        `its keys are not in the file: uses: [{ kind: 'secret', name: '${name}', keys: [ … ] }]`,
      );
  }
  for (const { name, value, valueFrom } of env) {
    const key = `env.${name}`;
    const { configMapKeyRef, secretKeyRef } = asRecord(valueFrom);
    const from = asRecord(configMapKeyRef);
    const text = value ?? dataOf(draft, String(from.name ?? ''))?.[String(from.key ?? '')];
    if (secretKeyRef !== undefined) secret(draft, String(asRecord(secretKeyRef).name), name, key);
    else if (text !== undefined) take(name, text, key);
    else drop(draft, key, `its value is not in the file: env: { ${name}: … }`);
  }
  if (Object.keys(found).length > 0) description.env = found;
}

function secret({ uses, notes, app }: Draft, name: string, variable: string, key: string): void {
  const known = uses.find((use) => asRecord(use).name === name);
  if (known === undefined) uses.push({ kind: 'secret', name, keys: [variable] });
  else Object.assign(known, { keys: [...Object(known).keys, variable] });
  notes.push({
    key,
    fate: 'approximated',
    text: `uses: the secret '${name}'; type npm run secrets -- set ${app} ${variable}`,
  });
}

function dataOf({ all }: Draft, name: string): Record<string, string> | undefined {
  const map = all.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
  return map === undefined ? undefined : z.record(configKey, z.string()).parse(map.data ?? {});
}

function readPorts({ ports }: Container, draft: Draft): void {
  const { description, exceptions, notes } = draft;
  const taken: Record<string, { port: number }> = {};
  for (const { containerPort, name, protocol = 'TCP' } of ports) {
    const key = `ports.${containerPort}`;
    if (protocol !== 'TCP') {
      drop(draft, key, "an app's ports use TCP");
      continue;
    }
    const own = name ?? (Object.keys(taken).length === 0 ? 'http' : `p${containerPort}`);
    taken[own] = { port: containerPort };
    notes.push({
      key,
      fate: 'kept',
      text: `ports: ${own}, reachable inside the cluster for apps with a 'uses' entry`,
    });
    if (containerPort < 1024 && !exceptions.some(({ rule }) => rule === 'low-port'))
      exceptions.push({ rule: 'low-port', reason: 'The image listens there, as its Deployment says.' });
  }
  if (Object.keys(taken).length > 0) description.ports = taken;
}

const probeNames = { startupProbe: 'startup', readinessProbe: 'ready', livenessProbe: 'live' } as const;

function readProbes(given: Container, draft: Draft): void {
  const probes: Record<string, object> = {};
  for (const [key, name] of Object.entries(probeNames)) {
    if (given[key] === undefined) continue;
    const probe = probeOf(asRecord(given[key]), draft);
    if (probe === undefined) {
      drop(draft, key, `probes: { ${name}: … }: it uses a port that is not under ports`);
      continue;
    }
    probes[name] = probe;
    draft.notes.push({ key, fate: 'approximated', text: `probes: ${name}; a delay is not needed` });
  }
  if (Object.keys(probes).length > 0) draft.description.probes = probes;
}

function probeOf(probe: Record<string, unknown>, { description }: Draft): object | undefined {
  const times = {
    ...(typeof probe.periodSeconds === 'number' ? { period: probe.periodSeconds } : {}),
    ...(typeof probe.timeoutSeconds === 'number' ? { timeout: probe.timeoutSeconds } : {}),
    ...(typeof probe.failureThreshold === 'number' ? { failures: probe.failureThreshold } : {}),
  };
  const ports = Object.entries(asRecord(description.ports));
  const named = (port: unknown) =>
    ports.find(([name, each]) => name === port || asRecord(each).port === Number(port))?.[0];
  const { httpGet, tcpSocket, grpc, exec } = probe;
  if (exec !== undefined) return { exec: asRecord(exec).command, ...times };
  const port = named(asRecord(httpGet ?? tcpSocket ?? grpc).port);
  if (port === undefined) return undefined;
  if (httpGet !== undefined) return { path: asRecord(httpGet).path ?? '/', port, ...times };
  return tcpSocket === undefined ? { grpc: port, ...times } : { tcp: port, ...times };
}

function readResources({ resources }: Container, { description, notes }: Draft): void {
  const { requests, limits } = asRecord(resources);
  const cpu = String(asRecord(requests).cpu ?? '50m');
  const memory = String(asRecord(limits).memory ?? asRecord(requests).memory ?? '128Mi');
  const isLarge = inUnits(cpu) > 0.25 || inUnits(memory) > inUnits('256Mi');
  description.resources = {
    cpu,
    memory,
    ...(isLarge ? { reason: 'The reservation of its Deployment.' } : {}),
  };
  const isWhole =
    asRecord(requests).cpu !== undefined && asRecord(limits).memory === asRecord(requests).memory;
  notes.push({
    key: 'resources',
    fate: isWhole && asRecord(limits).cpu === undefined ? 'kept' : 'approximated',
    text: `resources: cpu ${cpu}, memory ${memory}, which is also the limit; cpu has no limit`,
  });
}

function readSecurity(given: Container, draft: Draft): void {
  const { description, exceptions, notes } = draft;
  const context = { ...asRecord(draft.pod.securityContext), ...asRecord(given.securityContext) };
  if (typeof context.runAsUser === 'number') {
    description.user = context.runAsUser;
    notes.push({ key: 'securityContext.runAsUser', fate: 'kept', text: `user: ${context.runAsUser}` });
    if (context.runAsUser === 0)
      exceptions.push({ rule: 'non-root', reason: 'The image starts as root, as its Deployment says.' });
  } else {
    notes.push({
      key: 'securityContext.runAsUser',
      fate: 'approximated',
      text: 'user 65532, because the Deployment has none; if the image needs another number: user: …',
    });
  }
  const added = z.array(z.string()).catch([]).parse(asRecord(context.capabilities).add);
  const taken = added.filter((each) => capability.safeParse(each).success);
  if (taken.length > 0) {
    description.capabilities = taken;
    exceptions.push({ rule: 'capabilities', reason: 'The image needs them, as its Deployment says.' });
    notes.push({ key: 'securityContext.capabilities', fate: 'kept', text: 'capabilities' });
  }
  for (const each of added.filter((name) => !taken.includes(name)))
    drop(draft, `securityContext.capabilities.${each}`, "an app's pod cannot have it");
  if (context.privileged === true)
    drop(draft, 'securityContext.privileged', "an app's pod cannot be privileged");
}

function readMount({ name, mountPath, subPath }: Container['volumeMounts'][number], draft: Draft): void {
  const { description, files, notes } = draft;
  const key = `volumeMounts.${mountPath}`;
  const volumes = Array.isArray(draft.pod.volumes) ? draft.pod.volumes.map(asRecord) : [];
  const volume = volumes.find((each) => each.name === name) ?? {};
  const add = (field: string, entries: object, fate: KeyNote['fate'], text: string) => {
    description[field] = { ...asRecord(description[field]), ...entries };
    notes.push({ key, fate, text });
  };
  const { emptyDir, persistentVolumeClaim: claim, configMap } = volume;
  const data = configMap === undefined ? undefined : dataOf(draft, String(asRecord(configMap).name));
  if (emptyDir !== undefined) {
    const size = String(asRecord(emptyDir).sizeLimit ?? '64Mi');
    const memory = asRecord(emptyDir).medium === 'Memory' ? { size, memory: true } : size;
    add('temporary', { [mountPath]: memory }, 'approximated', `temporary, with ${size}`);
  } else if (claim !== undefined) {
    const claimed = draft.all.find(
      ({ kind, metadata }) => kind === 'PersistentVolumeClaim' && metadata.name === asRecord(claim).claimName,
    );
    const requests = asRecord(asRecord(asRecord(claimed?.spec).resources).requests);
    const size = String(requests.storage ?? '1Gi');
    const label = name.slice(0, 20).replace(/-+$/, '');
    add(
      'volumes',
      { [label]: { path: mountPath, size } },
      'approximated',
      `volumes: ${label}, of ${size}; its data is not copied`,
    );
  } else if (data !== undefined) {
    const wanted = subPath === undefined ? Object.keys(data) : [subPath];
    const entries = wanted.flatMap((each) => {
      const text = data[each];
      if (text === undefined) return [];
      files[`files/${each}`] = text;
      return [[subPath === undefined ? `${mountPath}/${each}` : mountPath, `files/${each}`] as const];
    });
    add('files', Object.fromEntries(entries), 'kept', `files: ${wanted.join(', ')}`);
  } else if (volume.secret !== undefined) {
    const secretName = String(asRecord(volume.secret).secretName);
    drop(
      draft,
      key,
      `uses: [{ kind: 'secret', name: '${secretName}', keys: [ … ], as: 'files' }] at /secrets/${secretName}`,
    );
  } else {
    drop(draft, key, 'an app cannot have files of the node; for mounts: docs/app.md#volumes');
  }
}

/** Keys of a container that a function above reads, or that have the effect of every app's defaults. */
const knownOfContainer = new Set([
  ...['name', 'image', 'command', 'args', 'env', 'envFrom', 'ports', 'volumeMounts', 'resources'],
  ...['securityContext', 'imagePullPolicy', 'terminationMessagePath', 'terminationMessagePolicy'],
  ...Object.keys(probeNames),
]);

/** Advice for keys of a pod that no function converts. */
const ofPod: Readonly<Record<string, string>> = {
  initContainers: 'init: [{ name: …, resources: { … } }]',
  nodeSelector: 'nodes: { labels: { … } }, after cluster.yaml gives a node that label',
  tolerations: 'nodes: { tolerate: [ … ] }, after cluster.yaml gives a node that taint',
  affinity: 'nodes: { labels: { … } }',
  topologySpreadConstraints: 'nodes: { spread: { … } }',
  serviceAccountName: "uses: [{ kind: 'kubernetes', rules: [ … ], reason: … }], if it calls the API server",
  hostNetwork: "an app's pod cannot use the network of the node",
  imagePullSecrets: 'images come from the registries of the mirror: docs/images.md',
  priorityClassName: 'priority: …',
};

function readOthers(given: Container, spec: object, deployment: Manifest, draft: Draft): void {
  for (const key of Object.keys(given))
    if (!knownOfContainer.has(key)) drop(draft, key, 'app.ts has no key for it: docs/app.md');
  for (const key of Object.keys(draft.pod)) if (ofPod[key] !== undefined) drop(draft, key, ofPod[key]);
  if (asRecord(Object(spec).strategy).type === 'Recreate')
    drop(draft, 'strategy', 'an app with a volume is recreated, others are updated one pod at a time');
  for (const other of draft.all) if (other !== deployment) readObject(other, draft);
}

/** The file's other objects, with the app's field that replaces each. */
function readObject({ kind, metadata, spec }: Manifest, draft: Draft): void {
  const { description, notes } = draft;
  const key = `${kind} ${metadata.name}`;
  if (['Service', 'ConfigMap', 'PersistentVolumeClaim', 'Namespace', 'ServiceAccount'].includes(kind)) {
    notes.push({ key, fate: 'kept', text: 'derived from app.ts' });
  } else if (kind === 'Ingress') {
    const [port] = Object.keys(asRecord(description.ports));
    const rules = z
      .array(z.looseObject({ host: z.string().optional() }))
      .catch([])
      .parse(asRecord(spec).rules);
    if (port !== undefined) description.exposes = { port };
    const hosts = rules.flatMap(({ host }) => host ?? []);
    notes.push({
      key,
      fate: port === undefined ? 'dropped' : 'approximated',
      text: `exposes: { port: … } at NAME.DOMAIN; ${hosts.join(', ') || 'no host'}: apps.${draft.app}.hosts in cluster.yaml`,
    });
  } else if (kind === 'HorizontalPodAutoscaler') {
    drop(draft, key, 'replicas: { min: …, max: …, cpu: … }');
  } else if (kind === 'Secret') {
    drop(
      draft,
      key,
      `uses: [{ kind: 'secret', … }]; type npm run secrets -- set ${draft.app} KEY. Remove the file from Git`,
    );
  } else {
    drop(draft, key, "a further object: extra: ['extra/….yaml']");
  }
}

/** Adds fields that app.ts requires and a Deployment can omit. */
function completed({ description, exceptions, uses, files, notes }: Draft): Omit<ManifestApp, 'source'> {
  const [first] = Object.keys(asRecord(description.ports));
  const probes = asRecord(description.probes);
  if (first !== undefined && probes.ready === undefined) {
    description.probes = { ready: { tcp: first }, ...probes };
    notes.push({
      key: 'readinessProbe',
      fate: 'approximated',
      text: `there is none: probes: { ready: { tcp: '${first}' } }`,
    });
  }
  return {
    description: {
      ...description,
      ...(uses.length > 0 ? { uses } : {}),
      ...(exceptions.length > 0 ? { exceptions } : {}),
    },
    files,
    notes,
  };
}
