import { isDeepStrictEqual } from 'node:util';
import type { Lock } from '../../images/lock/index.ts';
import type { App } from '../app.ts';
import type { Operator } from '../operator.ts';
import type { Cluster } from '../schema/cluster.ts';
import type { EncryptedSecret } from '../schema/encrypted-secret.ts';
import type { Previews } from '../schema/previews.ts';
import type { PublishedImages } from '../schema/published-images.ts';
import type { ImportRecord } from './import-record.ts';
import { readText } from './read-text.ts';
import type { ReadSource, Source } from './source.ts';

/**
 * Descriptions that this process has read before. Unchanged ones stay the same objects, so that cached
 * results stay valid.
 */
export class KnownSources {
  /** Checked values by source. */
  readonly checked = {
    apps: new WeakMap<Source, App>(),
    clusters: new WeakMap<Source, Cluster>(),
    operators: new WeakMap<Source, Operator>(),
    locks: new WeakMap<Source, Lock>(),
    secrets: new WeakMap<Source, EncryptedSecret>(),
    published: new WeakMap<Source, PublishedImages>(),
    previews: new WeakMap<Source, Previews>(),
  };
  /** Inputs of the descriptions that are programs, from their last import. */
  imports: ImportRecord = { modules: new Map(), complete: true };
  readonly #sources = new Map<string, { text: string; source: Source; follows: boolean }>();

  /** The source of a file, or its text if it must be parsed first. */
  read(root: string, file: string): ReadSource & { text?: string } {
    const { text, diagnostic } = readText(root, file);
    if (diagnostic !== undefined) return { diagnostics: [diagnostic] };
    const known = this.#sources.get(file);
    return known?.follows && known.text === text
      ? { source: known.source, diagnostics: [] }
      : { text, diagnostics: [] };
  }

  /**
   * Stores a source and returns the previous one if the data is equal. `follows`: the value depends on the
   * text only.
   */
  keep(source: Source, text: string, { follows }: { follows: boolean }): Source {
    const known = this.#sources.get(source.file);
    if (known?.text === text && isDeepStrictEqual(known.source.value, source.value)) return known.source;
    this.#sources.set(source.file, { text, source, follows });
    return source;
  }
}
