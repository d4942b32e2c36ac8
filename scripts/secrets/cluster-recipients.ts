import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, isNode, parseDocument } from 'yaml';
import type { Recipient } from './age.ts';

/** The text of cluster.yaml with new recipients of secrets; all other lines are unchanged. */
export function withRecipients(text: string, recipients: Readonly<Record<string, Recipient>>): string {
  const lines = Object.entries(recipients).map(([name, recipient]) => `    ${name}: ${recipient}\n`);
  const block = `secrets:\n  recipients:\n${lines.join('')}`;
  const document = parseDocument(text);
  const top = document.contents;
  const pair = isMap(top) ? top.items.find(({ key }) => String(key) === 'secrets') : undefined;
  const [start, end] = [pair?.key, pair?.value].map((node) => (isNode(node) ? node.range : undefined));
  if (!start) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${block}`;
  // The range of a block can include the following blank lines and comments.
  const from = start[0];
  const to = from + text.slice(from, end?.[1] ?? start[1]).trimEnd().length;
  return text.slice(0, from) + block.trimEnd() + text.slice(to);
}

/** Writes the recipients of an environment's secrets into its cluster.yaml. */
export async function writeRecipients(
  root: string,
  environment: string,
  recipients: Readonly<Record<string, Recipient>>,
): Promise<void> {
  const file = join(root, 'clusters', environment, 'cluster.yaml');
  // A full disk must not leave half a file.
  const draft = `${file}.${process.pid}~`;
  await writeFile(draft, withRecipients(await readFile(file, 'utf8'), recipients));
  await rename(draft, file);
}
