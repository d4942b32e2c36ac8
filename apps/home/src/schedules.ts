import type { CronJob } from './objects.ts';
import { type Finding, good } from './reading.ts';

/** When an app runs that runs by the clock. */
export interface Schedule {
  /** `30 2 * * *`. */
  cron: string;
  timeZone: string;
  /** When its last run was due; empty before the first. */
  last: string;
  result: 'none yet' | 'running' | 'succeeded' | 'failed';
}

/** When it runs, and how its last run ended. */
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

/** A last run that failed needs a look: the next may fail too, and nobody else says so. */
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
