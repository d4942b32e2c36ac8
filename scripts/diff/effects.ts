import { field, listField, textField } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { kindOf, objectId } from '../../charts/kube/object-id.ts';
import { podTemplate } from '../../charts/kube/pod-template.ts';
import { type Change, changes } from '../objects/object-changes.ts';
import type { Fate } from './fate.ts';
import { immutableChanges } from './immutable.ts';

/** Severities of effects, the gravest first. */
export const gravities = [
  'refused',
  'lost',
  'stops',
  'restarts',
  'reissues',
  'access',
  'starts',
  'other',
] as const;
export type Gravity = (typeof gravities)[number];

/** One effect of a change. */
export interface Effect {
  gravity: Gravity;
  /** `Deployment shop/shop`. */
  object: string;
  /** The rest of a sentence that begins with the object. */
  what: string;
  /** The next command, if one is needed. */
  next?: string;
  changes: Change[];
}

/**
 * The effects on one object: `before` is the current object, `after` the new one; absent if it is created or
 * deleted. `fate` is Flux's action on a deleted one.
 */
export function effectsOf(
  before: KubeObject | undefined,
  after: KubeObject | undefined,
  fate: Fate = 'pruned',
): Effect[] {
  if (before === undefined) return after === undefined ? [] : arrival(after);
  if (after === undefined) return departure(before, fate);
  const all = changes(before, after);
  if (all.length === 0) return [];
  const effects = [
    ...refusals(before, after),
    ...restarts(before, after, all),
    ...reissues(before, all),
    ...access(before, after, all),
  ];
  return effects.length > 0
    ? effects
    : [{ gravity: 'other', object: objectId(after), what: 'changes in place', changes: all }];
}

function refusals(before: KubeObject, after: KubeObject): Effect[] {
  const object = objectId(after);
  return immutableChanges(before, after).map(({ path, why }) => ({
    gravity: 'refused',
    object,
    what: `cannot change ${path}: ${why}`,
    next: remedy(after, path),
    changes: changes(before, after).filter((change) => change.path.startsWith(path)),
  }));
}

function remedy(after: KubeObject, path: string): string {
  switch (after.kind) {
    case 'PersistentVolumeClaim':
    case 'Cluster':
      return `keep ${path}, or create a new volume under another name and move the data: deleting this one deletes the data`;
    case 'StatefulSet':
      if (path === 'spec.volumeClaimTemplates') {
        return `if only sizes grow and the class supports it: keep the pods and recreate the object (kubectl delete ${resource(after)} --cascade=orphan), then set the new size of each claim (kubectl -n ${after.metadata.namespace} edit pvc); else keep ${path}`;
      }
      return `keep ${path}, or keep the pods and recreate the object: kubectl delete ${resource(after)} --cascade=orphan`;
    default:
      return `keep ${path}, give the object another name, or delete it first: kubectl delete ${resource(after)}`;
  }
}

/** The reason why Flux does not prune an object without a manifest. */
const leaves: Readonly<Record<Exclude<Fate, 'pruned' | 'with-namespace'>, string>> = {
  annotated: 'its annotation tells Flux never to prune it',
  'not-pruned': 'its Kustomization does not prune',
  orphaned: 'its Kustomization is removed with deletionPolicy: Orphan',
};

function departure(before: KubeObject, fate: Fate): Effect[] {
  const object = objectId(before);
  const effect = (gravity: Gravity, what: string): Effect[] => [{ gravity, object, what, changes: [] }];
  if (fate !== 'pruned' && fate !== 'with-namespace') {
    const what = `stays unchanged, and is no longer managed: ${leaves[fate]}`;
    const next = `when ${before.kind === 'Namespace' ? 'its content' : 'it'} is no longer needed: kubectl delete ${resource(before)}`;
    return [{ gravity: 'other', object, what, next, changes: [] }];
  }
  if (kindOf(before) === 'Kustomization.kustomize.toolkit.fluxcd.io') {
    const policy = textField(before, 'spec', 'deletionPolicy');
    const stays = policy === 'Orphan' || (policy !== 'Delete' && field(before, 'spec', 'prune') !== true);
    return effect('other', stays ? 'is deleted; its objects stay' : 'is deleted with its objects');
  }
  switch (before.kind) {
    case 'Namespace':
      return effect('lost', 'is deleted with everything in it, including volumes and Secrets');
    case 'PersistentVolumeClaim':
      return effect('lost', 'is deleted with its volume, unless its StorageClass or the volume has Retain');
    case 'CustomResourceDefinition':
      return effect('lost', 'is deleted with every object of its kind');
    case 'Cluster':
      if (kindOf(before) !== 'Cluster.postgresql.cnpg.io') return effect('other', 'goes');
      return effect('lost', 'is deleted with the volumes of all its instances: only backups remain');
    case 'Secret':
      return effect('lost', 'goes');
    case 'NetworkPolicy':
    case 'HTTPRoute':
      return effect(
        'access',
        before.kind === 'HTTPRoute'
          ? `no longer routes ${hosts(before)}`
          : 'is deleted: its allowed flows are denied, and if it was the only policy for its pods, all flows are allowed',
      );
    case 'Certificate':
      return effect('reissues', 'is deleted; its Secret stays until somebody deletes it, and is not renewed');
    default:
      return effect(
        podTemplate(before) === undefined ? 'other' : 'stops',
        podTemplate(before) === undefined ? 'goes' : 'is deleted with its pods',
      );
  }
}

function arrival(after: KubeObject): Effect[] {
  const object = objectId(after);
  const effect = (gravity: Gravity, what: string): Effect[] => [{ gravity, object, what, changes: [] }];
  if (after.kind === 'HTTPRoute') return effect('access', `routes ${hosts(after)}`);
  if (after.kind === 'Certificate') return effect('reissues', 'is issued for the first time');
  if (after.kind === 'NetworkPolicy')
    return effect('access', 'is new: its pods accept only the listed flows of its direction');
  if (/^(Cluster)?Role(Binding)?$/.test(after.kind)) return effect('access', rights(after));
  return podTemplate(after) === undefined ? effect('other', 'comes') : effect('starts', 'starts');
}

function restarts(before: KubeObject, after: KubeObject, all: Change[]): Effect[] {
  const object = objectId(after);
  const own = (path: string) =>
    all.filter(
      (change) =>
        change.path === path || change.path.startsWith(`${path}.`) || change.path.startsWith(`${path}[`),
    );
  if (kindOf(after) === 'Cluster.postgresql.cnpg.io') {
    const causes = [
      'spec.imageName',
      'spec.resources',
      'spec.postgresql',
      'spec.env',
      'spec.projectedVolumeTemplate',
    ].flatMap(own);
    const what = 'may restart its instances one after the other, the primary last';
    return causes.length === 0 ? [] : [{ gravity: 'restarts', object, what, changes: causes }];
  }
  if (podTemplate(after) === undefined || after.kind === 'Job' || after.kind === 'CronJob') return [];
  const [template, replicas] = [own('spec.template'), own('spec.replicas')];
  const effects: Effect[] = [];
  if (template.length > 0) {
    const recreate = textField(after, 'spec', 'strategy', 'type') === 'Recreate';
    const count = Number(field(before, 'spec', 'replicas') ?? 1);
    const pods =
      after.kind === 'DaemonSet' ? 'its pod on every node' : count === 1 ? 'its pod' : `its ${count} pods`;
    const how = recreate
      ? 'it is unavailable until the new one is ready'
      : after.kind === 'StatefulSet'
        ? 'one after the other, from the last; each is unavailable until its replacement is ready'
        : 'an old one ends when a new one is ready';
    effects.push({ gravity: 'restarts', object, what: `replaces ${pods}: ${how}`, changes: template });
  }
  if (replicas.length > 0) {
    const [old, now] = [field(before, 'spec', 'replicas') ?? 1, field(after, 'spec', 'replicas') ?? 1];
    effects.push({
      gravity: now === 0 ? 'stops' : 'starts',
      object,
      what: `runs ${now} pods instead of ${old}`,
      changes: replicas,
    });
  }
  return effects;
}

/** Fields of a Certificate's spec that no longer match the issued certificate (cert-manager, pkg/util/pki, RequestMatchesSpec). */
const issuedBy = [
  ...[
    'commonName',
    'literalSubject',
    'subject',
    'dnsNames',
    'ipAddresses',
    'uris',
    'emailAddresses',
    'otherNames',
  ],
  ...['isCA', 'usages', 'duration', 'issuerRef', 'secretName', 'privateKey'],
];

function reissues(before: KubeObject, all: Change[]): Effect[] {
  if (kindOf(before) !== 'Certificate.cert-manager.io') return [];
  const causes = all.filter(({ path }) => issuedBy.some((key) => new RegExp(`^spec\\.${key}\\b`).test(path)));
  if (causes.length === 0) return [];
  return [
    { gravity: 'reissues', object: objectId(before), what: 'is issued again at once', changes: causes },
  ];
}

function access(before: KubeObject, after: KubeObject, all: Change[]): Effect[] {
  const object = objectId(after);
  const shown = all.filter(({ path }) => !path.startsWith('metadata.'));
  if (shown.length === 0) return [];
  if (after.kind === 'NetworkPolicy') {
    return [{ gravity: 'access', object, what: 'allows other flows', changes: shown }];
  }
  if (after.kind === 'HTTPRoute' && hosts(before) !== hosts(after)) {
    return [
      {
        gravity: 'access',
        object,
        what: `routes ${hosts(after)} instead of ${hosts(before)}`,
        changes: shown,
      },
    ];
  }
  if (after.kind === 'Role' || after.kind === 'ClusterRole') {
    return [{ gravity: 'access', object, what: 'grants other rights', changes: shown }];
  }
  return [];
}

function hosts(route: KubeObject): string {
  return listField(route, 'spec', 'hostnames').join(', ') || 'every host name';
}

function rights(object: KubeObject): string {
  if (object.kind.endsWith('Binding'))
    return `grants ${textField(object, 'roleRef', 'name')} to its subjects`;
  const rules = listField(object, 'rules').map(
    (rule) => `${listField(rule, 'verbs').join(', ')} ${listField(rule, 'resources').join(', ')}`,
  );
  return `can be granted: ${rules.join('; ')}`;
}

function resource(object: KubeObject): string {
  const { name, namespace } = object.metadata;
  return `${object.kind.toLowerCase()} ${name}${namespace === undefined ? '' : ` --namespace ${namespace}`}`;
}
