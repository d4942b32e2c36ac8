import type { CronJob } from './objects.ts';
import { type Finding, good } from './reading.ts';

/** The schedule of an app. */
export interface Schedule {
  /** `30 2 * * *`. */
  cron: string;
  timeZone: string;
  /** Scheduled time of its last run; empty before the first. */
  last: string;
  result: 'none yet' | 'running' | 'succeeded' | 'failed';
}

/** Schedule and result of the last run. */
export function scheduleOf({ spec, status }: CronJob): Schedule {
  const last = status?.lastScheduleTime ?? '';
  const succeeded = status?.lastSuccessfulTime ?? '';
  const ended = Date.parse(succeeded) >= Date.parse(last) ? 'succeeded' : 'failed';
  const running = (status?.active ?? []).length > 0;
  return {
    cron: spec?.schedule ?? '',
    timeZone: spec?.timeZone ?? 'UTC',
    last,
    result: last === '' ? 'none yet' : running ? 'running' : ended,
  };
}

/** A failed last run is a problem: the next may fail too, and nothing else reports it. */
export function lastRun(schedule: CronJob): Finding {
  const { metadata, spec } = schedule;
  if (spec?.suspend === true) return { mood: 'paused', message: 'Suspended: it does not run.', since: '' };
  const { last, result } = scheduleOf(schedule);
  if (result === 'running') return { mood: 'working', message: 'It runs.', since: '' };
  if (result !== 'failed') return good;
  const kubectl = `kubectl --namespace ${metadata.namespace}`;
  return {
    mood: 'bad',
    message: 'Its last run failed.',
    since: last,
    more: {
      command: `${kubectl} logs --selector app.kubernetes.io/name=${metadata.name} --tail 50 --prefix`,
      events: [],
    },
  };
}
