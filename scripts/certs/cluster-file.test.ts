import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repositoryRoot } from '../repository/read-cluster.ts';
import { withoutRoots, withRoots } from './cluster-file.ts';

const clusters = join(repositoryRoot, 'clusters');
const files = readdirSync(clusters)
  .filter((name) => !name.includes('.'))
  .map((name) => [name, readFileSync(join(clusters, name, 'cluster.yaml'), 'utf8')] as const);

describe('roots in cluster.yaml', () => {
  it.each(files)('change one line of %s and nothing else', (_, text) => {
    const once = withRoots(text, 'orders', { trusted: [1, 2], issuing: 1 });
    const twice = withRoots(once, 'orders', { trusted: [2], issuing: 2 });
    expect(parse(twice).identity.roots).toEqual({ orders: { trusted: [2], issuing: 2 } });
    expect(twice).toContain('orders: { trusted: [2], issuing: 2 }');
    const kept = twice.split('\n');
    for (const line of text.split('\n')) expect(kept).toContain(line);
    expect(kept.length - text.split('\n').length).toBeLessThanOrEqual(3);
    expect(withoutRoots(twice)).toEqual(withoutRoots(text));
  });

  it('keep comments and other authorities', () => {
    const text = `identity:
  # why
  certificates: { duration: 24h } # short
  roots:
    jobs: { trusted: [1], issuing: 1 } # ours
    orders: { trusted: [1], issuing: 1 }
apps:
  home:
`;
    const after = withRoots(text, 'orders', { trusted: [1, 2], issuing: 1 });
    expect(after).toBe(text.replace('orders: { trusted: [1], ', 'orders: { trusted: [1, 2], '));
    expect(withRoots(text, 'jobs-db', { trusted: [1, 2], issuing: 1 })).toBe(
      text.replace('\napps', '\n    jobs-db: { trusted: [1, 2], issuing: 1 }\napps'),
    );
  });

  it.each([
    ['nothing', 'name: a\n'],
    ['an empty identity', 'name: a\nidentity:\n'],
    ['an identity in braces', 'name: a\nidentity: { authorities: intermediate }\n'],
    ['empty roots', 'name: a\nidentity:\n  roots: {}\n'],
    ['a last line without its end', 'name: a\nidentity:\n  authorities: intermediate'],
    ['a comment after it', 'identity:\n  ca:\n    duration: 9000d\n# of apps\napps:\n'],
  ])('are added to a file with %s', (_, text) => {
    const after = withRoots(text, 'orders', { trusted: [1, 2], issuing: 2 });
    expect(parse(after)).toMatchObject(withoutRoots(text) as object);
    expect(parse(after).identity.roots).toEqual({ orders: { trusted: [1, 2], issuing: 2 } });
  });

  it('other differences are detected', () => {
    expect(withoutRoots('a: 1\nidentity:\n  roots: {}\n')).toEqual({ a: 1 });
    expect(withoutRoots('a: 2\n')).not.toEqual(withoutRoots('a: 1\n'));
  });
});
