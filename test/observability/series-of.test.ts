import { expect, it } from 'vitest';
import { seriesOf } from './series-of.ts';

it('finds the series of an expression, and neither functions nor labels nor words of the language', () => {
  const expression =
    'sum by (job, exporter) (increase(lost_total{name="not_me"}[15m])) > 0 or histogram_quantile(0.95, sum without (le) (rate(x_bucket[2m]))) unless on (job) up offset 5h == 0 and app:ratio1h{app="a"} > 0.5';
  expect(seriesOf(expression)).toEqual(['lost_total', 'x_bucket', 'up', 'app:ratio1h']);
});

it('finds none where there is none', () => {
  expect(seriesOf('vector(1)')).toEqual([]);
});
