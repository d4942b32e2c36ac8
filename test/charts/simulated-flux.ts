import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import { listField, textField } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { declaredContent } from '../../charts/order/declared-content.ts';
import { platform } from '../../charts/order/flux-sync.ts';

interface Condition {
  type: 'Ready';
  status: 'True' | 'False' | 'Unknown';
  reason: string;
}

/** A Kustomization in the cluster, as much of it as Flux looks at before it applies another. */
interface InCluster {
  spec: unknown;
  metadata: { name: string; generation: number; annotations?: unknown };
  status: {
    observedGeneration: number;
    conditions?: Condition[];
    history?: { lastReconciledStatus: string }[];
    lastAppliedRevision?: string;
  };
}

/** The objects that a reconciliation applies: the folders of an artifact, or of Git at the commit. */
export interface FolderContent {
  revision: string;
  digest: string;
}

/**
 * How a reconciliation ends: well, by objects that do not become ready, by a folder that cannot be built or decrypted, or by a
 * newer commit.
 */
export type Outcome = 'succeeded' | 'failed' | 'not-built' | 'cancelled';

/**
 * For tests: kustomize-controller v1.9 as far as order matters, after its source (`kustomization_controller.go`: `Reconcile`,
 * `checkDependencies`, `finalizeStatus`), and the pod that publishes artifacts. A test says which Kustomization is looked at when, how that ends,
 * and when artifacts are published.
 */
export class SimulatedFlux {
  readonly #cluster = new Map<string, InCluster>();
  readonly #running = new Map<string, FolderContent & { generation: number }>();
  /** Revisions of the published artifacts. */
  readonly #artifacts = new Map<string, string>();
  #revision = '';
  #commit = new Map<string, KubeObject>();

  /** The source fetches a commit. The root Kustomization was applied by hand with the first. */
  fetch(revision: string, kustomizations: readonly KubeObject[]): void {
    this.#revision = revision;
    this.#commit = new Map(kustomizations.map((object) => [object.metadata.name, object]));
    const root = this.#commit.get(platform);
    if (root !== undefined && !this.#cluster.has(platform)) this.#apply(root);
  }

  /** Publishes the artifacts of the commit, if the root has applied it. Returns the Kustomizations that Flux looks at because of that. */
  publish(): string[] {
    if (this.#cluster.get(platform)?.status.lastAppliedRevision !== this.#revision) return [];
    return [...this.#cluster].flatMap(([name, object]) => {
      const artifact = artifactOf(object);
      const revision = declaredContent(object);
      if (artifact === undefined || revision === undefined) return [];
      this.#artifacts.set(artifact, revision);
      return object.status.lastAppliedRevision === revision ? [] : [name];
    });
  }

  /** The Kustomizations that are in the cluster. */
  get names(): string[] {
    return [...this.#cluster.keys()];
  }

  isRunning(name: string): boolean {
    return this.#running.has(name);
  }

  /** One is looked at: what is applied from now on, or nothing where it waits for another. */
  start(name: string): FolderContent | undefined {
    const object = this.#object(name);
    const revision = this.#sourceOf(object);
    if (revision === undefined) {
      setReady(object, 'False', 'ArtifactFailed');
      return undefined;
    }
    if (this.#dependencies(object).some((dependency) => !this.#isReady(dependency, object))) {
      setReady(object, 'False', 'DependencyNotReady');
      return undefined;
    }
    setReady(object, 'Unknown', 'Progressing');
    const ofGit = artifactOf(object) === undefined;
    const content = { revision, digest: ofGit ? (declaredContent(this.#commit.get(name)) ?? '') : revision };
    this.#running.set(name, { ...content, generation: object.metadata.generation });
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

  #apply(object: KubeObject): void {
    const { name } = object.metadata;
    const there = this.#cluster.get(name);
    if (there === undefined) {
      this.#cluster.set(name, {
        spec: object.spec,
        metadata: { name, generation: 1, annotations: object.metadata.annotations },
        status: { observedGeneration: -1 },
      });
    } else {
      there.metadata.annotations = object.metadata.annotations;
      if (JSON.stringify(there.spec) === JSON.stringify(object.spec)) return;
      there.spec = object.spec;
      there.metadata.generation++;
    }
  }

  #object(name: string): InCluster {
    const object = this.#cluster.get(name);
    if (object === undefined) throw new Error(`${name} is not in the cluster`);
    return object;
  }

  #dependencies(object: InCluster): { name: string; readyExpr?: string | undefined }[] {
    return listField(object, 'spec', 'dependsOn').map((each) => ({
      name: textField(each, 'name') ?? '',
      readyExpr: textField(each, 'readyExpr'),
    }));
  }

  #isReady({ name, readyExpr }: { name: string; readyExpr?: string | undefined }, of: InCluster): boolean {
    const dep = this.#cluster.get(name);
    if (dep === undefined) return false;
    if (readyExpr !== undefined) return parsed(readyExpr)({ dep }) === true;
    const { status, metadata } = dep;
    return (
      status.observedGeneration === metadata.generation &&
      status.conditions?.some((condition) => condition.status === 'True') === true &&
      (artifactOf(dep) !== artifactOf(of) || status.lastAppliedRevision === this.#sourceOf(of))
    );
  }

  /** The revision of its source; undefined if that is an artifact which does not exist yet. */
  #sourceOf(object: InCluster): string | undefined {
    const artifact = artifactOf(object);
    return artifact === undefined ? this.#revision : this.#artifacts.get(artifact);
  }
}

/** The artifact that a Kustomization reads; undefined if it reads the Git repository. */
function artifactOf(object: unknown): string | undefined {
  return textField(object, 'spec', 'sourceRef', 'kind') === 'ExternalArtifact'
    ? textField(object, 'spec', 'sourceRef', 'name')
    : undefined;
}

function setReady({ status }: InCluster, value: Condition['status'], reason: string): void {
  status.conditions = [{ type: 'Ready', status: value, reason }];
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
