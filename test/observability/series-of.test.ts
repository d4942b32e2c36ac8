import { expect, it } from 'vitest';
import { seriesOf } from './series-of.ts';

it('finds the series of an expression, without functions, labels and keywords', () => {
  const expression =
    'sum by (job, exporter) (increase(lost_total{name="not_me"}[15m])) > 0 or histogram_quantile(0.95, sum without (le) (rate(x_bucket[2m]))) unless on (job) up offset 5h == 0 and app:ratio1h{app="a"} > 0.5';
  expect(seriesOf(expression)).toEqual(['lost_total', 'x_bucket', 'up', 'app:ratio1h']);
});

it('finds no series in an expression without one', () => {
  expect(seriesOf('vector(1)')).toEqual([]);
});
