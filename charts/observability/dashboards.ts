import {
  LegendDisplayMode,
  LegendPlacement,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as LogsBuilder } from '@grafana/grafana-foundation-sdk/logs';
import { DataqueryBuilder as LokiQuery } from '@grafana/grafana-foundation-sdk/loki';
import { DataqueryBuilder as PrometheusQuery } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { dataSources } from './data-sources.ts';

/** The names of the series below a plot: the builder's default hides them. */
const legend = new VizLegendOptionsBuilder()
  .showLegend(true)
  .displayMode(LegendDisplayMode.List)
  .placement(LegendPlacement.Bottom);

/** Folders of Grafana. */
export type Folder = 'Apps' | 'Platform';

/** A dashboard and its folder. */
export interface DashboardFile {
  folder: Folder;
  /** File name, and the `uid` that links use. */
  name: string;
  dashboard: Dashboard;
}

/** Grafana's names of units (@grafana/data, valueFormats). */
export type PanelUnit = 'reqps' | 'percentunit' | 's' | 'bytes' | 'short' | 'ops' | 'dtdurations';

/** Series of a panel: a query and the legend of each series. */
export type Series = readonly [expr: string, legend: string];

/** Window of rates; it follows the time range shown and is at least four scrapes (Grafana, 'Prometheus template variables'). */
export const rateWindow = '$__rate_interval';

/** A dashboard of the last hour; only this repository can change it. */
export function dashboard(title: string, uid: string, description: string): DashboardBuilder {
  return new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['plinth'])
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .refresh('1m')
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .link(
      new DashboardLinkBuilder('Dashboards')
        .type(DashboardLinkType.Dashboards)
        .tags(['plinth'])
        .asDropdown(true)
        .keepTime(true),
    );
}

export function row(title: string): RowBuilder {
  return new RowBuilder(title);
}

/** Series over time, a third of the page wide unless `span` says so. */
export function plot(
  title: string,
  description: string,
  unit: PanelUnit,
  series: readonly Series[],
  { span = 8, exemplars = false }: { span?: number; exemplars?: boolean } = {},
): TimeseriesBuilder {
  const panel = new TimeseriesBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .min(0)
    .span(span)
    .height(7)
    .legend(legend)
    .datasource(dataSources.prometheus);
  for (const [i, [expr, legend]] of series.entries())
    panel.withTarget(
      new PrometheusQuery()
        .refId(String.fromCharCode('A'.charCodeAt(0) + i))
        .expr(expr)
        .legendFormat(legend)
        .range()
        .exemplar(exemplars),
    );
  return panel;
}

/** The newest value of each series. */
export function value(
  title: string,
  description: string,
  unit: PanelUnit,
  [expr, legend]: Series,
): StatBuilder {
  return new StatBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .span(6)
    .height(4)
    .datasource(dataSources.prometheus)
    .withTarget(new PrometheusQuery().refId('A').expr(expr).legendFormat(legend).instant());
}

/** Log lines of a LogQL selector, the newest first. */
export function lines(title: string, description: string, expr: string): LogsBuilder {
  return new LogsBuilder()
    .title(title)
    .description(description)
    .span(24)
    .height(10)
    .datasource(dataSources.loki)
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .withTarget(new LokiQuery().refId('A').expr(expr).maxLines(200));
}

/** Log lines per second, by level. */
export function lineRates(title: string, description: string, selector: string): TimeseriesBuilder {
  return new TimeseriesBuilder()
    .title(title)
    .description(description)
    .unit('short')
    .min(0)
    .span(24)
    .height(6)
    .legend(legend)
    .datasource(dataSources.loki)
    .withTarget(
      new LokiQuery()
        .refId('A')
        .expr(`sum by (detected_level) (rate(${selector} [$__auto]))`)
        .legendFormat('{{detected_level}}'),
    );
}

/** Marks the times at which a query has a series, with `title`, where `{{LABEL}}` is replaced by a label of the series. */
export function marks(name: string, title: string, expr: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .enable(true)
    .iconColor('purple')
    .datasource(dataSources.prometheus)
    .titleFormat(title)
    .target(new PrometheusQuery().refId('A').expr(expr));
}
