import { createHash } from 'node:crypto';
import type { Html } from '../html.ts';
import type { State } from '../state.ts';
import { apps } from './apps.ts';
import { certificates } from './certificates.ts';
import { changes } from './changes.ts';
import { errors } from './errors.ts';
import { nodes } from './nodes.ts';
import { problems } from './problems.ts';
import { signals } from './signals.ts';
import { syncs } from './syncs.ts';
import { verdict } from './verdict.ts';

/** A part of the page that is sent again when it changes. */
export interface Section {
  id: string;
  /** Hash of the contents. */
  version: string;
  /** Empty: the section is hidden. */
  contents: Html;
}

/** The sections of the page, top to bottom. */
export function sections(state: State): Section[] {
  return [
    section('verdict', verdict(state)),
    section('problems', problems(state)),
    section('apps', apps(state)),
    section('signals', signals(state)),
    section('errors', errors(state)),
    section('changes', changes(state)),
    section('syncs', syncs(state)),
    section('certificates', certificates(state)),
    section('nodes', nodes(state)),
  ];
}

function section(id: string, contents: Html): Section {
  const version = createHash('sha256').update(contents.text).digest('base64url').slice(0, 12);
  return { id, version, contents };
}
