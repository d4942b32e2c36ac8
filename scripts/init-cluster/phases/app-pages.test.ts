import { expect, it } from 'vitest';
import { isOfGateway } from './app-pages.ts';

it('accepts every answer of an app, and none that the gateway gives without one', () => {
  const text = '404 page not found\n';
  expect([404, 502, 503, 504].map((status) => isOfGateway({ status, body: text }))).toEqual(
    Array(4).fill(true),
  );
  expect([200, 302, 401, 403, 404, 500].map((status) => isOfGateway({ status, body: '{}' }))).toEqual(
    Array(6).fill(false),
  );
});
