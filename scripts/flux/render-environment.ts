import type { Environment } from '../../model/graph.ts';
import type { Phase } from '../cli/phases.ts';
import type { Memory } from '../render/memory.ts';
import { render } from '../render/render.ts';

/** One environment with its manifests, which are also written to the disk. */
export interface RenderedEnvironment {
  environment: Environment;
  /** Map from `manifests/ENV/COMPONENT/KIND-NAME.yaml` to the file's text. */
  manifests: ReadonlyMap<string, string>;
  /** Number of files that were written or removed. */
  changed: number;
}

/**
 * Renders one environment and writes the differences to the disk.
 * @param memory Results of an earlier render of this process. Default: none.
 */
export async function renderEnvironment(
  root: string,
  name: string,
  memory?: Memory,
): Promise<RenderedEnvironment> {
  const { environments, files, difference } = await render(root, { environment: name, memory });
  const [environment] = environments;
  if (environment === undefined) throw new Error(`the render of ${name} has no environment`);
  return { environment, manifests: files, changed: difference.changed.length + difference.removed.length };
}

/** Reports the written files; the render itself is already done, because all other phases need it. */
export const manifestsRendered: Phase<Pick<RenderedEnvironment, 'manifests' | 'changed'>> = {
  title: 'Manifests rendered',
  run: async ({ manifests, changed }) => ({
    result: {},
    unchanged:
      changed === 0 ? `${manifests.size} files, no change` : `${changed} of ${manifests.size} files written`,
  }),
};
