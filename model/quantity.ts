/** From suffix to factor (Kubernetes API conventions, 'Quantities'). */
const factors = {
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
} as const;

/** A quantity of the schemas (`250m`, `128Mi`) as a number: cores, or bytes. */
export function inUnits(quantity: string): number {
  const [, digits, suffix = ''] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(quantity) ?? [];
  if (digits === undefined || !isSuffix(suffix)) {
    throw new Error(`'${quantity}' is no quantity such as 250m or 128Mi`);
  }
  return Number(digits) * factors[suffix];
}

function isSuffix(suffix: string): suffix is keyof typeof factors {
  return Object.hasOwn(factors, suffix);
}

/** Bytes as people write them, rounded up: `20Gi`. */
export function inGibibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 30)}Gi`;
}
