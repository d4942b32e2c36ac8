import { RestRefusal } from '../../kit/rest-client.ts';

/** What a person is told of an error: what happened, and what to do. */
export function explain(error: Error): string {
  if (!(error instanceof RestRefusal))
    return 'The server was not reached. Check the connection, then try again: what you typed is still here.';
  const { status, message } = error;
  if (status === 401) return 'Your session has ended. Sign in in another tab, then try again here.';
  if (status === 429) return `Too many requests: ${message}. Wait a moment, then try again.`;
  if (status >= 500) return `The server could not do this (${message}). Try again in a moment.`;
  return sentence(message);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
