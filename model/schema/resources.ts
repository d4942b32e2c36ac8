import { z } from 'zod';
import { inUnits } from './quantity.ts';

/** Cores as a Kubernetes quantity (API conventions, 'Quantities'), with at most three decimals: `250m`, `2`, `0.5`. */
export const cores = z
  .string()
  .regex(/^(?=.*[1-9])(\d+m|\d+(\.\d{1,3})?)$/, "a number of cores such as '250m' or '2'");

/** Bytes as a Kubernetes quantity. The unit is required: `128` would be 128 bytes and `128m` an eighth of a byte. */
export const bytes = z
  .string()
  .regex(
    /^(?=.*[1-9])\d+(\.\d+)?(k|M|G|T|Ki|Mi|Gi|Ti)$/,
    "a number of bytes with its unit, such as '128Mi' or '20Gi'",
  );

/** Memory of a container: with less, the kernel ends the program that starts it (Docker Engine has the same minimum). */
export const memoryLimit = bytes.refine(
  (text) => !bytes.safeParse(text).success || inUnits(text) >= 6 * 2 ** 20,
  { error: 'a container does not start with less than 6Mi', params: { fix: "write more, such as '32Mi'" } },
);
