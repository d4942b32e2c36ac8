import { type Acting, actingIn } from './acting.ts';
import { Unavailable } from './fresh-answers.ts';
import { log } from './log.ts';
import type { SessionRights } from './rights.ts';
import type { Sessions } from './sessions.ts';

/** Interval at which the sessions of open exchanges are checked. */
const lookMs = 500;
/** Time for which open exchanges continue at least while Kratos does not answer; then until the call under way ends. */
const graceMs = 10_000;
const most = 2_000;

interface Exchange {
  /** Cookie of the session for Kratos. */
  cookie: string;
  /** Person and rights at the time of admission. */
  acting: Acting;
  close(): void;
}

/** Streamed responses and WebSockets. Each is closed when its session ends or the person's rights change. */
export class OpenExchanges {
  #sessions: Sessions;
  #rights: SessionRights;
  #open = new Set<Exchange>();
  #timer: NodeJS.Timeout;
  /** Start of missing answers, by cookie. */
  #silent = new Map<string, number>();

  constructor(sessions: Sessions, rights: SessionRights) {
    this.#sessions = sessions;
    this.#rights = rights;
    this.#timer = setInterval(() => void this.#look(), lookMs);
    this.#timer.unref();
  }

  /** Whether another exchange can be opened. */
  get hasRoom(): boolean {
    return this.#open.size < most;
  }

  /** Adds an exchange. Returns a function that removes it. */
  add(exchange: Exchange): () => void {
    this.#open.add(exchange);
    return () => this.#open.delete(exchange);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const exchange of this.#open) exchange.close();
  }

  async #look(): Promise<void> {
    const byCookie = Map.groupBy(this.#open, ({ cookie }) => cookie);
    for (const cookie of this.#silent.keys()) if (!byCookie.has(cookie)) this.#silent.delete(cookie);
    await Promise.all([...byCookie].map(([cookie, exchanges]) => this.#lookAt(cookie, exchanges)));
  }

  async #lookAt(cookie: string, exchanges: Exchange[]): Promise<void> {
    const began = Date.now();
    try {
      const known = await this.#sessions.of(cookie);
      const session = typeof known === 'object' ? known : undefined;
      const acting = session && (await actingIn(this.#rights, session));
      this.#silent.delete(cookie);
      for (const exchange of exchanges) if (!isSame(exchange.acting, acting)) exchange.close();
    } catch (error) {
      if (!(error instanceof Unavailable)) log('error', 'a session could not be looked at', { error });
      const since = this.#silent.get(cookie) ?? began;
      this.#silent.set(cookie, since);
      if (Date.now() - since >= graceMs) for (const exchange of exchanges) exchange.close();
    }
  }
}

/** Whether somebody is who he was, with equal rights; stale rights equal none. */
function isSame(before: Acting, now: Acting | undefined): boolean {
  if (now === undefined || now.rights.isStale) return false;
  if (before.session.person !== now.session.person || before.session.actor !== now.session.actor)
    return false;
  if (before.rights.organisation !== now.rights.organisation) return false;
  return before.rights.roles.join() === now.rights.roles.join();
}
