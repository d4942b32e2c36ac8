import { type CheckResult, fail, ok } from './check-result.ts';
import { asRoot, type Host } from './host.ts';

/** Facts that decide whether images can be built from Debian packages here. */
export interface DebianToolsInput {
  host: Host;
  /** Whether images are missing and must be built. */
  toBuild: boolean;
  mmdebstrap: boolean;
  /** Whether Debian's signing keys are installed; Ubuntu has them in a separate package. */
  keys: boolean;
}

/** Whether images can be built from Debian packages, if that is needed. */
export function debianTools({ host, toBuild, mmdebstrap, keys }: DebianToolsInput): CheckResult {
  if (!toBuild) return ok('not needed: no image must be built');
  if (host.packages !== 'apt-get') {
    return fail(
      'images must be built from Debian packages, which requires Debian or Ubuntu',
      'Pull them instead: export PLINTH_SUPPLY=pull',
    );
  }
  if (mmdebstrap && keys) return ok("mmdebstrap and Debian's keys");
  if (host.root) return ok("mmdebstrap and Debian's keys are installed when needed");
  return fail(
    "images must be built from Debian packages, and mmdebstrap or Debian's keys are not installed",
    asRoot(host, 'apt-get install --no-install-recommends mmdebstrap debian-archive-keyring'),
  );
}
