import { expect, it } from 'vitest';
import { ConcurrentReports } from './concurrent-reports.ts';

it('reports the last line of unfinished work again when another work ends', () => {
  const lines: string[] = [];
  const reports = new ConcurrentReports((line) => lines.push(line));
  reports.of('manager')('compiling');
  reports.of('definitions')('fetching');
  reports.end('definitions');
  reports.end('manager');
  expect(lines).toEqual(['manager: compiling', 'definitions: fetching', 'manager: compiling']);
});

it('reports nothing again when work ends that had reported nothing', () => {
  const lines: string[] = [];
  const reports = new ConcurrentReports((line) => lines.push(line));
  reports.of('manager')('compiling');
  reports.end('definitions');
  expect(lines).toEqual(['manager: compiling']);
});
