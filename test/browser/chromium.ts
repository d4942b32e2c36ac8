import { type Browser, chromium } from 'playwright-core';
import { installDebianPackages } from '../../images/debian/index.ts';
import { findChromium } from '../../scripts/doctor/chromium.ts';

/**
 * A Chromium without a window: `PLINTH_CHROMIUM`, one that is installed, else Debian's, which root gets installed.
 * `trustedKey`: hash of the public key of a certificate that it takes although no root of this machine vouches for it.
 * `elsewhere`: from `HOST:PORT`, where HOST may begin with `*.`, to the port of this machine that answers for it.
 */
export async function openChromium(
  trustedKey?: string,
  elsewhere: Readonly<Record<string, number>> = {},
): Promise<Browser> {
  const mapped = Object.entries(elsewhere).map(([pattern, port]) => `MAP ${pattern} 127.0.0.1:${port}`);
  return chromium.launch({
    executablePath: await chromiumPath(),
    args: [
      // Root may not use the sandbox; what is opened here is ours.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      // As curl and every browser have it, whatever the resolver of this machine says.
      `--host-resolver-rules=${[...mapped, 'MAP *.localhost 127.0.0.1'].join(', ')}`,
      ...(trustedKey === undefined ? [] : [`--ignore-certificate-errors-spki-list=${trustedKey}`]),
    ],
  });
}

async function chromiumPath(): Promise<string> {
  const found = findChromium();
  if (found !== undefined) return found;
  const { PLINTH_CHROMIUM: named } = process.env;
  if (named !== undefined) throw new Error(`PLINTH_CHROMIUM names ${named}, which does not exist`);
  // fonts-dejavu-core: without any font Chromium shows no text.
  await installDebianPackages(['chromium', 'fonts-dejavu-core'], (line) => console.log(line));
  const installed = findChromium();
  if (installed === undefined) throw new Error('chromium is installed, but at none of the usual places');
  return installed;
}
