import { rateWindow } from '../../charts/observability/dashboards.ts';
import { scrapeInterval } from '../../charts/observability/prometheus-config.ts';
import { inSeconds } from '../../model/schema/duration.ts';
import type { TimeRange } from './dashboard-data.ts';

/** Lengths that the page offers. */
export const lengths = ['15m', '1h', '6h', '1d', '7d'] as const;
export type Length = (typeof lengths)[number];

/** Values of a plot at most; a third of the page has fewer pixels. */
const most = 240;

/** The range of a length that ends at `now`, in seconds; its times are multiples of the step, so that a plot does not flicker. */
export function rangeOf(length: Length, now: number): TimeRange {
  const seconds = inSeconds(length);
  const step = Math.max(15, Math.ceil(seconds / most / 15) * 15);
  const to = Math.floor(now / step) * step;
  return { from: to - seconds, to, step };
}

/** A query whose window is that of Grafana for such a step (Grafana, 'Prometheus template variables', `$__rate_interval`). */
export function withWindow(expr: string, { step }: TimeRange): string {
  const scrape = inSeconds(scrapeInterval);
  return expr.replaceAll(rateWindow, `${Math.max(step + scrape, 4 * scrape)}s`);
}
