import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import { field, listField, textField } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { contentName } from '../../charts/order/content.ts';
import { platform } from '../../charts/order/flux-sync.ts';

interface Condition {
  type: 'Ready';
  status: 'True' | 'False' | 'Unknown';
  reason: string;
}

/** A Kustomization in the cluster, as much of it as Flux looks at before it applies another. */
interface InCluster {
  spec: unknown;
  metadata: { name: string; generation: number };
  status: {
    observedGeneration: number;
    conditions?: Condition[];
    history?: { lastReconciledStatus: string }[];
    lastAppliedRevision?: string;
  };
}

/** The objects that a reconciliation applies: the folder at the commit. */
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
 * `checkDependencies`, `finalizeStatus`). A test says which Kustomization is looked at when, and how that ends.
 */
export class SimulatedFlux {
  readonly #cluster = new Map<string, InCluster>();
  readonly #running = new Map<string, FolderContent & { generation: number }>();
  #revision = '';
  #commit = new Map<string, KubeObject>();

  /** The source fetches a commit. The root Kustomization was applied by hand with the first. */
  fetch(revision: string, kustomizations: readonly KubeObject[]): void {
    this.#revision = revision;
    this.#commit = new Map(kustomizations.map((object) => [object.metadata.name, object]));
    const root = this.#commit.get(platform);
    if (root !== undefined && !this.#cluster.has(platform)) this.#apply(root);
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
    if (this.#dependencies(object).some((dependency) => !this.#isReady(dependency))) {
      setReady(object, 'False', 'DependencyNotReady');
      return undefined;
    }
    setReady(object, 'Unknown', 'Progressing');
    const content = { revision: this.#revision, digest: digestOf(this.#commit.get(name)) };
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
        metadata: { name, generation: 1 },
        status: { observedGeneration: -1 },
      });
    } else if (JSON.stringify(there.spec) !== JSON.stringify(object.spec)) {
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

  #isReady({ name, readyExpr }: { name: string; readyExpr?: string | undefined }): boolean {
    const dep = this.#cluster.get(name);
    if (dep === undefined) return false;
    if (readyExpr !== undefined) return parsed(readyExpr)({ dep }) === true;
    const { status, metadata } = dep;
    return (
      status.observedGeneration === metadata.generation &&
      status.conditions?.some((condition) => condition.status === 'True') === true &&
      // Every Kustomization here reads the same repository.
      status.lastAppliedRevision === this.#revision
    );
  }
}

function setReady({ status }: InCluster, value: Condition['status'], reason: string): void {
  status.conditions = [{ type: 'Ready', status: value, reason }];
}

/** The hash of the folder that a Kustomization applies; none for the root. */
function digestOf(object: KubeObject | undefined): string {
  const images = listField(object, 'spec', 'images');
  return String(
    field(
      images.find((each) => textField(each, 'name') === contentName),
      'digest',
    ) ?? '',
  );
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
