import { z } from 'zod';

/** Name of an HTTP header (RFC 9110, token). */
export const headerName = z
  .string()
  .max(256, 'at most 256 characters')
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "the name of a header such as 'X-Frame-Options'");
