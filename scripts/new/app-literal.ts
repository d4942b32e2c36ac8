/** Text of an app.ts with the given description. */
export function appText(name: string, description: Readonly<Record<string, unknown>>): string {
  const whole = { name, summary: 'Says what it is for in one sentence.', ...description };
  const lines = Object.entries(whole).map(([key, value]) => `  ${key}: ${literal(value, '  ')},\n`);
  return `import { defineApp } from '../../model/app.ts';\n\nexport default defineApp({\n${lines.join('')}});\n`;
}

const widest = 110;

function literal(value: unknown, indent: string): string {
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const items = isList
    ? value.map((item) => literal(item, `${indent}  `))
    : Object.entries(value).map(([key, item]) => `${keyText(key)}: ${literal(item, `${indent}  `)}`);
  const [open, close] = isList ? ['[', ']'] : ['{ ', ' }'];
  const line = `${open}${items.join(', ')}${close}`;
  if (line.length + indent.length <= widest && !line.includes('\n')) return line;
  return `${open.trim()}\n${items.map((item) => `${indent}  ${item},\n`).join('')}${indent}${close.trim()}`;
}

function keyText(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : text(key);
}

/** In single quotes, unless the text has one. */
function text(value: string): string {
  const json = JSON.stringify(value);
  if (value.includes("'")) return json;
  return `'${json.slice(1, -1).replaceAll('\\"', '"')}'`;
}
