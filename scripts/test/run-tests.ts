import { loadLock } from '../../images/lock/index.ts';
import { thisHost } from '../doctor/host.ts';
import { refuseUnfit } from '../doctor/refuse.ts';
import { missingPrograms, startBuilds } from './background-builds.ts';
import { buildsBefore, checksBefore, lackingWithoutGo } from './before.ts';
import { expectedDuration, noteDuration, readDurations } from './durations.ts';
import type { StepResult } from './run-step.ts';
import { type TestOptions, type TestStep, testPlan } from './steps.ts';

/** Checks this machine, runs the selected steps one after the other and returns the exit code. */
export async function runTests(options: TestOptions): Promise<number> {
  const lock = loadLock();
  const missing = await missingPrograms(lock);
  const { steps, clusters, browser, usual, leftOut } = testPlan(options, {
    root: process.getuid?.() === 0,
    lacking: lackingWithoutGo(lock),
    toBuild: missing.tests,
  });
  for (const line of leftOut) console.log(`Left out: ${line}.`);
  const titles = steps.map(([title]) => title);
  console.log(`${titles.join(', ')}: ${expectedDuration(titles, readDurations(), usual)}.`);
  const needed = {
    tests: titles.includes('unit tests') ? missing.tests : [],
    cluster: clusters ? missing.cluster : [],
  };
  for (const line of buildsBefore(needed)) console.log(line);
  await refuseUnfit(checksBefore({ browser, clusters }, lock, thisHost()));
  const total: StepResult = { passed: 0, skipped: 0, failures: [] };
  const endBuilds = Object.keys(options).length === 0 ? startBuilds(missing) : () => {};
  for (const step of steps) {
    // The last step builds what its cluster needs, in its own order.
    if (step === steps.at(-1)) endBuilds();
    const { passed, skipped, failures } = await runStep(step);
    total.passed += passed;
    total.skipped += skipped;
    total.failures.push(...failures.map((failure) => `${step[0]}: ${failure}`));
  }
  for (const failure of total.failures) console.log(`\nFAILED ${failure}`);
  for (const line of leftOut) console.log(`Left out: ${line}.`);
  const notRun = [
    ...(total.skipped === 0 ? [] : [`${total.skipped} skipped`]),
    ...(leftOut.length === 0
      ? []
      : [`${leftOut.length} ${leftOut.length === 1 ? 'part' : 'parts'} left out`]),
  ];
  console.log(`\n${[`${total.passed} passed`, `${total.failures.length} failed`, ...notRun].join(', ')}`);
  return total.failures.length === 0 ? 0 : 1;
}

async function runStep([title, run]: TestStep): Promise<StepResult> {
  const started = performance.now();
  console.log(`\n== ${title}`);
  const result = await run();
  const seconds = (performance.now() - started) / 1000;
  const passed = result.failures.length === 0;
  if (passed) noteDuration(title, seconds);
  console.log(`== ${title}: ${passed ? 'passed' : 'FAILED'} in ${seconds.toFixed(0)} s`);
  return result;
}
