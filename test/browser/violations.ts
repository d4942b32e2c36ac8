import axe from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * What axe finds wrong with the page as it is, each with where. All of its rules, those for touch included.
 * `leastRules`: how many of them must have something to look at.
 */
export async function violations(page: Page, leastRules = 20): Promise<string[]> {
  await page.evaluate(axe.source);
  const results = (await page.evaluate(
    "axe.run(document, { rules: { 'target-size': { enabled: true } } })",
  )) as axe.AxeResults;
  // Checks that could not run report nothing: that must not count as passed.
  if (results.passes.length < leastRules) throw new Error(`axe applied only ${results.passes.length} rules`);
  return results.violations.map(
    ({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map(({ html }) => html).join('\n  ')}`,
  );
}
