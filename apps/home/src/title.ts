import type { State } from './state.ts';

/** The document's title, shown in the browser tab. */
export function title({ headline, environment }: State): string {
  return [headline, environment, 'Plinth'].filter(Boolean).join(' · ');
}

/** Text for screen readers after a change: the verdict and its subject. */
export function spoken({ headline, problems }: State): string {
  return [headline, ...problems.map(({ what }) => what)].join('. ');
}
