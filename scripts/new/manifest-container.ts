import { z } from 'zod';
import { fullReference, pinnedImage } from '../../model/schema/image-reference.ts';
import { capability } from '../../model/schema/process.ts';
import { inUnits } from '../../model/schema/quantity.ts';
import { drop, type ManifestDraft } from './manifest-draft.ts';
import { asRecord, type KeyNote, looksSecret } from './notes.ts';
import { unpinnedImage } from './unpinned-image.ts';

/** IsConfigMapKey of k8s.io/apimachinery: it becomes the name of a file and cannot leave the folder. */
const configKey = z.string().regex(/^(?!\.{1,2}$)[-._a-zA-Z0-9]+$/, 'a key of a ConfigMap');

/** The keys of a container that are converted. */
export const container = z.looseObject({
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

/** Reads one container of a Deployment into the draft, and reports every key. */
export function readContainer(given: Container, draft: ManifestDraft): void {
  readImage(given, draft);
  readProcess(given, draft);
  readEnv(given, draft);
  readPorts(given, draft);
  readProbes(given, draft);
  readResources(given, draft);
  readSecurity(given, draft);
  for (const mount of given.volumeMounts) readMount(mount, draft);
  for (const key of Object.keys(given))
    if (!knownOfContainer.has(key)) drop(draft, key, 'app.ts has no key for it: docs/app.md');
}

function readImage({ image }: Container, { description, notes }: ManifestDraft): void {
  const ref = fullReference(image);
  if (!pinnedImage.safeParse(ref).success) throw unpinnedImage(image);
  description.image = { ref };
  const pinned = ref.includes('@sha256:');
  notes.push({
    key: 'image',
    fate: pinned ? 'kept' : 'approximated',
    text: pinned ? ref : `${ref}; add its digest, @sha256:…`,
  });
}

function readProcess({ command, args }: Container, { description, notes }: ManifestDraft): void {
  for (const [key, value] of Object.entries({ command, args })) {
    if (value === undefined) continue;
    description[key] = value;
    notes.push({ key, fate: 'kept', text: key });
  }
}

/** Variables with literal values or values from a ConfigMap of the file; for a Secret only their names. */
function readEnv({ env, envFrom }: Container, draft: ManifestDraft): void {
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

function secret({ uses, notes, app }: ManifestDraft, name: string, variable: string, key: string): void {
  const known = uses.find((use) => asRecord(use).name === name);
  if (known === undefined) uses.push({ kind: 'secret', name, keys: [variable] });
  else Object.assign(known, { keys: [...Object(known).keys, variable] });
  notes.push({
    key,
    fate: 'approximated',
    text: `uses: the secret '${name}'; type npm run secrets -- set ${app} ${variable}`,
  });
}

function dataOf({ all }: ManifestDraft, name: string): Record<string, string> | undefined {
  const map = all.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
  return map === undefined ? undefined : z.record(configKey, z.string()).parse(map.data ?? {});
}

function readPorts({ ports }: Container, draft: ManifestDraft): void {
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

function readProbes(given: Container, draft: ManifestDraft): void {
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

function probeOf(probe: Record<string, unknown>, { description }: ManifestDraft): object | undefined {
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

function readResources({ resources }: Container, { description, notes }: ManifestDraft): void {
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

function readSecurity(given: Container, draft: ManifestDraft): void {
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

function readMount(
  { name, mountPath, subPath }: Container['volumeMounts'][number],
  draft: ManifestDraft,
): void {
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
