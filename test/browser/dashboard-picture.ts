import { openChromium } from './chromium.ts';

// Takes a picture of a dashboard, with `npm run open -- dashboards --port 9000` beside it:
// node test/browser/dashboard-picture.ts [URL] [FILE]
const [url = 'http://127.0.0.1:9000/dashboards/orders', file = 'docs/dashboard.png'] = process.argv.slice(2);
const browser = await openChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, colorScheme: 'light' });
  await page.goto(url);
  await page.click('button[value="15m"]');
  await page.waitForSelector('.exemplars a');
  await page.screenshot({ path: file });
} finally {
  await browser.close();
}
