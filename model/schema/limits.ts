import { z } from 'zod';
import { bytes } from './resources.ts';

/** Largest count of a limit. */
const most = 100_000;

const count = z.int().min(1).max(most);

/** Limits of the gateway for the requests to an app, of all visitors together. */
export const limits = z
  .strictObject({
    /**
     * Largest body of a request; a larger one gets status 413. Needs `inFlight`, because the gateway holds each body in memory until it
     * is complete, and each answer too: not for apps that stream. WebSocket works. Default: no limit.
     */
    body: bytes.optional(),
    /** Largest answer of an app with `body`; a larger one becomes status 500. Default: `4Mi`; without `body`: no limit. */
    answer: bytes.optional(),
    /**
     * Rate of all visitors together, for each of `paths` separately; a request above it gets status 429. Default: no limit.
     */
    rate: z
      .strictObject({
        /** Requests in a second. */
        perSecond: count,
        /** Requests that may arrive at once after a pause: from `perSecond` to twice as many. Default: `perSecond`. */
        burst: count.optional(),
      })
      .optional(),
    /**
     * Requests of all visitors that may be open at the same time, for each of `paths` separately; a further one gets status 429. An open
     * WebSocket counts as one. Default: no limit.
     */
    inFlight: count.optional(),
  })
  .refine((given) => Object.values(given).some((limit) => limit !== undefined), {
    error: 'it has no limit',
    params: { fix: 'write body, rate or inFlight, such as { rate: { perSecond: 100 } }' },
  });

/** Largest answer of an app with a limit of bodies that does not say another. */
export const defaultAnswer = '4Mi';
