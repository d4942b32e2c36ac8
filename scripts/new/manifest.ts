import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { Failure } from '../cli/failure.ts';
import { container, readContainer } from './manifest-container.ts';
import { drop, type Manifest, type ManifestDraft, manifest } from './manifest-draft.ts';
import { asRecord, type KeyNote } from './notes.ts';
import { onePodForVolumes } from './one-pod.ts';

/** Description of an app for app.ts, with its files and the result for each key. */
export interface ManifestApp {
  /** `Deployment shop`. */
  source: string;
  description: Record<string, unknown>;
  /** Map from paths below the app's folder to texts. */
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
  const draft: ManifestDraft = {
    app,
    all,
    pod,
    description: {},
    exceptions: [],
    uses: [],
    files: {},
    notes: [],
  };
  readContainer(image === undefined ? first : { ...first, image }, draft);
  if (typeof spec.replicas === 'number') {
    draft.description.replicas = spec.replicas;
    draft.notes.push({ key: 'replicas', fate: 'kept', text: `replicas: ${spec.replicas}` });
  }
  onePodForVolumes(draft);
  for (const other of others) drop(draft, `containers.${other.name}`, 'sidecars: [{ name: …, image: … }]');
  readOthers(spec, deployment, draft);
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

function readOthers(spec: object, deployment: Manifest, draft: ManifestDraft): void {
  for (const key of Object.keys(draft.pod)) if (ofPod[key] !== undefined) drop(draft, key, ofPod[key]);
  if (asRecord(Object(spec).strategy).type === 'Recreate')
    drop(draft, 'strategy', 'an app with a volume is recreated, others are updated one pod at a time');
  for (const other of draft.all) if (other !== deployment) readObject(other, draft);
}

/** The file's other objects, with the app's field that replaces each. */
function readObject({ kind, metadata, spec }: Manifest, draft: ManifestDraft): void {
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
function completed({
  description,
  exceptions,
  uses,
  files,
  notes,
}: ManifestDraft): Omit<ManifestApp, 'source'> {
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
