import type { Environment } from '../../model/graph.ts';
import { onceEach } from '../../model/once-each.ts';
import { field, textField } from '../kube/field.ts';
import { isIfAbsent } from '../kube/if-absent.ts';
import { allObjects, type Component, type KubeObject } from '../kube/kube-object.ts';
import { idOf, kindOf, objectId } from '../kube/object-id.ts';
import { podTemplate } from '../kube/pod-template.ts';

/** An object with its component. */
export interface Owned {
  component: string;
  object: KubeObject;
  /** Set for objects of a Helm chart, which are not in manifests/. */
  templated?: true;
}

/** An object that creates pods, with the values that checks need. */
export interface Workload extends Owned {
  namespace: string;
  /** Labels of its pods. */
  labels: unknown;
  /** The spec of its pods. */
  pod: unknown;
  /** The service account of its pods. */
  account: string;
  /** Maximum number of its pods. */
  replicas: number;
  /** Whether its pods run to completion, as those of a Job do. */
  ends: boolean;
}

/** All rendered objects of one environment, indexed by kind, name and namespace. */
export class Inventory {
  readonly env: Environment;
  readonly workloads: Workload[] = [];
  readonly #namespaces = new Map<string, KubeObject>();
  readonly #byKind = new Map<string, Owned[]>();
  readonly #byPlace = new Map<string, Owned[]>();
  readonly #workloadsByNamespace = new Map<string, Workload[]>();

  constructor(env: Environment, components: readonly Component[]) {
    this.env = env;
    for (const component of components) for (const entry of entriesOf(component)) this.#add(entry);
  }

  /** Objects of a kind, written `Kind.group` as in `provides` of operators. */
  all(kind: string): readonly Owned[] {
    return this.#byKind.get(kind) ?? [];
  }

  in(namespace: string, kind: string): readonly Owned[] {
    return this.#byPlace.get(`${kind} ${namespace}`) ?? [];
  }

  /** A namespace that is rendered here. */
  namespace(name: string): KubeObject | undefined {
    return this.#namespaces.get(name);
  }

  workloadsIn(namespace: string): readonly Workload[] {
    return this.#workloadsByNamespace.get(namespace) ?? [];
  }

  #add({ owned, kind, place, workload }: Entry): void {
    push(this.#byKind, kind, owned);
    push(this.#byPlace, place, owned);
    if (kind === 'Namespace' && !isIfAbsent(owned.object))
      this.#namespaces.set(owned.object.metadata.name, owned.object);
    if (workload === undefined) return;
    this.workloads.push(workload);
    push(this.#workloadsByNamespace, workload.namespace, workload);
  }
}

/** An object with the keys of its indexes. */
interface Entry {
  owned: Owned;
  kind: string;
  /** Kind and namespace. */
  place: string;
  workload: Workload | undefined;
}

const entriesOf = onceEach((component: Component): Entry[] => {
  const { name } = component;
  const objects = allObjects(component);
  const most = mostReplicas(objects);
  const own = component.objects.length;
  return objects.map((object, i) => {
    const owned: Owned = { component: name, object, ...(i < own ? {} : { templated: true }) };
    const kind = kindOf(object);
    const place = `${kind} ${object.metadata.namespace ?? ''}`;
    return { owned, kind, place, workload: workloadOf(owned, most.get(objectId(object))) };
  });
});

/** Map from the id of a HorizontalPodAutoscaler's target to its maximum number of pods. */
function mostReplicas(objects: readonly KubeObject[]): Map<string, number> {
  const scalers = objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
  return new Map(
    scalers.map(({ metadata, spec }) => [
      idOf(
        textField(spec, 'scaleTargetRef', 'kind') ?? '',
        textField(spec, 'scaleTargetRef', 'name') ?? '',
        metadata.namespace,
      ),
      Number(field(spec, 'maxReplicas')),
    ]),
  );
}

function workloadOf(owned: Owned, most: number | undefined): Workload | undefined {
  const { object } = owned;
  const template = podTemplate(object);
  if (template === undefined) return undefined;
  const replicas = field(object, 'spec', 'replicas');
  const pod = field(template, 'spec');
  return {
    ...owned,
    namespace: object.metadata.namespace ?? 'default',
    labels: field(template, 'metadata', 'labels'),
    pod,
    account: textField(pod, 'serviceAccountName') ?? 'default',
    replicas: most ?? (typeof replicas === 'number' ? replicas : 1),
    ends: object.kind === 'Job' || object.kind === 'CronJob',
  };
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
