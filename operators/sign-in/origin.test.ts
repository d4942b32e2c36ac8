import { expect, it } from 'vitest';
import { isFromElsewhere } from './program/origin.ts';

const own = ['https://club.example.org', 'https://www.club.example.org'];

it.each([
  ['a form of the app itself', { origin: own[0] }, false],
  ['a script at another host of the app', { origin: own[1], 'sec-fetch-site': 'same-site' }, false],
  ['a form of a page that says no-referrer', { origin: 'null', 'sec-fetch-site': 'same-origin' }, false],
  ['a program, which is no browser', {}, false],
  ['another host of the domain', { origin: 'https://evil.example.org', 'sec-fetch-site': 'same-site' }, true],
  ['a frame in a sandbox', { origin: 'null', 'sec-fetch-site': 'cross-site' }, true],
  ['an older browser that hides its origin', { origin: 'null' }, true],
  ['a page elsewhere that sends no origin', { 'sec-fetch-site': 'cross-site' }, true],
])('%s', (_, headers, elsewhere) => {
  expect(isFromElsewhere(headers, own)).toBe(elsewhere);
});
