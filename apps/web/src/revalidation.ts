import { RestRefusal } from '../../kit/rest-client.ts';

const listeners = new Set<() => void>();

/** Calls `listener` each time the session has taken up changed rights. */
export function onRevalidated(listener: () => void): void {
  listeners.add(listener);
}

/** Id of the person for whom this page was shown last; undefined: not known yet. */
let shownFor: string | undefined;

/** Notes for whom the answers of the API are that the page shows. */
export function noteShownFor(person: string | undefined): void {
  shownFor = person;
}

let running: Promise<void> | undefined;

/**
 * Takes up changed rights. Requests that are refused at the same time revalidate the session once.
 * @throws RestRefusal `person_changed` where the session acts for another person than the page shows, because impersonation began or
 * ended: what was typed for one person is not sent for another one.
 */
export function revalidate(): Promise<void> {
  running ??= takeUpRights().finally(() => {
    running = undefined;
  });
  return running;
}

async function takeUpRights(): Promise<void> {
  const response = await fetch('/.sign-in/revalidate', {
    method: 'POST',
    headers: { accept: 'application/json' },
  });
  if (!response.ok)
    throw new RestRefusal(
      response.status,
      response.status === 401 ? 'not_signed_in' : 'revalidation_failed',
      'Your rights have changed, and the new ones could not be read.',
    );
  const person = personIn(await response.json());
  const isOther = shownFor !== undefined && person !== shownFor;
  shownFor = person;
  // After the refusal: what fails by it is asked for again.
  if (isOther) setTimeout(tell);
  else tell();
  if (isOther)
    throw new RestRefusal(
      409,
      'person_changed',
      'You act as another person now, so that nothing was sent. Look at the page, then try again.',
    );
}

/** The person for whom the session acts, as the proxy answers. */
function personIn(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('person' in answer)) return undefined;
  return typeof answer.person === 'string' ? answer.person : undefined;
}

function tell(): void {
  for (const listener of listeners) listener();
}
