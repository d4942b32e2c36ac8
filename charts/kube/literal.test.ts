import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { find } from '../../test/charts/find.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { appComponent } from '../app/app.ts';
import { field } from './field.ts';
import { literal } from './literal.ts';

/** What Kubernetes makes of a text, for a pod with these variables. */
function expand(text: string, variables: Record<string, string>): string {
  let expanded = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '$' || i + 1 === text.length) expanded += text[i];
    else if (text[i + 1] === '$') {
      expanded += '$';
      i++;
    } else {
      const closing = text[i + 1] === '(' ? text.indexOf(')', i + 2) : -1;
      if (closing === -1) {
        expanded += `$${text[i + 1]}`;
        i++;
      } else {
        const name = text.slice(i + 2, closing);
        expanded += variables[name] ?? `$(${name})`;
        i = closing;
      }
    }
  }
  return expanded;
}

it("the model of Kubernetes' expansion is correct", () => {
  const variables = { PORT: '8080' };
  expect(expand('$(PORT) $$(PORT) $(NO) $PORT a$$b $(', variables)).toBe('8080 $(PORT) $(NO) $PORT a$b $(');
});

it('reaches the process unchanged, with any variables', () => {
  const text = fc
    .array(fc.constantFrom('$', '(', ')', 'PORT', 'x', ' ', '$(PORT)', '$$'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (written) => {
      expect(expand(literal(written), { PORT: '8080', '': 'empty', x: 'y' })).toBe(written);
    }),
    { numRuns: 1000 },
  );
});

it('is unchanged if it needs no escape', () => {
  for (const text of ['$PORT', 'a$', '$[PORT]', '', '(x)', '$ (']) expect(literal(text)).toBe(text);
});

it('is applied to the variables, command and arguments of an app', () => {
  const written = { GREETING: '$(PORT) costs $$5', HOME: '$HOME', PORT: '8080' };
  const app = testApp({ name: 'orders', env: written });
  const env = field(
    find(appComponent(environment({ apps: [app] }), app), 'Deployment', 'orders'),
    ...['spec', 'template', 'spec', 'containers', 0, 'env'],
  );
  const got = z.array(z.object({ name: z.string(), value: z.string() })).parse(env);
  expect(Object.fromEntries(got.map(({ name, value }) => [name, expand(value, written)]))).toEqual(written);
});
