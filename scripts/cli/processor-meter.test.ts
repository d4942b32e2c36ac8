import type { CpuInfo } from 'node:os';
import { expect, test } from 'vitest';
import { ProcessorMeter } from './processor-meter.ts';

function processor(user: number, nice: number, sys: number, idle: number, irq: number): CpuInfo {
  return { model: '', speed: 0, times: { user, nice, sys, idle, irq } };
}

test('a lap counts the times of all processors since the last one', () => {
  const readings = [
    [processor(100, 0, 50, 1000, 0), processor(0, 0, 0, 1000, 0)],
    [processor(130, 20, 60, 1040, 0), processor(0, 0, 5, 1090, 5)],
    [processor(130, 20, 60, 1140, 0), processor(0, 0, 5, 1190, 5)],
  ];
  const meter = new ProcessorMeter(() => readings.shift() ?? []);
  expect(meter.lap()).toEqual({ user: 0.25, system: 0.1, idle: 0.65 });
  expect(meter.lap()).toEqual({ user: 0, system: 0, idle: 1 });
});

test('a lap shorter than a clock tick is idle', () => {
  const meter = new ProcessorMeter(() => [processor(1, 1, 1, 1, 1)]);
  expect(meter.lap()).toEqual({ user: 0, system: 0, idle: 1 });
});
