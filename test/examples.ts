/** A piece of a Markdown file that is shown as code, without what marks it. */
export interface Example {
  /** `README.md:63`. */
  place: string;
  text: string;
  /** Language of a fence. */
  language?: string;
  /** Path of the file that a fence with `title="PATH"` holds. */
  file?: string;
}

/** The blocks of a Markdown file: between fences, or indented by four blanks below an empty line (CommonMark). */
export function blocksOf(file: string, markdown: string): Example[] {
  const blocks: Example[] = [];
  let fence: string | undefined;
  let block: { line: number; lines: string[]; language?: string; file?: string } | undefined;
  const end = () => {
    if (block === undefined) return;
    const indent = Math.min(
      ...block.lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)),
    );
    const text = block.lines.map((line) => line.slice(indent)).join('\n');
    const { language, file: title } = block;
    blocks.push({
      place: `${file}:${block.line}`,
      text: text.trimEnd(),
      ...(language === undefined ? {} : { language }),
      ...(title === undefined ? {} : { file: title }),
    });
    block = undefined;
  };
  let before = '';
  for (const [i, line] of markdown.split('\n').entries()) {
    const mark = /^\s*(```+)/.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark === fence) {
        fence = undefined;
        end();
      } else block?.lines.push(line);
    } else if (mark !== undefined) {
      end();
      fence = mark;
      const [, language] = /^\s*`+(\w+)/.exec(line) ?? [];
      const [, title] = /title="([^"]+)"/.exec(line) ?? [];
      block = {
        line: i + 2,
        lines: [],
        ...(language === undefined ? {} : { language }),
        ...(title === undefined ? {} : { file: title }),
      };
    } else if (/^ {4}/.test(line) && (block !== undefined || before.trim() === '')) {
      block ??= { line: i + 1, lines: [] };
      block.lines.push(line);
    } else if (line.trim() !== '') end();
    else block?.lines.push('');
    before = line;
  }
  end();
  return blocks;
}

/** The text between backticks in paragraphs. */
export function spansOf(file: string, markdown: string): Example[] {
  return markdown
    .split('\n')
    .flatMap((line, i) =>
      [...line.matchAll(/`([^`]+)`/g)].map(([, text = '']) => ({ place: `${file}:${i + 1}`, text })),
    );
}

/** A command of this repository as somebody types it. */
export interface TypedCommand {
  place: string;
  /** The script of package.json: `certs`. */
  script: string;
  /** What follows `--`. */
  args: string[];
}

/** The commands `npm run NAME -- …` in a text; what follows # is a comment, and what a pipe leads to is another's. */
export function commandsOf({ place, text }: Example): TypedCommand[] {
  const lines = text.replaceAll('\\\n', ' ').split('\n');
  return lines.flatMap((line) =>
    [
      ...line.replace(/(^|\s)#.*$/, '').matchAll(/\bnpm run (?:--silent )?([\w:-]+)(?: -- ([^|>)"&;]*))?/g),
    ].map(([, script = '', args = '']) => ({
      place,
      script,
      args: args.split(/[\s,]+/).filter((arg) => arg !== ''),
    })),
  );
}
