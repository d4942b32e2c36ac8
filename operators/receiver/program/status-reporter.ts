import { postStatus } from './commit-status.ts';
import type { ForgeConfig, StatusConfig } from './config.ts';
import { countStatus } from './counters.ts';
import { follow, pause } from './follow.ts';
import type { KubernetesPlace } from './kubernetes.ts';
import type { Log } from './log.ts';
import {
  type AppliedKustomization,
  afterRetry,
  type RevisionState,
  revisionState,
} from './revision-state.ts';

export interface ReporterInput {
  forge: ForgeConfig;
  status: StatusConfig;
  kubernetes: KubernetesPlace;
  /** The token of the forge. Throws if it cannot be read. */
  token: () => string;
  log: Log;
  /** Pauses after a first failure and after many, in milliseconds. */
  pauses: { first: number; longest: number };
}

/** Watches the Kustomizations and tells the forge how far Flux is with the newest commit, until the signal. */
export class StatusReporter {
  readonly #input: ReporterInput;
  readonly #known = new Map<string, AppliedKustomization>();
  #posted: RevisionState | undefined;
  /** What the forge is to show. */
  #wanted: RevisionState | undefined;
  #posting = false;

  constructor(input: ReporterInput) {
    this.#input = input;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { kubernetes, status, log, pauses } = this.#input;
    await follow<AppliedKustomization>(
      {
        kubernetes,
        path: status.kustomizations,
        what: 'the Kustomizations',
        log,
        pauses,
        listed: (items) => {
          const before = new Map(this.#known);
          this.#known.clear();
          for (const each of items) this.#take(each, before);
          this.#look(signal);
        },
        happened: (object, gone) => {
          if (gone) this.#known.delete(object.metadata.name);
          else this.#take(object);
          this.#look(signal);
        },
      },
      signal,
    );
  }

  #take(object: AppliedKustomization, before: ReadonlyMap<string, AppliedKustomization> = this.#known): void {
    const { name } = object.metadata;
    this.#known.set(name, afterRetry(before.get(name), object));
  }

  #look(signal: AbortSignal): void {
    const now = revisionState([...this.#known.values()]);
    if (now === undefined || isSame(now, this.#wanted ?? this.#posted)) return;
    this.#wanted = now;
    if (!this.#posting) void this.#post(signal);
  }

  /** Posts what is wanted until nothing is: a newer state takes the place of one that the forge does not take. */
  async #post(signal: AbortSignal): Promise<void> {
    const { forge, status, token, log, pauses } = this.#input;
    this.#posting = true;
    for (let failures = 0; this.#wanted !== undefined && !signal.aborted; ) {
      const state = this.#wanted;
      try {
        await postStatus(forge, token(), { ...state, context: status.context });
        countStatus('posted');
        log('info', 'told the forge', { ...state });
        failures = 0;
        this.#posted = state;
        if (this.#wanted === state) this.#wanted = undefined;
      } catch (error) {
        countStatus('failed');
        log('error', 'the forge does not take the status; trying again', { error });
        await pause(Math.min(pauses.first * 2 ** failures++, pauses.longest), signal);
      }
    }
    this.#posting = false;
  }
}

function isSame(one: RevisionState, other: RevisionState | undefined): boolean {
  return one.commit === other?.commit && one.state === other.state && one.description === other.description;
}
