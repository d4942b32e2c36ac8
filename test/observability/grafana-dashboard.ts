import type { Dataquery as PrometheusQuery } from '@grafana/grafana-foundation-sdk/prometheus';
import type { Options as LogsOptions } from '@grafana/schema/dist/types/raw/composable/logs/panelcfg/x/LogsPanelCfg_types.gen.d.ts';
import type { LokiDataQuery } from '@grafana/schema/dist/types/raw/composable/loki/dataquery/x/LokiDataQuery_types.gen.d.ts';
import type { Options as StatOptions } from '@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.d.ts';
import type {
  FieldConfig as PlotFields,
  Options as PlotOptions,
} from '@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts';
import type * as schema from '@grafana/schema/dist/types/raw/dashboard/x/dashboard_types.gen.d.ts';

/** What JSON has of a type: the value of an enumeration in place of its name. */
type Json<T> = T extends string
  ? `${T}`
  : T extends number
    ? `${T}` extends `${infer Value extends number}`
      ? Value
      : never
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T;

/** Keys of a newer Grafana, which SDK 0.0.21 writes with their default: version 12.2 ignores them. */
interface Newer {
  placement?: 'inControlsMenu';
}

/**
 * Grafana publishes the query of Prometheus with its plugin, not in its schema: these are the SDK's keys. The SDK marks its types with a function,
 * which JSON does not have.
 */
type Prometheus = Omit<PrometheusQuery, '_implementsDataqueryVariant' | 'refId'> & { refId: string };

/** A panel of one kind, with the options, fields and queries of that kind, which the schema of dashboards leaves open. */
type Panel<Type extends string, Options, Fields, Query> = Omit<
  schema.Panel,
  'type' | 'options' | 'fieldConfig' | 'targets' | 'title' | 'gridPos' | 'datasource'
> & {
  type: Type;
  options: Options;
  fieldConfig?: Omit<schema.FieldConfigSource, 'defaults'> & {
    defaults: Omit<schema.FieldConfig, 'custom'> & { custom?: Fields };
  };
  targets: Query[];
} & Required<Pick<schema.Panel, 'title' | 'gridPos' | 'datasource'>>;

type AnyPanel =
  | Panel<'timeseries', PlotOptions, PlotFields, Prometheus | LokiDataQuery>
  | Panel<'stat', StatOptions, never, Prometheus>
  | Panel<'logs', LogsOptions, never, LokiDataQuery>
  | (Omit<schema.RowPanel, 'panels'> & { panels: never[] });

/** `titleFormat` is a key of Prometheus' annotations ('Annotate visualizations', 'Prometheus query options'). */
type Annotation = Omit<schema.AnnotationQuery, 'target'> &
  Newer & { target: Prometheus; titleFormat: string };

/**
 * A dashboard as this repository writes it: Grafana's published schema (@grafana/schema, in the version of the image), with panels, queries and
 * annotations of the kinds in use and no others.
 */
export type GrafanaDashboard = Json<
  Omit<schema.Dashboard, 'panels' | 'annotations' | 'links' | 'uid' | 'title'> & {
    uid: string;
    title: string;
    links: (schema.DashboardLink & Newer)[];
    annotations: { list?: Annotation[] };
    panels: AnyPanel[];
  }
>;
