/** An image reference in a Dockerfile; offsets are into its text. */
export interface NamedImage {
  /** The reference that the builder pulls; absent if it is unknown before the build. */
  image?: string;
  /** Reason why it is unknown. */
  unknown?: string;
  /** The text in the file. */
  written: string;
  start: number;
  end: number;
}

/** An instruction with its lines joined, and the offset of each of its characters in the file. */
export interface Instruction {
  text: string;
  offsets: number[];
}

/** A word of an instruction. */
export interface Word {
  text: string;
  start: number;
  end: number;
}

/**
 * The images of FROM and COPY --from in a Dockerfile, in order, without its own stages and `scratch`. It reads the file as Docker does
 * (moby/buildkit, frontend/dockerfile: parser and instructions; 'Dockerfile reference'). Variables of a FROM have the defaults of
 * the ARGs before the first FROM: no build overrides them. The builder here ignores `# syntax=` and fetches no other frontend.
 */
export function imagesOf(dockerfile: string): NamedImage[] {
  const variables = new Map<string, string>();
  const stages: (string | undefined)[] = [];
  const found: NamedImage[] = [];
  const isStage = (name: string) =>
    stages.includes(name.toLowerCase()) || (/^\d+$/.test(name) && Number(name) < stages.length);
  for (const instruction of instructionsOf(dockerfile)) {
    const [command, ...words] = wordsOf(instruction);
    switch (command?.text.toUpperCase()) {
      case 'ARG':
        // An ARG after a FROM belongs to that stage; no FROM sees it.
        if (stages.length === 0) for (const { text } of words) declare(text, variables);
        break;
      case 'FROM': {
        const [image, as, name] = words.filter(({ text }) => !text.startsWith('--'));
        if (image !== undefined) {
          const named = resolve(image, variables);
          const stage = named.image?.toLowerCase();
          if (stage !== 'scratch' && !(stage !== undefined && stages.includes(stage))) found.push(named);
        }
        stages.push(as?.text.toUpperCase() === 'AS' ? name?.text.toLowerCase() : undefined);
        break;
      }
      case 'COPY':
      case 'RUN':
        for (const source of words.flatMap(sourcesOf)) {
          if (isStage(source.text) || source.text === 'scratch') continue;
          const unknown = source.text.includes('$') ? 'no variable is replaced here' : undefined;
          const { text: written, start, end } = source;
          found.push({ written, start, end, ...(unknown === undefined ? { image: written } : { unknown }) });
        }
    }
  }
  return found;
}

/** The instructions of a Dockerfile, in order: names in capitals, and arguments, without comments. */
export function dockerfileInstructions(dockerfile: string): { name: string; rest: string }[] {
  return instructionsOf(dockerfile).map(({ text }) => {
    const [, name = '', rest = ''] = /^\s*(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
    return { name: name.toUpperCase(), rest: rest.trim() };
  });
}

/** The names of the ARGs of a Dockerfile: those before the first FROM, which name images, and those of its stages. */
export function argumentsIn(dockerfile: string): { ofImages: string[]; ofStages: string[] } {
  const found = { ofImages: [] as string[], ofStages: [] as string[] };
  let stages = 0;
  for (const instruction of instructionsOf(dockerfile)) {
    const [command, ...words] = wordsOf(instruction);
    if (command?.text.toUpperCase() === 'FROM') stages++;
    if (command?.text.toUpperCase() !== 'ARG') continue;
    const names = words.flatMap(({ text }) => /^[A-Za-z_]\w*/.exec(text)?.[0] ?? []);
    (stages === 0 ? found.ofImages : found.ofStages).push(...names);
  }
  return found;
}

/** The image of a flag: `--from=IMAGE`, or `--mount=type=bind,from=IMAGE`. */
function sourcesOf({ text, start }: Word): Word[] {
  const found = /^--from=(.+)$/.exec(text) ?? /^--mount=(?:.*,)?from=([^,]+)/.exec(text);
  const [whole = '', name = ''] = found ?? [];
  if (found === null) return [];
  const at = start + whole.length - name.length;
  return [{ text: name, start: at, end: at + name.length }];
}

/** `NAME=default`, whose value can use earlier variables; empty without a default. */
function declare(text: string, variables: Map<string, string>): void {
  const [, name = '', value] = /^([A-Za-z_]\w*)(?:=(.*))?$/s.exec(text) ?? [];
  if (name === '') return;
  if (value === undefined) return;
  const { image } = resolve({ text: value.replaceAll(/["']/g, ''), start: 0, end: 0 }, variables);
  if (image !== undefined) variables.set(name, image);
}

/** Expands `$NAME`, `${NAME}`, `${NAME:-otherwise}` and `${NAME:+instead}` with the defaults. */
function resolve({ text, start, end }: Word, variables: ReadonlyMap<string, string>): NamedImage {
  const missing: string[] = [];
  const image = text
    .replaceAll('"', '')
    .replaceAll(
      /\$(?:(\w+)|\{(\w+)(?::?([-+])([^}]*))?\})/g,
      (_, bare: string | undefined, name = bare ?? '', operator?: string, word = '') => {
        const value = variables.get(name);
        if (operator === '+') return value === undefined ? '' : word;
        if (value === undefined && operator === undefined) missing.push(name);
        return value ?? word;
      },
    );
  const place = { written: text, start, end };
  if (missing.length === 0 && !image.includes('$')) return { ...place, image };
  const names = missing.length > 0 ? missing.join(' and ') : image;
  return { ...place, unknown: `${names} has no default before the first FROM` };
}

/** The instructions of a Dockerfile, without comments and the texts between `<<EOF` and `EOF`. */
export function instructionsOf(dockerfile: string): Instruction[] {
  const mark = /^(?:\s*#[^\n]*\n)*?\s*#\s*escape\s*=\s*`\s*$/im.test(dockerfile) ? '`' : '\\';
  const instructions: Instruction[] = [];
  let open: Instruction | undefined;
  const ends: string[] = [];
  let offset = 0;
  for (const line of dockerfile.split('\n')) {
    const start = offset;
    offset += line.length + 1;
    const text = line.replace(/\r$/, '');
    const [end] = ends;
    if (end !== undefined) {
      if (text.replace(/^\t+/, '') === end) ends.shift();
      continue;
    }
    // Also between the lines of one instruction.
    if (/^\s*(?:#|$)/.test(text)) continue;
    const goesOn = text.trimEnd().endsWith(mark);
    const part = goesOn ? text.slice(0, text.lastIndexOf(mark)) : text;
    open ??= { text: '', offsets: [] };
    open.text += part;
    for (let i = 0; i < part.length; i++) open.offsets.push(start + i);
    if (goesOn) continue;
    instructions.push(open);
    if (/^\s*(?:RUN|COPY|ADD)\s/i.test(open.text)) {
      for (const [, , name = ''] of open.text.matchAll(/(?:^|\s)\d*<<-?(["']?)([A-Za-z_]\w*)\1/g))
        ends.push(name);
    }
    open = undefined;
  }
  return open === undefined ? instructions : [...instructions, open];
}

export function wordsOf({ text, offsets }: Instruction): Word[] {
  return [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => {
    const start = offsets[index] ?? 0;
    return { text: word, start, end: (offsets[index + word.length - 1] ?? start) + 1 };
  });
}
