/** A server does not answer, or there are too many requests: access is refused, but the session does not count as ended. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

interface Answer<Value> {
  value: Value;
  /** Time of the request. */
  asked: number;
}

/** Maximum age of an answer. Together with the time of a call, an ended session is accepted for at most two seconds. */
const freshMs = 1_000;
const mostAnswers = 10_000;
const mostCalls = 256;

/** Answers by key, each requested at most once a second, for any number of requests. */
export class FreshAnswers<Value> {
  #what: string;
  #now: () => number;
  #answers = new Map<string, Answer<Value>>();
  #calls = new Map<string, Promise<Value>>();

  /** `what`: plural noun for error messages. */
  constructor(what: string, now: () => number = Date.now) {
    this.#what = what;
    this.#now = now;
  }

  /** `ask` gets the last answer. Throws Unavailable if there are too many concurrent calls, and errors of `ask`. */
  async of(key: string, ask: (last: Value | undefined) => Promise<Value>): Promise<Value> {
    const answer = this.#answers.get(key);
    if (answer !== undefined && this.#now() - answer.asked < freshMs) return answer.value;
    return this.#calls.get(key) ?? this.#call(key, () => ask(answer?.value));
  }

  /** Drops the answer of a key, also a pending one, so that the next request gets a new one. */
  forget(key: string): void {
    this.#answers.delete(key);
    this.#calls.delete(key);
  }

  #call(key: string, ask: () => Promise<Value>): Promise<Value> {
    if (this.#calls.size >= mostCalls) throw new Unavailable(`too many ${this.#what} are asked for at once`);
    const asked = this.#now();
    const call: Promise<Value> = ask()
      .then((value) => {
        if (this.#calls.get(key) === call) this.#keep(key, { value, asked });
        return value;
      })
      .finally(() => {
        if (this.#calls.get(key) === call) this.#calls.delete(key);
      });
    this.#calls.set(key, call);
    return call;
  }

  /** Removes the oldest answers first. */
  #keep(key: string, answer: Answer<Value>): void {
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    for (const [oldest] of this.#answers) {
      if (this.#answers.size <= mostAnswers) break;
      this.#answers.delete(oldest);
    }
  }
}
