/**
 * Caches the result of `work` per immutable object in a WeakMap, so that a later render does not repeat it.
 */
export function onceEach<T extends object, R>(work: (of: T) => R): (of: T) => R {
  const done = new WeakMap<T, { result: R }>();
  return (of) => {
    let known = done.get(of);
    if (known === undefined) {
      known = { result: work(of) };
      done.set(of, known);
    }
    return known.result;
  };
}

/** The earlier list if it has the same objects as the new one, so that cached results stay valid. */
export function sameList<T>(before: T[] | undefined, now: T[]): T[] {
  const same = before?.length === now.length && now.every((each, i) => each === before[i]);
  return same ? before : now;
}
