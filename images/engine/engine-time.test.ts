import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEngineTime } from './engine-time.ts';

test.each([
  ['2026-03-01T10:20:30.123456789Z', '2026-03-01T10:20:30.123Z'],
  ['2026-03-01T10:20:30Z', '2026-03-01T10:20:30.000Z'],
  ['2026-03-01T11:20:30.5+01:00', '2026-03-01T10:20:30.500Z'],
  ['2026-03-01 11:20:30.123456789 +0100 CET', '2026-03-01T10:20:30.123Z'],
  ['2026-07-01 12:20:30.1 +0200 CEST', '2026-07-01T10:20:30.100Z'],
  ['2026-03-01 05:20:30 -0500 EST', '2026-03-01T10:20:30.000Z'],
  ['2026-03-01 07:20:30.1 -0300 -03', '2026-03-01T10:20:30.100Z'],
  ['2026-03-01 10:20:30.123 +0000 UTC m=+0.000012', '2026-03-01T10:20:30.123Z'],
  ['2026-03-01 15:50:30 +0530 IST\n', '2026-03-01T10:20:30.000Z'],
])('%s is %s', (printed, moment) => {
  expect(parseEngineTime(printed).toISOString()).toBe(moment);
});

test.each(['', 'yesterday', '2026-03-01', '2026-13-01T10:20:30Z', '<no value>'])(
  "'%s' is refused by its text",
  (printed) => {
    expect(() => parseEngineTime(printed)).toThrow(`'${printed}' is no time that a container engine prints`);
  },
);

test('a time is the same in both forms and in every zone', () => {
  const moments = fc.date({
    min: new Date('2000-01-01T00:00:00Z'),
    max: new Date('2100-01-01T00:00:00Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(moments, fc.integer({ min: -12 * 4, max: 14 * 4 }), (moment, quarters) => {
      const local = new Date(moment.getTime() + quarters * 15 * 60_000).toISOString().replace('Z', '');
      const minutes = Math.abs(quarters) * 15;
      const digits = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'));
      const sign = quarters < 0 ? '-' : '+';
      expect(parseEngineTime(`${local}${sign}${digits.join(':')}`)).toEqual(moment);
      expect(parseEngineTime(`${local.replace('T', ' ')} ${sign}${digits.join('')} XYZ`)).toEqual(moment);
    }),
  );
});
