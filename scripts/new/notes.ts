/** Result for one key of the file that an app is created from. */
export interface KeyNote {
  key: string;
  fate: 'kept' | 'approximated' | 'dropped';
  /** The field that replaces it, or advice. */
  text: string;
}

const secretName = /pass(word|wd)?$|_pwd$|secret|token|(^|_)key$|private_?key|psk$|credential/i;
/** A URL with a password in it. */
const hasPassword = /:\/\/[^/\s@]*:[^/\s@]+@/;

/** Whether a variable is a secret, by its name or by a password in its value. Secrets are not copied. */
export function looksSecret(name: string, value: string): boolean {
  return secretName.test(name) || hasPassword.test(value);
}

/** A value of a YAML document as an object; empty if it is not one. */
export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
