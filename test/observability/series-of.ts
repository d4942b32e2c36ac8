import { parser } from '@prometheus-io/lezer-promql';

/** Names of the series that an expression of PromQL reads, in their order. */
export function seriesOf(expression: string): string[] {
  const names: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ name, node }) => {
      const series = name === 'VectorSelector' ? node.getChild('Identifier') : null;
      if (series !== null) names.push(expression.slice(series.from, series.to));
    },
  });
  return names;
}
