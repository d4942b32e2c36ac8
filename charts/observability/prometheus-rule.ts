import { runbook } from './runbook.ts';

/** A rule of Prometheus that records a series or fires an alert. */
export type PrometheusRule = { record: string; expr: string; labels?: Record<string, string> } | AlertRule;

/** A rule that fires an alert. */
export interface AlertRule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: Severity } & Record<string, string>;
  annotations: {
    summary: string;
    runbook: string;
    /** What Prometheus knows of the cause, and the commands that show the rest; a line each. */
    evidence?: string;
  };
}

/** `page`: act at once. `ticket`: act within days. `none`: proves that alerts arrive. */
export type Severity = 'page' | 'ticket' | 'none';

/** A rules file of Prometheus. */
export interface RuleFile {
  groups: { name: string; rules: PrometheusRule[] }[];
}

/** A rule that fires an alert, with its runbook. `hold`: time for which the condition must hold before it fires. Default: at once. */
export function alert(
  name: string,
  severity: Severity,
  { expr, hold, summary, evidence }: { expr: string; hold?: string; summary: string; evidence?: string },
): AlertRule {
  return {
    alert: name,
    expr,
    ...(hold === undefined ? {} : { for: hold }),
    labels: { severity },
    annotations: { summary, runbook: runbook(name), ...(evidence === undefined ? {} : { evidence }) },
  };
}
