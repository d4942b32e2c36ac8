import { z } from 'zod';
import type { DashboardFile } from '../../charts/observability/dashboards.ts';

/** A query and the legend of its series, where `{{LABEL}}` is replaced by a label of the series. */
export interface Query {
  expr: string;
  legend: string;
}

/** A part of a dashboard as this page shows it. */
export interface Panel {
  kind: 'plot' | 'value' | 'level-rates' | 'lines';
  title: string;
  description: string;
  /** Grafana's name of the unit. */
  unit: string;
  /** Of 24 columns. */
  width: number;
  /** Queries of Prometheus. Panels of log lines have none. */
  queries: readonly Query[];
  exemplars: boolean;
}

/** Panels below one heading. */
export interface Section {
  title: string;
  panels: readonly Panel[];
}

/** A dashboard of Grafana, as far as this page shows it. */
export interface DashboardView {
  /** That of the app; its log lines are those of the app's namespace. */
  name: string;
  title: string;
  description: string;
  sections: readonly Section[];
  /** Marks at the times at which a query gets a new series. */
  marks: readonly { title: string; expr: string }[];
}

const shown = {
  title: z.string(),
  description: z.string(),
  gridPos: z.object({ w: z.number() }),
  datasource: z.object({ type: z.enum(['prometheus', 'loki']) }),
  targets: z.array(
    z.object({
      expr: z.string(),
      legendFormat: z.string().default(''),
      exemplar: z.boolean().default(false),
    }),
  ),
};
const withUnit = { ...shown, fieldConfig: z.object({ defaults: z.object({ unit: z.string() }) }) };

/** The kinds of panels that `charts/observability/dashboards.ts` makes. */
const dashboardSchema = z.object({
  title: z.string(),
  description: z.string(),
  annotations: z.object({
    list: z.array(z.object({ titleFormat: z.string(), target: z.object({ expr: z.string() }) })).default([]),
  }),
  panels: z.array(
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('row'), title: z.string() }),
      z.object({ type: z.literal('timeseries'), ...withUnit }),
      z.object({ type: z.literal('stat'), ...withUnit }),
      z.object({ type: z.literal('logs'), ...shown }),
    ]),
  ),
});

type GrafanaPanel = z.infer<typeof dashboardSchema>['panels'][number];

/** Reads a dashboard of Grafana. @throws ZodError for a kind of panel that this page cannot show. */
export function viewOf({ name, dashboard }: DashboardFile): DashboardView {
  const { title, description, annotations, panels } = dashboardSchema.parse(
    JSON.parse(JSON.stringify(dashboard)),
  );
  const sections: { title: string; panels: Panel[] }[] = [];
  for (const panel of panels) {
    if (panel.type === 'row') sections.push({ title: panel.title, panels: [] });
    else {
      if (sections.length === 0) sections.push({ title, panels: [] });
      sections.at(-1)?.panels.push(panelOf(panel));
    }
  }
  const marks = annotations.list.map(({ titleFormat, target }) => ({
    title: titleFormat,
    expr: target.expr,
  }));
  return { name, title, description, sections, marks };
}

function panelOf(panel: Exclude<GrafanaPanel, { type: 'row' }>): Panel {
  const { title, description, gridPos, datasource, targets } = panel;
  const ofLines = datasource.type === 'loki';
  return {
    kind:
      panel.type === 'stat' ? 'value' : panel.type === 'logs' ? 'lines' : ofLines ? 'level-rates' : 'plot',
    ...{ title, description, width: gridPos.w },
    unit: panel.type === 'logs' ? 'short' : panel.fieldConfig.defaults.unit,
    queries: ofLines ? [] : targets.map(({ expr, legendFormat }) => ({ expr, legend: legendFormat })),
    exemplars: targets.some(({ exemplar }) => exemplar),
  };
}
