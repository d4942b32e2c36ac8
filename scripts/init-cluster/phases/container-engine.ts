import { type Engine, ensureEngine } from '../../../images/index.ts';
import { mirrorSetting } from '../../../model/schema/cluster/mirror.ts';
import type { Phase } from '../../cli/phases.ts';
import { refuseOtherNodes } from '../../kind/kind-nodes.ts';
import type { InitInput } from '../input.ts';

/** Starts a private engine if none was found. */
export const containerEngine: Phase<InitInput & { found: Engine | undefined }, { engine: Engine }> = {
  title: 'Container engine',
  run: async (given, report) => {
    const engine = given.found ?? (await ensureEngine(report, mirrorSetting(given.environment.cluster)));
    if (given.found === undefined) await refuseOtherNodes({ ...given, engine, report });
    return { result: { engine }, unchanged: `${engine.private ? 'private ' : ''}${engine.name}` };
  },
};
