import { existsSync } from 'node:fs';
import { type CheckResult, fail, ok } from './check-result.ts';
import { type Host, install } from './host.ts';

const usual = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The Chromium of `PLINTH_CHROMIUM`, else one at a usual place. */
export function findChromium(
  named = process.env.PLINTH_CHROMIUM,
  exists: (path: string) => boolean = existsSync,
): string | undefined {
  return (named === undefined ? usual : [named]).find(exists);
}

/** Whether tests find a browser, or may install one. */
export function chromium(
  found: string | undefined,
  host: Host,
  named = process.env.PLINTH_CHROMIUM,
): CheckResult {
  if (found !== undefined) return ok(found);
  if (named !== undefined)
    return fail(`PLINTH_CHROMIUM names ${named}, which does not exist`, 'unset PLINTH_CHROMIUM');
  if (host.root && host.packages === 'apt-get') return ok("none: tests install Debian's package");
  const brew = 'brew install --cask chromium';
  return fail('no Chromium is installed', host.packages === 'brew' ? brew : install(host, 'chromium'));
}
