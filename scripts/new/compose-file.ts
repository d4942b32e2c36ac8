import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { Failure } from '../cli/failure.ts';
import { isMap } from './compose-values.ts';
import { asRecord } from './notes.ts';

const composeFile = z.looseObject({ services: z.record(z.string(), z.record(z.string(), z.unknown())) });

type Services = z.infer<typeof composeFile>['services'];

/** The services of a compose file. Throws Failure if it is no compose file. */
export function servicesIn(text: string, file: string): Services {
  let document: unknown;
  try {
    document = parse(text, { merge: true });
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    const { line = 0, col = 0 } = error.linePos?.[0] ?? {};
    throw new Failure(
      `${file}:${line}:${col} is not valid YAML: ${error.message.split('\n')[0]}`,
      'Correct it first.',
    );
  }
  const read = composeFile.safeParse(document);
  if (!read.success) {
    throw new Failure(
      `${file} is not a compose file: it has no map of services.`,
      'Name another: --from FILE',
    );
  }
  return read.data.services;
}

/** A service with the keys of the one that it extends in the same file; maps are joined, lists are put together. */
export function extended(
  services: Services,
  { extends: base, ...own }: Services[string],
  file: string,
  seen: string[],
): Services[string] {
  if (base === undefined) return own;
  const { service, file: other } = typeof base === 'string' ? { service: base } : asRecord(base);
  const name = String(service);
  const found = services[name];
  if (other !== undefined || found === undefined || seen.includes(name)) {
    throw new Failure(
      `${file}: the service '${seen.at(-1)}' extends '${name}'${other === undefined ? '' : ` of ${other}`}, which ${seen.includes(name) ? 'extends it again' : 'is not in this file'}.`,
      'Write the keys of the other service here: docker compose config prints all of them.',
    );
  }
  const merged = { ...extended(services, found, file, [...seen, name]) };
  for (const [key, value] of Object.entries(own)) {
    const before = merged[key];
    if (Array.isArray(before) && Array.isArray(value) && key !== 'command' && key !== 'entrypoint')
      merged[key] = [...before, ...value];
    else if (isMap(before) && isMap(value)) merged[key] = { ...before, ...value };
    else merged[key] = value;
  }
  return merged;
}
