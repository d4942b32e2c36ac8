import { z } from 'zod';
import { duration } from './duration.ts';
import { headerName } from './header-name.ts';
import { tcpPort } from './tcp-port.ts';

/** Any origin. */
export const everyOrigin = '*';

/** An origin as a browser sends it in the header `Origin` (RFC 6454): in small letters, without a path and without the default port. */
const origin = z
  .string()
  .max(300, 'at most 300 characters')
  .regex(
    /^(\*|https?:\/\/(?!.*\.\.)[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9]\d{0,4})?)$/,
    "an origin such as 'https://www.example.org' (in small letters, without a path and without '*'), or '*' alone for all",
  )
  .refine((text) => tcpPort.safeParse(Number(/:(\d+)$/.exec(text)?.[1] ?? 443)).success, {
    error: 'the port is above 65535, and no page has such an origin',
    params: { fix: 'correct the port' },
  })
  .refine((text) => !/^(https:.*:443|http:.*:80)$/.test(text), {
    error: 'browsers do not send the default port, so this origin is never equal',
    params: { fix: "remove the port, as in 'https://www.example.org'" },
  });

/** Which pages of other origins may call an app from a browser (Fetch, 'CORS protocol'). */
export const cors = z.strictObject({
  /** Origins whose pages may read answers, such as `https://www.example.org`; `*`: all. */
  origins: z.array(origin).min(1, "at least one origin such as 'https://www.example.org'"),
  /** Methods that these pages may use. Browsers allow GET, HEAD and POST without asking. */
  methods: z.array(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])).default([]),
  /** Request headers that these pages may send, such as `Authorization`. */
  headers: z.array(headerName).default([]),
  /** Headers of answers that these pages may read, in addition to those that browsers always show. */
  exposedHeaders: z.array(headerName).default([]),
  /** `true`: these pages may send cookies and other credentials of the app. */
  credentials: z.boolean().default(false),
  /** Time for which a browser keeps the answer to a preflight request; browsers have a limit of their own. */
  maxAge: duration.default('10m'),
});

export type Cors = z.output<typeof cors>;
