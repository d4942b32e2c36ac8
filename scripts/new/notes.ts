/** What became of one key of the file that an app is made from. */
export interface KeyNote {
  key: string;
  fate: 'kept' | 'approximated' | 'dropped';
  /** What was written in its place, or what to write. */
  text: string;
}

const secretName = /pass(word|wd)?$|secret|token|(^|_)key$|private_?key|psk$|credential/i;
/** A URL with a password in it. */
const hasPassword = /:\/\/[^/\s@]*:[^/\s@]+@/;

/** Whether a variable is a secret, by its name or by a password in its value: it is not copied. */
export function looksSecret(name: string, value: string): boolean {
  return secretName.test(name) || hasPassword.test(value);
}

/** An object of a YAML document; empty where it is none. */
export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
