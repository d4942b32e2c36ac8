import { openChromium } from './chromium.ts';

// Takes a picture of a front page that says all is well: node test/browser/picture.ts [URL] [FILE]
const [url = 'http://home.dev.localhost:8080/', file = 'docs/front-page.png'] = process.argv.slice(2);
const browser = await openChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 1100 }, colorScheme: 'light' });
  await page.goto(url);
  await page.waitForSelector('#link.live');
  await page.waitForSelector('.headline.good', { timeout: 120_000 });
  await page.screenshot({ path: file });
} finally {
  await browser.close();
}
