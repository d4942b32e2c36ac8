import satisfies from 'spdx-satisfies';
import type { Accepted } from './accepted.ts';
import type { Package } from './packages.ts';

/** A package whose licence nobody has accepted. */
export interface UnacceptedLicence {
  package: Package;
  why: string;
}

/** The packages of npm whose licence is none of those that are accepted. Other lock files do not name licences. */
export function unacceptedLicences(packages: readonly Package[], accepted: Accepted): UnacceptedLicence[] {
  return packages.flatMap((each): UnacceptedLicence[] => {
    if (each.ecosystem !== 'npm') return [];
    const { name, licence } = each;
    const own = accepted.packages.find((one) => one.name === name);
    if (own !== undefined && own.licence === licence) return [];
    if (licence === undefined) return [{ package: each, why: 'names no licence' }];
    if (isAccepted(licence, accepted.licences)) return [];
    return [{ package: each, why: `has the licence ${licence}` }];
  });
}

function isAccepted(licence: string, accepted: readonly string[]): boolean {
  if (accepted.includes(licence)) return true;
  try {
    return satisfies(licence, [...accepted]);
  } catch {
    // Not an SPDX expression: `SEE LICENSE IN …`, or a name of its own.
    return false;
  }
}
