import { expect } from 'vitest';
import type { GatewayAddress } from '../../scripts/cluster/visit.ts';
import { openChromium } from '../browser/chromium.ts';
import { violations } from '../browser/violations.ts';
import { keyHash, shownCertificate } from './gateway.ts';
import type { ManifestClone } from './manifest-clone.ts';

/** A push, a pull that fails, a pod that goes: on a slow machine. */
const patience = { timeout: 300_000, interval: 200 };

/**
 * Opens the front page in a browser, breaks an app by a commit and sees the page turn and say why, mends it by another
 * and sees it turn back: on one document, which is never loaded again.
 */
export async function seesAnAppBreakAndMend(clone: ManifestClone, place: GatewayAddress): Promise<void> {
  const browser = await openChromium(keyHash(await shownCertificate(place)));
  try {
    const page = await browser.newPage();
    await page.goto(`https://${place.host}:${place.port}/`);
    await page.waitForSelector('#link.live');
    await page.evaluate('globalThis.sameDocument = true');
    const text = (selector: string): Promise<string> => page.locator(selector).innerText();
    const headline = (): Promise<string> => text('#verdict .headline');
    const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
    await expect.poll(headline, patience).toBe('Everything is in its place');
    expect(await text('#syncs')).toMatch(/traefik:v\d/);
    expect(await violations(page)).toEqual([]);

    let started = performance.now();
    const file = 'manifests/dev/home/deployment-home.yaml';
    const breaking = 'Home: an image that nobody has built';
    await clone.change(file, (yaml) => yaml.replace(/(image: \S+\/home):\S+/, '$1:never-built'), breaking);
    await expect.poll(headline, patience).toBe('One thing needs a look');
    console.log(`commit that breaks an app to the page that says so: ${seconds(started)}`);
    const problem = (): Promise<string> => text('#problems');
    await expect.poll(problem, patience).toMatch(/App home[\s\S]*image can't be pulled: .*never-built/);
    expect(await problem()).toMatch(/kubectl --namespace home describe pod home-\w+-\w+/);
    expect(await page.getByRole('status').innerText()).toBe('One thing needs a look. App home');
    const newest = (): Promise<string> => page.locator('#changes li').first().innerText();
    expect(await newest()).toContain(breaking);
    expect(await newest()).toContain('Ada of e2e');
    expect(await violations(page)).toEqual([]);

    started = performance.now();
    await clone.revert();
    await expect.poll(headline, patience).toBe('Everything is in its place');
    console.log(`commit that mends it to the page that says so: ${seconds(started)}`);
    expect(await problem()).toBe('');
    await expect.poll(newest, patience).toContain(`Revert "${breaking}"`);
    expect(await page.evaluate('globalThis.sameDocument')).toBe(true);
  } finally {
    await browser.close();
  }
}
