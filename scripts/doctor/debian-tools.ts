import { type CheckResult, fail, ok } from './check.ts';
import { asRoot, type Host } from './host.ts';

/** What decides whether Debian's packages can be put together to images here. */
export interface DebianToolsInput {
  host: Host;
  /** Whether images have to be built that are not there yet. */
  toBuild: boolean;
  mmdebstrap: boolean;
  /** Whether Debian's own keys are here, which Ubuntu has in a package apart. */
  keys: boolean;
}

/** Whether images can be built of Debian's packages, where they have to be. */
export function debianTools({ host, toBuild, mmdebstrap, keys }: DebianToolsInput): CheckResult {
  if (!toBuild) return ok('not needed: no image has to be built');
  if (host.packages !== 'apt-get') {
    return fail(
      "images have to be built of Debian's packages, which only Debian and Ubuntu can",
      'Pull them instead: export PLINTH_SUPPLY=pull',
    );
  }
  if (mmdebstrap && keys) return ok("mmdebstrap and Debian's keys");
  if (host.root) return ok("mmdebstrap and Debian's keys are installed when they are needed");
  return fail(
    "images have to be built of Debian's packages, and mmdebstrap or Debian's keys are not installed",
    asRoot(host, 'apt-get install --no-install-recommends mmdebstrap debian-archive-keyring'),
  );
}
