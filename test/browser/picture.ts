import { openChromium } from './chromium.ts';

// Takes a picture of a front page that says all is well: node test/browser/picture.ts [URL] [FILE]
const [url = 'https://home.dev.localhost:8443/', file = 'docs/front-page.png'] = process.argv.slice(2);
const browser = await openChromium();
try {
  const page = await browser.newPage({
    viewport: { width: 1200, height: 1100 },
    colorScheme: 'light',
    // This page trusts no root; npm run certs -- trust-browser adds it to a person's browser.
    ignoreHTTPSErrors: true,
  });
  await page.goto(url);
  await page.waitForSelector('#link.live');
  await page.waitForSelector('.headline.good', { timeout: 120_000 });
  await page.screenshot({ path: file });
} finally {
  await browser.close();
}
