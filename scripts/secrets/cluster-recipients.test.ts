import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { withRecipients } from './cluster-recipients.ts';

const rest = '# The team.\nname: plinth-dev # of the folder\napps:\n  orders:\n';

it.each([
  ['where there are none', rest],
  ['where the file has no line feed at its end', rest.trimEnd()],
  ['in place of others', `secrets:\n  recipients:\n    bob: age1b\n\n# Below.\n${rest}`],
  ['in place of others at the end', `${rest}secrets:\n  recipients: { bob: age1b }\n`],
  ['in place of nothing', `secrets:\n${rest}`],
])('writes recipients %s, and keeps every other line', (_, text) => {
  const after = withRecipients(text, { cluster: 'age1c', alice: 'age1a' });
  expect(parse(after)).toEqual({
    name: 'plinth-dev',
    apps: { orders: null },
    secrets: { recipients: { cluster: 'age1c', alice: 'age1a' } },
  });
  for (const line of rest.trimEnd().split('\n')) expect(after.split('\n')).toContain(line);
  expect(after.includes('# Below.')).toBe(text.includes('# Below.'));
  expect(withRecipients(after, { cluster: 'age1c', alice: 'age1a' })).toBe(after);
});
