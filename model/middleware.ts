import type { App } from './app.ts';
import { needsSignIn, signInProxy } from './people.ts';
import { defaultAnswer } from './schema/limits.ts';
import { inUnits } from './schema/quantity.ts';

/** The operator with the definitions and the admission policy of Traefik's kind Middleware. */
export const middlewareOperator = 'traefik-middleware';

/** What the gateway does with a request before it reaches the app, by the ends of the names of the Middlewares, outermost first. */
export const concerns = ['cors', 'rate', 'in-flight', 'body'] as const;

export type Concern = (typeof concerns)[number];

/** The concerns of an app, outermost first; none if it is not exposed. */
export function concernsOf({ exposes }: Pick<App, 'exposes'>): Concern[] {
  const is: Record<Concern, unknown> = {
    cors: exposes?.cors,
    rate: exposes?.limits?.rate,
    'in-flight': exposes?.limits?.inFlight,
    body: exposes?.limits?.body,
  };
  return concerns.filter((concern) => is[concern] !== undefined);
}

/** Whether an app needs Middlewares of Traefik. */
export function usesMiddleware(app: Pick<App, 'exposes'>): boolean {
  return concernsOf(app).length > 0;
}

/** The namespace of an app's route and of its Middlewares: that of the proxy in front of it, or its own. */
export function routeNamespace(app: Pick<App, 'name' | 'exposes'>): string {
  return needsSignIn(app) ? signInProxy : app.name;
}

/** Name of a Middleware of an app, which is in the namespace of the app's route. */
export function middlewareName({ name }: Pick<App, 'name'>, concern: Concern): string {
  return `${name}-${concern}`;
}

/** Largest sizes of a request's body and of its answer that the gateway holds, in bytes. */
export interface BodySizes {
  body: number;
  answer: number;
}

/** The sizes of an app; undefined if it has no limit of bodies. */
export function bodySizes({ exposes }: Pick<App, 'exposes'>): BodySizes | undefined {
  const { body, answer = defaultAnswer } = exposes?.limits ?? {};
  if (body === undefined) return undefined;
  return { body: Math.floor(inUnits(body)), answer: Math.floor(inUnits(answer)) };
}

/**
 * A body in memory, in multiples of its size: Traefik reads it into buffers that grow, and each time copies it into one that is up to
 * twice as large (Go, io.ReadAll and bytes.Buffer).
 */
const copies = 3;

/** Bytes that the bodies of an app's open requests can take in the gateway; 0 without a limit of bodies. */
export function bodyMemory(app: Pick<App, 'exposes'>): number {
  const sizes = bodySizes(app);
  if (sizes === undefined) return 0;
  const { limits: { inFlight = 0 } = {}, paths = {} } = app.exposes ?? {};
  // Traefik counts the requests of each rule of a route separately; the sign-in proxy has one rule for all paths.
  const rules = needsSignIn(app) ? 1 : 1 + Object.keys(paths).length;
  return copies * (sizes.body + sizes.answer) * inFlight * rules;
}

/** Largest memory for the bodies of one app. */
export const mostBodyMemory = 2 ** 30;
