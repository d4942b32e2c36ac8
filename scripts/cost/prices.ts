import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const dollars = z.number().nonnegative();

const schema = z.strictObject({
  /** Year and month of the prices. */
  asOf: z.string().regex(/^\d{4}-\d{2}$/),
  source: z.string(),
  hoursPerMonth: dollars,
  /** By region. */
  regions: z.record(
    z.string(),
    z.strictObject({
      /** Dollars an hour, by instance type. */
      instances: z.record(z.string(), dollars),
      natGateway: dollars,
      loadBalancer: dollars,
      publicAddress: dollars,
      disk: dollars,
      key: dollars,
      zone: dollars,
    }),
  ),
});

export type Prices = z.infer<typeof schema>;

/** The price table: prices.yaml beside this file. */
export function loadPrices(): Prices {
  return schema.parse(parse(readFileSync(join(import.meta.dirname, 'prices.yaml'), 'utf8')));
}
