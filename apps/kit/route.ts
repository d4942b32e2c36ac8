import type { z } from 'zod';
import type { Call } from './unary.ts';

/** What a request gives to its route, checked by the route's own schemas. */
export interface Given {
  call: Call;
  path: Record<string, string>;
  query: Record<string, string>;
  body: unknown;
}

/** One operation of a REST face: what serves it, and what the OpenAPI document says of it. */
export interface Route<Service> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  id: string;
  summary: string;
  query?: z.ZodObject;
  body?: z.ZodType;
  answer?: z.ZodType;
  /**
   * Whether `run` gives an AsyncIterable, whose values are sent as server-sent events, each an `answer` as JSON, until it or the
   * request ends. Default: one answer.
   */
  streams?: true;
  /** Operations to which the answer leads, each with its parameters (OpenAPI 3.1, 'Link Object', `parameters`). */
  leadsTo?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  run(service: Service, given: Given): Promise<unknown>;
}
