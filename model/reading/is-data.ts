const importOfModel = /^import\s[\w\s{},$*]*\sfrom\s*['"](?:\.\.\/)+model\/[\w-]+\.ts['"]/gm;

/** Comments, quoted texts and keys. */
const inert = /\/\/.*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[\w$]+(?=\s*:)/g;

/** What is left then: anything but white space, brackets and the like; with a bracket after it, it is called. */
const rest = /[^\s{}[\](),:;=-]+(?:\s*\()?|[)\]}]\s*\(/g;

const allowed =
  /^(?:export|default|const|type|as|satisfies|true|false|null|undefined|\d[\w.]*|(?:defineApp|defineOperator|String|Number)\s*\()$/;

/**
 * Whether a TypeScript file holds data and nothing that runs: literals, constants, imports of the model and the calls
 * that define a description. Importing it has no effect, ends at once, and gives the same again as long as its text is
 * the same. False says that a look at the text cannot tell.
 */
export function isData(text: string): boolean {
  const imports = text.match(importOfModel) ?? [];
  const left = text.replaceAll(importOfModel, '').replaceAll(inert, ' ');
  const names = new Set(
    [...imports, ...(left.match(/\bconst\s+[\w$]+/g) ?? [])].flatMap((line) => line.match(/[\w$]+/g) ?? []),
  );
  return (left.match(rest) ?? []).every((word) => allowed.test(word) || names.has(word));
}
