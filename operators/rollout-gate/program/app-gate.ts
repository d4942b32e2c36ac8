import { setTimeout as sleep } from 'node:timers/promises';
import { type KubernetesPlace, list, patch, watch } from '../../receiver/program/kubernetes.ts';
import type { Log } from '../../receiver/program/log.ts';
import type { GateConfig, GatedApp } from './config.ts';
import { countLook, setStopped } from './counters.ts';
import { inWords, judge } from './judgement.ts';
import {
  conditionOf,
  hasGate,
  type Pod,
  type ReplicaSet,
  type RollOut,
  readySince,
  rollOutOf,
} from './pods.ts';
import { requestsOf, sumOf } from './prometheus.ts';

export interface AppGateInput {
  config: Pick<GateConfig, 'condition' | 'prometheus' | 'series'>;
  app: GatedApp;
  kubernetes: KubernetesPlace;
  log: Log;
  /** Pauses in milliseconds: between two looks at new pods, and after a first failure and after many. */
  pauses: { look: number; first: number; longest: number };
}

/** Opens the gate of each new pod of an app, and closes it while the pod is watched and fails more requests than the old ones. */
export class AppGate {
  readonly #input: AppGateInput;
  readonly #pods = new Map<string, Pod>();
  /** Pods that are being opened, by their uids. */
  readonly #opening = new Set<string>();

  constructor(input: AppGateInput) {
    this.#input = input;
  }

  /** Ends at the signal. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#follow(signal), this.#look(signal)]);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { kubernetes, app, log, pauses } = this.#input;
    const path = `/api/v1/namespaces/${app.namespace}/pods?labelSelector=${encodeURIComponent(app.selector)}`;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const { metadata, items } = await list<Pod>(kubernetes, path);
        this.#pods.clear();
        for (const pod of items) this.#take(pod);
        const { resourceVersion } = metadata;
        for await (const { type, object } of watch<Pod>(kubernetes, path, { resourceVersion, signal })) {
          failures = 0;
          if (type === 'DELETED') this.#pods.delete(object.metadata.name);
          else if (type !== 'BOOKMARK') this.#take(object);
          this.#report();
        }
        await pause(pauses.first, signal);
      } catch (error) {
        if (signal.aborted) return;
        log('warn', 'the pods cannot be watched; trying again', { app: app.name, error });
        await pause(Math.min(pauses.first * 2 ** failures++, pauses.longest), signal);
      }
    }
  }

  #take(pod: Pod): void {
    this.#pods.set(pod.metadata.name, pod);
    this.#report();
    void this.#open(pod);
  }

  #report(): void {
    const { app, config } = this.#input;
    const closed = [...this.#pods.values()].filter(
      (pod) => conditionOf(pod, config.condition)?.status === 'False',
    );
    setStopped(app.name, closed.length);
  }

  /** Opens the gate of a pod that has none of this condition yet, whatever its version: without requests nothing can be told of it. */
  async #open(pod: Pod): Promise<void> {
    const { app, config, log } = this.#input;
    const { name, uid, deletionTimestamp } = pod.metadata;
    const isOpen = conditionOf(pod, config.condition) !== undefined || !hasGate(pod, config.condition);
    if (isOpen || deletionTimestamp !== undefined || this.#opening.has(uid)) return;
    this.#opening.add(uid);
    try {
      await this.#set(pod, 'True', 'Open', 'it may get requests');
      log('info', 'opened', { app: app.name, pod: name });
    } catch (error) {
      log('warn', 'a new pod cannot be opened; trying again', { app: app.name, pod: name, error });
    } finally {
      this.#opening.delete(uid);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { app, log, pauses } = this.#input;
    while (!signal.aborted) {
      await pause(pauses.look, signal);
      for (const pod of this.#pods.values()) void this.#open(pod);
      try {
        await this.#judgeNewPods();
      } catch (error) {
        countLook('failed');
        log('warn', 'the errors of new pods are not known: none is stopped', { app: app.name, error });
      }
    }
  }

  async #judgeNewPods(): Promise<void> {
    const { kubernetes, app } = this.#input;
    if (![...this.#pods.values()].some((pod) => this.#isWatched(pod))) return;
    const { items } = await list<ReplicaSet>(
      kubernetes,
      `/apis/apps/v1/namespaces/${app.namespace}/replicasets?labelSelector=${encodeURIComponent(app.selector)}`,
    );
    const rollOut = rollOutOf([...this.#pods.values()], items);
    for (const pod of rollOut?.young ?? [])
      if (rollOut !== undefined && this.#isWatched(pod)) await this.#judgePod(pod, rollOut);
  }

  /** Whether the gate of a pod is open, and its watch is not over. */
  #isWatched(pod: Pod): boolean {
    const { app, config } = this.#input;
    const since = readySince(pod);
    if (since === undefined || conditionOf(pod, config.condition)?.status !== 'True') return false;
    return Date.now() - since < app.watchSeconds * 1_000;
  }

  async #judgePod(pod: Pod, { old }: RollOut): Promise<void> {
    const { app, config, log } = this.#input;
    const { name } = pod.metadata;
    const others = old.map(({ metadata }) => metadata.name);
    const counts = await requestsOf(config, [name, ...others], {
      from: readySince(pod) ?? Date.now(),
      to: Date.now(),
    });
    const [own, theirs] = [sumOf(counts, [name]), sumOf(counts, others)];
    const judgement = judge(own, theirs, app);
    countLook(judgement);
    if (judgement !== 'worse') return;
    const message = inWords(own, theirs, app);
    await this.#set(pod, 'False', 'TooManyErrors', message);
    log('error', 'stopped', { app: app.name, pod: name, message });
  }

  async #set(pod: Pod, status: 'True' | 'False', reason: string, message: string): Promise<void> {
    const { kubernetes, app, config } = this.#input;
    const { name, uid } = pod.metadata;
    const lastTransitionTime = `${new Date().toISOString().slice(0, 19)}Z`;
    const condition = { type: config.condition, status, lastTransitionTime, reason, message };
    await patch(kubernetes, `/api/v1/namespaces/${app.namespace}/pods/${name}/status`, {
      kind: 'strategic-merge',
      manager: 'rollout-gate',
      // The uid: another pod of this name is refused.
      body: { metadata: { uid }, status: { conditions: [condition] } },
    });
  }
}

/** Ends early at the signal. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await Promise.allSettled([sleep(ms, undefined, { signal })]);
}
