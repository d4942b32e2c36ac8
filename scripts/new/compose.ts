import { join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../cli/failure.ts';
import { type ComposeDraft, note } from './compose-draft.ts';
import { extended, servicesIn } from './compose-file.ts';
import { readers } from './compose-readers.ts';
import { asRecord, type KeyNote } from './notes.ts';
import { onePodForVolumes } from './one-pod.ts';

/** Description of an app for app.ts, and the result for each key. */
export interface ComposedApp {
  service: string;
  description: Record<string, unknown>;
  /** Path of its Dockerfile from the compose file's folder; absent for an upstream image. */
  dockerfile?: string;
  notes: KeyNote[];
}

/**
 * The description of one service of a compose file (https://github.com/compose-spec/compose-spec, '05-services.md').
 * @throws Failure if the file is not a compose file or does not have the service.
 */
export function fromCompose(
  text: string,
  file: string,
  app: string,
  { service: wanted, image }: { service?: string; image?: string } = {},
): ComposedApp {
  const services = servicesIn(text, file);
  const names = Object.keys(services);
  const service = wanted ?? (names.includes(app) ? app : names.length === 1 ? names[0] : undefined);
  const given = service === undefined ? undefined : services[service];
  if (service === undefined || given === undefined) {
    throw new Failure(
      `${file} has no service '${wanted ?? app}'; it has ${names.join(', ') || 'none'}.`,
      'Name one: --service NAME',
    );
  }
  const draft: ComposeDraft = { description: {}, exceptions: [], notes: [] };
  const whole = extended(services, given, file, [service]);
  const replaced = withOneImage(whole, image, draft);
  for (const [key, value] of Object.entries(replaced)) {
    const reader = readers[key] ?? note('dropped', 'app.ts has no key for it: docs/app.md');
    try {
      reader(value, draft, key);
    } catch (error) {
      if (error instanceof Failure)
        throw new Failure(`${file}: services.${service}.${key}: ${error.message}`, error.next);
      if (!(error instanceof z.ZodError)) throw error;
      throw new Failure(
        `${file}: services.${service}.${key} is not valid in a compose file: ${z.prettifyError(error)}`,
        'Correct it or remove the key, then type the same command again.',
      );
    }
  }
  onePodForVolumes(draft);
  noteOtherServices(draft, names);
  const dockerfile = 'build' in replaced ? dockerfileOf(replaced.build) : undefined;
  return {
    service,
    description: completed(draft),
    notes: draft.notes.map((each) => ({ ...each, text: each.text.replace(/\bAPP\b/g, app) })),
    ...(dockerfile === undefined ? {} : { dockerfile }),
  };
}

/** Variables with the host name of another service, which has another one in a cluster. */
function noteOtherServices({ description, notes }: ComposeDraft, services: readonly string[]): void {
  for (const [name, value] of Object.entries(asRecord(description.env))) {
    const hosts = String(value).match(/(?<=^|:\/\/|@|,)[\w.-]+(?=$|[:/,?])/g) ?? [];
    const other = hosts.find((host) => services.includes(host));
    const found = notes.find(({ key }) => key === `environment.${name}`);
    if (other === undefined || found === undefined) continue;
    found.fate = 'approximated';
    found.text += `; there is no host '${other}': write NAME.NAME.svc of the app that it becomes`;
  }
}

/** Beside `build`, `image` is a name for what is built; `--image` takes the place of both. */
function withOneImage(
  service: Record<string, unknown>,
  given: string | undefined,
  { notes }: ComposeDraft,
): Record<string, unknown> {
  const { image, build, ...others } = service;
  if (build === undefined) return { ...service, ...(given === undefined ? {} : { image: given }) };
  if (given !== undefined) {
    notes.push({ key: 'build', fate: 'dropped', text: 'the image of --image runs instead' });
    return { ...others, image: given };
  }
  if (image !== undefined)
    notes.push({
      key: 'image',
      fate: 'dropped',
      text: 'it names what is built: the platform names it by its content',
    });
  return { ...others, build };
}

function dockerfileOf(build: unknown): string {
  const { context = '.', dockerfile = 'Dockerfile' } =
    typeof build === 'string' ? { context: build } : asRecord(build);
  return join(String(context), String(dockerfile));
}

/** Adds fields that app.ts requires and a compose file does not have. */
function completed({ description, exceptions, notes }: ComposeDraft): Record<string, unknown> {
  const [first] = Object.keys(asRecord(description.ports));
  if (description.image === undefined)
    throw new Failure('the service has neither image nor build.', 'Add one of them.');
  if (first !== undefined && description.probes === undefined) {
    description.probes = { ready: { tcp: first } };
    notes.push({
      key: 'healthcheck',
      fate: 'approximated',
      text: `there is none: probes: { ready: { tcp: '${first}' } }`,
    });
  }
  description.resources ??= { cpu: '50m', memory: '128Mi' };
  return { ...description, ...(exceptions.length > 0 ? { exceptions } : {}) };
}
