/**
 * Work whose result follows from one object that nobody changes: done once for each, and forgotten with it. What stays
 * from one render to the next is not looked at again.
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

/** The earlier list where the new one has the same objects, so that results kept for it stay valid. */
export function sameList<T>(before: T[] | undefined, now: T[]): T[] {
  const same = before?.length === now.length && now.every((each, i) => each === before[i]);
  return same ? before : now;
}
