/* What the page of a dashboard gets from this machine. */

/** Times at which a plot has values, in seconds since 1970. */
export interface TimeRange {
  from: number;
  to: number;
  /** Seconds from one value to the next. */
  step: number;
}

/** A series of a plot: one value for each time of the range, null where it has none. */
export interface PlotSeries {
  label: string;
  values: (number | null)[];
}

/** A request as an example of its histogram, at its time in seconds since 1970. */
export interface Exemplar {
  time: number;
  value: number;
  trace: string;
}

/** What a panel shows. */
export type PanelData =
  | { kind: 'plot'; unit: string; series: PlotSeries[]; exemplars: Exemplar[] }
  | { kind: 'value'; unit: string; values: { label: string; value: number }[] }
  | { kind: 'lines'; lines: { text: string; trace?: string }[] }
  | { kind: 'error'; message: string };

/** What a dashboard shows of a time range: its panels in their order, and its marks. */
export interface DashboardData extends TimeRange {
  panels: PanelData[];
  marks: { time: number; title: string }[];
}
