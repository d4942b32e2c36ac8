import { parser } from '@grafana/lezer-logql';

/** Places in a text at which it is no LogQL, by the grammar that Grafana's own editor uses; empty if it is LogQL. */
export function logqlFaults(text: string): number[] {
  const faults: number[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from }) => {
      if (type.isError) faults.push(from);
    },
  });
  return faults;
}
