/** Map from suffix to factor (Kubernetes API conventions, 'Quantities'). */
const factors: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A quantity such as `250m` or `128Mi` as a number of cores or bytes; undefined if the text is not a quantity. */
export function quantityOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const [, digits = '', suffix = ''] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(String(value)) ?? [];
  const factor = factors[suffix];
  return digits === '' || factor === undefined ? undefined : Number(digits) * factor;
}

/** The same for a text that a schema has already checked. */
export function inUnits(quantity: string): number {
  const number = quantityOf(quantity);
  if (number === undefined) throw new Error(`'${quantity}' is no quantity such as 250m or 128Mi`);
  return number;
}

/** Bytes in a readable unit, rounded up: `20Gi`. */
export function inGibibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 30)}Gi`;
}
