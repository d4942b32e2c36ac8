const importOfModel = /^import\s[\w\s{},$*]*\sfrom\s*['"](?:\.\.\/)+model\/[\w-]+\.ts['"]/gm;

/** Comments, quoted texts and keys. */
const inert = /\/\/.*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[\w$]+(?=\s*:)/g;

/**
 * Remaining tokens, other than white space, brackets and punctuation; with a following bracket it is a call.
 */
const rest = /[^\s{}[\](),:;=-]+(?:\s*\()?|[)\]}]\s*\(/g;

const allowed =
  /^(?:export|default|const|type|as|satisfies|true|false|null|undefined|\d[\w.]*|(?:defineApp|defineOperator|String|Number)\s*\()$/;

/**
 * Whether a TypeScript file is plain data: literals, constants, imports of the model, and calls of
 * `defineApp` or `defineOperator`. Its import then has no effect, always ends, and depends on its text only.
 * False means that the text does not show it.
 */
export function isData(text: string): boolean {
  const imports = text.match(importOfModel) ?? [];
  const left = text.replaceAll(importOfModel, '').replaceAll(inert, ' ');
  const names = new Set(
    [...imports, ...(left.match(/\bconst\s+[\w$]+/g) ?? [])].flatMap((line) => line.match(/[\w$]+/g) ?? []),
  );
  return (left.match(rest) ?? []).every((word) => allowed.test(word) || names.has(word));
}
