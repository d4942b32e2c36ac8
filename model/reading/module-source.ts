import { literalEnd, locateLiteral, writtenLiteral } from './locate-literal.ts';
import { placesOf } from './place.ts';
import type { Source } from './source.ts';

/** The source of a TypeScript file whose default export is `value`. */
export function moduleSource(file: string, text: string, value: unknown): Source {
  const place = placesOf(text);
  return {
    file,
    value,
    place: (path, part) => {
      const start = locateLiteral(text, path)[part];
      return place(start, literalEnd(text, start));
    },
    written: (path) => writtenLiteral(text, path),
  };
}
