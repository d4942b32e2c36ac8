import type { Metadata, Warning } from './objects.ts';
import { type More, plain } from './reading.ts';

/** Warnings about a workload, its ReplicaSets and its pods, whose names start with its own; newest first. */
export function warningsAbout(
  { name, namespace }: Metadata,
  warnings: Iterable<Warning>,
  since: string,
): Warning[] {
  return [...warnings]
    .filter(
      ({ involvedObject: about }) => about?.namespace === namespace && isPartOf(about?.name ?? '', name),
    )
    .filter((warning) => seen(warning) >= since)
    .sort((a, b) => (seen(a) < seen(b) ? 1 : -1));
}

/** The warning with the reason. */
export function tellingWarning(warnings: Warning[]): Warning | undefined {
  return warnings.find(saysWhy) ?? warnings[0];
}

/** The last three warnings with new information, each message once. */
export function lastEvents(warnings: Warning[], told = ''): More['events'] {
  const events = new Map<string, More['events'][number]>();
  for (const warning of warnings.filter(saysWhy)) {
    const message = plain(warning.message ?? '');
    if (events.has(message) || (told !== '' && message.includes(told))) continue;
    const count = warning.series?.count ?? warning.count ?? 1;
    events.set(message, { reason: warning.reason ?? '', message, at: seen(warning), count });
  }
  return [...events.values()].slice(0, 3);
}

/** 'Back-off restarting …' and 'Error: ImagePullBackOff' only repeat an earlier failure. */
function saysWhy({ reason, message }: Warning): boolean {
  return reason !== 'BackOff' && !/^Error: \w+$/.test(message ?? '');
}

function isPartOf(object: string, workload: string): boolean {
  return object === workload || object.startsWith(`${workload}-`);
}

/** Time of the last occurrence. RFC 3339 times in UTC sort as text. */
function seen({ series, lastTimestamp, eventTime, metadata }: Warning): string {
  return series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
}
