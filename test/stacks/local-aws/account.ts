import type { Properties, Which } from '../plugin.ts';

/** One thing in the account. */
export interface Thing extends Which {
  id: string;
  inputs: Properties;
  outputs: Properties;
}

/** Content and faults of a simulated AWS account. Nothing of it leaves this process. */
export class Account {
  readonly number = '111122223333';
  /** By type and id. */
  readonly things = new Map<string, Thing>();
  credentials: 'valid' | 'missing' | 'expired' | 'of another account' = 'valid';
  /** Names of resources that cannot be made for now, and why. */
  readonly broken = new Map<string, string>();
  private count = 0;

  /** An id as AWS gives them: a prefix and hexadecimal digits. */
  nextId(prefix: string): string {
    this.count += 1;
    return `${prefix}-${this.count.toString(16).padStart(17, '0')}`;
  }

  next(): number {
    this.count += 1;
    return this.count;
  }

  ofType(type: string): Thing[] {
    return [...this.things.values()].filter((thing) => thing.type === type);
  }

  named(type: string, name: string): Thing {
    const found = this.ofType(type).find((thing) => thing.name === name);
    if (found === undefined) throw new Error(`the account has no ${type} ${name}`);
    return found;
  }

  find(type: string, id: unknown): Thing | undefined {
    return this.things.get(`${type} ${String(id)}`);
  }

  keep(thing: Thing): void {
    this.things.set(`${thing.type} ${thing.id}`, thing);
  }

  drop({ type, id }: Pick<Thing, 'type' | 'id'>): void {
    this.things.delete(`${type} ${id}`);
  }
}

/** Every string in a value. */
export function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(strings);
}
