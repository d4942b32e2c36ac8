import { z } from 'zod';

/** A machine's address. Programs get it as an argument, so it must not look like an option. */
export const machineAddress = z
  .string()
  .regex(/^[a-z0-9:]([a-z0-9.:-]*[a-z0-9])?$/i, "an IP address or a DNS name such as '192.0.2.1'");
