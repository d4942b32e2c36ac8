import { compareText } from '../../model/diagnostics/diagnostic.ts';

/**
 * One difference between two objects: an added field (no `before`), a removed one (no `after`) or a changed
 * one.
 */
export interface Change {
  /** `spec.template.spec.containers[home].image`; a list item by its name if it has one. */
  path: string;
  before?: unknown;
  after?: unknown;
}

/** The differences of plain data, as deep as possible: sorted by path. */
export function changes(before: unknown, after: unknown, path = ''): Change[] {
  if (before === after) return [];
  if (before === undefined) return [{ path, after }];
  if (after === undefined) return [{ path, before }];
  if (Array.isArray(before) && Array.isArray(after)) return listChanges(before, after, path);
  if (!isMap(before) || !isMap(after)) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(compareText);
  return keys.flatMap((key) => changes(before[key], after[key], path === '' ? key : `${path}.${key}`));
}

/** Items with names are compared by name; other items are added or removed. */
function listChanges(before: unknown[], after: unknown[], path: string): Change[] {
  const [names, newNames] = [before.map(nameOf), after.map(nameOf)];
  const named = (list: unknown[]) =>
    list.every((name) => name !== undefined) && new Set(list).size === list.length;
  if (named(names) && named(newNames)) {
    const all = [...new Set([...names, ...newNames])];
    return all.flatMap((name) =>
      changes(before[names.indexOf(name)], after[newNames.indexOf(name)], `${path}[${name}]`),
    );
  }
  const texts = before.map((item) => JSON.stringify(item));
  const newTexts = after.map((item) => JSON.stringify(item));
  const gone = before.filter((_, i) => !newTexts.includes(texts[i] ?? ''));
  const come = after.filter((_, i) => !texts.includes(newTexts[i] ?? ''));
  const [onlyGone, onlyCome] = [gone[0], come[0]];
  if (gone.length === 1 && come.length === 1 && isMap(onlyGone) && isMap(onlyCome)) {
    return changes(onlyGone, onlyCome, `${path}[]`);
  }
  const moved = gone.length === 0 && come.length === 0 && texts.join() !== newTexts.join();
  if (moved) return [{ path, before, after }];
  return [
    ...gone.map((item): Change => ({ path: `${path}[]`, before: item })),
    ...come.map((item): Change => ({ path: `${path}[]`, after: item })),
  ];
}

function nameOf(item: unknown): string | undefined {
  if (!isMap(item)) return undefined;
  return typeof item.name === 'string' ? item.name : undefined;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
