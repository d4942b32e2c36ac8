import type { Chart } from 'cdk8s';
import type { Environment } from '../../model/graph.ts';
import {
  type BodySizes,
  bodySizes,
  concernsOf,
  middlewareName,
  routeNamespace,
} from '../../model/middleware.ts';
import { admissionPolicy, asksAnew, celList, type Validation } from '../kube/admission-policy.ts';
import type { SpecOf } from '../kube/custom-resource.ts';
import { middlewarePolicy } from '../kube/names.ts';
import { sourceCriterion, traefikApi } from './middleware.ts';

type Spec = SpecOf<'Middleware'>;

/** The fields of a Middleware that are rendered, by the kind of middleware. */
const rendered = {
  headers: [
    'accessControlAllowOriginList',
    'accessControlAllowMethods',
    'accessControlAllowHeaders',
    'accessControlExposeHeaders',
    'accessControlAllowCredentials',
    'accessControlMaxAge',
    'addVaryHeader',
  ],
  rateLimit: ['average', 'period', 'burst', 'sourceCriterion'],
  inFlightReq: ['amount', 'sourceCriterion'],
  buffering: ['maxRequestBodyBytes', 'memRequestBodyBytes', 'maxResponseBodyBytes', 'memResponseBodyBytes'],
} as const satisfies { [Key in keyof Spec]?: readonly (keyof NonNullable<Spec[Key]>)[] };

/**
 * Admission policy for all kinds of Traefik's API group, whoever writes them, because Traefik reads them all: an IngressRoute would
 * serve any host without the Gateway, and some kinds of middleware call other servers or run programs. The API server admits
 * the Middlewares of the graph with the fields that are rendered.
 */
export function middlewarePolicies(chart: Chart, env: Environment): void {
  const names = env.apps.flatMap((app) =>
    concernsOf(app).map((concern) => `${routeNamespace(app)}/${middlewareName(app, concern)}`),
  );
  const largest = largestOf(env);
  admissionPolicy(chart, middlewarePolicy, {
    rule: { groups: [traefikApi.group], resources: ['*'], operations: ['CREATE', 'UPDATE'] },
    conditions: [asksAnew],
    validations: [
      {
        expression: isMiddleware,
        message: `of the kinds of ${traefikApi.group} the platform admits Middleware alone: write exposes in app.ts to be reached through the gateway`,
        reason: 'Forbidden',
      },
      ofMiddleware(
        `object.metadata.namespace + '/' + object.metadata.name in ${celList(names)}`,
        'no app of the graph has this Middleware: write limits or cors in exposes of app.ts',
      ),
      ofMiddleware(
        hasOnly('object.spec', Object.keys(rendered)),
        `a Middleware of the graph has these fields alone: ${Object.keys(rendered).join(', ')}`,
      ),
      ...Object.entries(rendered).map(([key, fields]) =>
        ofSpec(key, hasOnly(`object.spec.${key}`, fields), `has these fields alone: ${fields.join(', ')}`),
      ),
      ...(['rateLimit', 'inFlightReq'] as const).map((key) =>
        ofSpec(
          key,
          countsAll(`object.spec.${key}`),
          `counts all requests together, with the sourceCriterion ${JSON.stringify(sourceCriterion)}`,
        ),
      ),
      ofSpec(
        'buffering',
        isBounded(largest),
        `holds at most ${largest.body} bytes of a body and ${largest.answer} of an answer, the largest limits of any app`,
      ),
    ],
  });
}

const isMiddleware = "object.kind == 'Middleware'";

/** A validation of Middlewares; the other kinds are refused anyway. */
function ofMiddleware(expression: string, message: string): Validation {
  return { expression: `!(${isMiddleware}) || ${expression}`, message, reason: 'Forbidden' };
}

/** A validation of Middlewares with a field of that name in their spec. */
function ofSpec(key: string, expression: string, message: string): Validation {
  return ofMiddleware(`!has(object.spec.${key}) || (${expression})`, `${key} of a Middleware ${message}`);
}

/** CEL: the object at the path has no other fields. As a dynamic value, because the fields of a typed object cannot be listed. */
function hasOnly(path: string, fields: readonly string[]): string {
  return `dyn(${path}).all(field, field in ${celList(fields)})`;
}

/** CEL: requests are counted as in the Middlewares of the graph. */
function countsAll(path: string): string {
  const source = `${path}.sourceCriterion`;
  return [
    `has(${source})`,
    hasOnly(source, Object.keys(sourceCriterion)),
    ...Object.entries(sourceCriterion).map(
      ([key, value]) => `has(${source}.${key}) && ${source}.${key} == '${value}'`,
    ),
  ].join(' && ');
}

/** CEL: no size is larger than those of the graph, and all are written: Traefik has other defaults, or none. */
function isBounded({ body, answer }: BodySizes): string {
  const largest = {
    maxRequestBodyBytes: body,
    memRequestBodyBytes: body,
    maxResponseBodyBytes: answer,
    memResponseBodyBytes: answer,
  };
  return Object.entries(largest)
    .map(([key, most]) => {
      const path = `object.spec.buffering.${key}`;
      return `has(${path}) && ${path} > 0 && ${path} <= ${most}`;
    })
    .join(' && ');
}

/** The largest sizes of any app; 0 if no app has a limit of bodies. */
function largestOf({ apps }: Environment): BodySizes {
  const all = apps.map((app) => bodySizes(app) ?? { body: 0, answer: 0 });
  return {
    body: Math.max(0, ...all.map(({ body }) => body)),
    answer: Math.max(0, ...all.map(({ answer }) => answer)),
  };
}
