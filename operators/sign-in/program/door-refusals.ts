import type { Refused } from './answers.ts';
import type { AppConfig } from './config.ts';

/** Number of sign-ins that may be started within a number of seconds; more count as a loop. */
export const loop = { tries: 5, seconds: 30 };

export const notSignedIn = (to: string): Refused => ({
  status: 401,
  code: 'not_signed_in',
  title: 'You are not signed in',
  text: ['Your session has ended, and what you sent was not carried out. Sign in, then send it again.'],
  link: { to, text: 'Sign in' },
});

export const needsRevalidation = (to: string): Refused => ({
  status: 402,
  code: 'session_needs_revalidation',
  title: 'Your rights have changed',
  text: [
    'Somebody changed what you may do here. What you sent was not carried out: go on, then send it again.',
  ],
  form: { to, text: 'Go on' },
});

export const onlyPost: Refused = {
  status: 405,
  code: 'method_not_allowed',
  title: 'Nothing is here',
  text: ['A session is revalidated by POST.'],
  link: { to: '/', text: 'Go on' },
};

export const goesRound = (to: string): Refused => ({
  status: 403,
  code: 'sign_in_loop',
  title: 'The sign-in goes round',
  text: [
    `You were sent to the sign-in ${loop.tries} times within ${loop.seconds} seconds and came back without a session each time.`,
    'Either this browser does not keep the cookies of this site, or the clock of this machine is wrong, or your session was ended just now.',
  ],
  link: { to, text: 'Try again' },
});

export const noCookies: Refused = {
  status: 403,
  code: 'no_cookies',
  title: 'Your browser keeps no cookies here',
  text: [
    'You signed in, but this browser sent no cookie back, and a session is kept in one.',
    'Allow cookies for this site, then try again.',
  ],
  link: { to: '/', text: 'Try again' },
};

export const endedWrongly: Refused = {
  status: 403,
  code: 'sign_in_not_begun_here',
  title: 'This sign-in was not begun here',
  text: [
    'The link is good once, for half a minute, in the browser that began the sign-in.',
    'It was used before, it is too old, or somebody else sent it to you.',
  ],
  link: { to: '/', text: 'Sign in' },
};

export const noAnswer = ({ name }: AppConfig, status: 502 | 504): Refused => ({
  status,
  code: 'app_does_not_answer',
  title: 'No answer',
  text: [
    `'${name}' ${status === 504 ? 'took too long to answer' : 'does not answer'}. Try again in a moment.`,
  ],
});
