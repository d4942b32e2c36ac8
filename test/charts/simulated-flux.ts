import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import { textField } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { platform } from '../../charts/order/flux-sync.ts';
import { inOrder } from '../../operators/flux/program/in-order.ts';

interface Condition {
  type: 'Ready';
  status: 'True' | 'False' | 'Unknown';
  reason: string;
}

/** A Kustomization in the cluster, as much of it as Flux looks at before it applies another. */
interface InCluster {
  spec: { sourceRef: { kind: string; name: string }; dependsOn?: { name: string; readyExpr?: string }[] };
  metadata: { name: string; generation: number };
  status: {
    observedGeneration: number;
    conditions?: Condition[];
    history?: { lastReconciledStatus: string }[];
    lastAppliedRevision?: string;
  };
}

/**
 * How a reconciliation ends: well, by objects that do not become ready, by a folder that cannot be built or decrypted, or by a
 * newer commit.
 */
export type Outcome = 'succeeded' | 'failed' | 'not-built' | 'cancelled';

/**
 * For tests: kustomize-controller v1.9 as far as order matters, after its source (`kustomization_controller.go`: `Reconcile`,
 * `checkDependencies`, `finalizeStatus`), and the pod that makes artifacts of folders. A test says which Kustomization is looked at when, how
 * that ends, and when artifacts are named.
 */
export class SimulatedFlux {
  readonly #cluster = new Map<string, InCluster>();
  /** The content that each works on. */
  readonly #running = new Map<string, { content: string; generation: number; revision: string }>();
  #revision = '';
  #commit = new Map<string, KubeObject>();
  /** The content of each folder at the commit. */
  #contents: ReadonlyMap<string, string> = new Map();
  /** The content of the folders that are read from Git, of the commit whose artifacts were named last. */
  #published = new Map<string, string>();

  /** The source fetches a commit: Kustomizations, and the content of their folders. The root was applied by hand with the first. */
  fetch(
    revision: string,
    kustomizations: readonly KubeObject[],
    contents: ReadonlyMap<string, string>,
  ): void {
    this.#revision = revision;
    this.#contents = contents;
    this.#commit = new Map(kustomizations.map((object) => [object.metadata.name, object]));
    const root = this.#commit.get(platform);
    if (root !== undefined && !this.#cluster.has(platform)) this.#apply(root);
  }

  /**
   * Names the artifacts of the commit, if what is read from Git is applied. Returns the Kustomizations that get another one.
   * @param most The number of them after which it is interrupted. Default: it is not.
   */
  publish(most = Number.POSITIVE_INFINITY): string[] {
    const objects = [...this.#cluster.values()];
    const ofGit = objects.filter((object) => !hasArtifact(object));
    const isApplied = ofGit.every(
      ({ metadata: { name }, status }) =>
        this.#published.get(name) === this.#contentOf(name) || status.lastAppliedRevision === this.#revision,
    );
    if (!isApplied) return [];
    const different = objects.filter(
      (object) => hasArtifact(object) && object.spec.sourceRef.name !== this.#contentOf(object.metadata.name),
    );
    const named = inOrder(different).slice(0, most);
    for (const { spec, metadata } of named) {
      spec.sourceRef = { ...spec.sourceRef, name: this.#contentOf(metadata.name) };
      metadata.generation++;
    }
    if (named.length === different.length)
      this.#published = new Map(ofGit.map(({ metadata: { name } }) => [name, this.#contentOf(name)]));
    return named.map(({ metadata }) => metadata.name);
  }

  /** The Kustomizations that are in the cluster. */
  get names(): string[] {
    return [...this.#cluster.keys()];
  }

  isRunning(name: string): boolean {
    return this.#running.has(name);
  }

  /** One is looked at: the content that is applied from now on, or nothing where it waits for another. */
  start(name: string): string | undefined {
    const object = this.#object(name);
    const { sourceRef } = object.spec;
    if (hasArtifact(object) && sourceRef.name === name) {
      setReady(object, 'False', 'ArtifactFailed');
      return undefined;
    }
    if (this.#dependencies(object).some((dependency) => !this.#isReady(dependency))) {
      setReady(object, 'False', 'DependencyNotReady');
      return undefined;
    }
    setReady(object, 'Unknown', 'Progressing');
    const content = hasArtifact(object) ? sourceRef.name : this.#contentOf(name);
    this.#running.set(name, { content, generation: object.metadata.generation, revision: this.#revision });
    if (name === platform) for (const each of this.#commit.values()) this.#apply(each);
    return content;
  }

  finish(name: string, outcome: Outcome): void {
    const run = this.#running.get(name);
    const object = this.#object(name);
    if (run === undefined) throw new Error(`${name} is not being reconciled`);
    this.#running.delete(name);
    if (outcome === 'cancelled' || outcome === 'not-built') {
      // Neither enters the history.
      setReady(object, 'False', outcome === 'cancelled' ? 'HealthCheckCanceled' : 'BuildFailed');
      return;
    }
    const reason = outcome === 'succeeded' ? 'ReconciliationSucceeded' : 'HealthCheckFailed';
    object.status.history = [{ lastReconciledStatus: reason }, ...(object.status.history ?? [])];
    setReady(object, outcome === 'succeeded' ? 'True' : 'False', reason);
    if (outcome === 'failed') return;
    object.status.lastAppliedRevision = run.revision;
    object.status.observedGeneration = run.generation;
  }

  /** Applies a Kustomization, but for the name of its artifact (`spec.ignore` of the root). */
  #apply({ metadata: { name }, spec }: KubeObject): void {
    const wanted = structuredClone(spec) as InCluster['spec'];
    const there = this.#cluster.get(name);
    if (there === undefined) {
      this.#cluster.set(name, {
        spec: wanted,
        metadata: { name, generation: 1 },
        status: { observedGeneration: -1 },
      });
      return;
    }
    wanted.sourceRef.name = there.spec.sourceRef.name;
    if (JSON.stringify(there.spec) === JSON.stringify(wanted)) return;
    there.spec = wanted;
    there.metadata.generation++;
  }

  #object(name: string): InCluster {
    const object = this.#cluster.get(name);
    if (object === undefined) throw new Error(`${name} is not in the cluster`);
    return object;
  }

  #contentOf(name: string): string {
    return this.#contents.get(name) ?? name;
  }

  #dependencies({ spec }: InCluster): { name: string; readyExpr?: string }[] {
    return spec.dependsOn ?? [];
  }

  #isReady({ name, readyExpr }: { name: string; readyExpr?: string }): boolean {
    const dep = this.#cluster.get(name);
    if (dep === undefined) return false;
    if (readyExpr !== undefined) return parsed(readyExpr)({ dep }) === true;
    const { status, metadata } = dep;
    return (
      status.observedGeneration === metadata.generation &&
      status.conditions?.some((condition) => condition.status === 'True') === true &&
      // Only those that read Git have no expression.
      status.lastAppliedRevision === this.#revision
    );
  }
}

function setReady({ status }: InCluster, value: Condition['status'], reason: string): void {
  status.conditions = [{ type: 'Ready', status: value, reason }];
}

function hasArtifact(object: unknown): boolean {
  return textField(object, 'spec', 'sourceRef', 'kind') === 'ExternalArtifact';
}

const cel = new Environment({ unlistedVariablesAreDyn: true });
const expressions = new Map<string, ParseResult>();

function parsed(expression: string): ParseResult {
  let known = expressions.get(expression);
  if (known === undefined) {
    known = cel.parse(expression);
    expressions.set(expression, known);
  }
  return known;
}
