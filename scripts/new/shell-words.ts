/**
 * The words of a command that is written as one text, by the rules of a shell for quotes and backslashes, as Compose splits it ('command'). Nothing
 * else of a shell has a meaning: `&&` and `|` are words. Undefined if a quote has no end.
 */
export function shellWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '\\' && quote !== "'") {
      const next = text.charAt(++i);
      // Within double quotes a backslash stands for itself before other characters (POSIX, 'Double-Quotes').
      const kept = quote === '"' && !/["\\$`\n]/.test(next);
      word = (word ?? '') + (kept ? `\\${next}` : next === '\n' ? '' : next);
    } else if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (quote !== undefined) return undefined;
  return word === undefined ? words : [...words, word];
}
