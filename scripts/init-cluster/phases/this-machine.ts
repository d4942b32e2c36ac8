import { type Engine, findEngine } from '../../../images/index.ts';
import { loadLock } from '../../../images/lock/index.ts';
import { mirrorSetting } from '../../../model/schema/cluster/mirror.ts';
import type { Phase } from '../../cli/phases.ts';
import { machineChecks } from '../../doctor/checks/machine-checks.ts';
import { thisHost } from '../../doctor/host.ts';
import { refuseUnfit } from '../../doctor/refuse.ts';
import { refuseOtherNodes } from '../../kind/kind-nodes.ts';
import { environmentImages } from '../image-sets.ts';
import type { InitInput } from '../input.ts';

/** Refuses a machine that does not meet the requirements, and running nodes that differ from cluster.yaml. */
export const thisMachine: Phase<InitInput, { found: Engine | undefined }> = {
  title: 'This machine',
  run: async (given, report) => {
    const { environment } = given;
    // Running nodes are inspected before the checks of ports and memory, which their containers use.
    const found = await findEngine(mirrorSetting(environment.cluster));
    if (found !== undefined) await refuseOtherNodes({ ...given, engine: found, report });
    const checks = machineChecks({
      environment: environment.name,
      cluster: environment.cluster,
      apps: environment.apps,
      lock: loadLock(),
      images: environmentImages(environment),
      host: thisHost(),
    });
    await refuseUnfit(checks);
    return { result: { found }, unchanged: `${checks.length} checks` };
  },
};
