/** Somebody does not answer, or there is too much to ask: nobody is let in, and nobody is told that he is signed out. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

interface Answer<Value> {
  value: Value;
  /** When it was asked for: what it says may be as old as that. */
  asked: number;
}

/** So old may an answer be. With the time of a call it bounds how long something that ended is taken: two seconds. */
const freshMs = 1_000;
const mostAnswers = 10_000;
const mostCalls = 256;

/** Answers by key, each asked for once a second at most, however many requests need it. */
export class FreshAnswers<Value> {
  #what: string;
  #now: () => number;
  #answers = new Map<string, Answer<Value>>();
  #calls = new Map<string, Promise<Value>>();

  /** `what`: what is asked for, in the plural, for errors. */
  constructor(what: string, now: () => number = Date.now) {
    this.#what = what;
    this.#now = now;
  }

  /** Throws Unavailable where too much is asked at once, and what `ask` throws. */
  async of(key: string, ask: () => Promise<Value>): Promise<Value> {
    const answer = this.#answers.get(key);
    if (answer !== undefined && this.#now() - answer.asked < freshMs) return answer.value;
    return this.#calls.get(key) ?? this.#call(key, ask);
  }

  /** The next request asks again, also where an answer is on its way. */
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

  /** The one that was asked for longest ago goes first. */
  #keep(key: string, answer: Answer<Value>): void {
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    for (const [oldest] of this.#answers) {
      if (this.#answers.size <= mostAnswers) break;
      this.#answers.delete(oldest);
    }
  }
}
