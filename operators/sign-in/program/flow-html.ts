import { escaped } from './html.ts';
import { at, textAt } from './kratos.ts';
import { explain, type FlowKind, groups } from './texts.ts';

/** The forms of a flow (Kratos, 'Flow UI nodes') as HTML. Only passkeys need a script. */
export function flowHtml(kind: FlowKind, flow: unknown): string {
  const nodes = listAt(flow, 'ui', 'nodes');
  const form = { action: formAction(textAt(flow, 'ui', 'action')), kind };
  const messages = messagesHtml(listAt(flow, 'ui', 'messages'));
  const present = groups.filter(([group]) => nodes.some((node) => textAt(node, 'group') === group));
  const of = (group: string) => nodes.filter((node) => textAt(node, 'group') === group);
  // Each setting has its own form, with the hidden fields of 'default', such as the CSRF token.
  const forms =
    kind === 'settings'
      ? present
          .filter(([group]) => group !== 'default')
          .map(([group, heading]) => formHtml(form, [[heading, [...of('default'), ...of(group)]]], group))
      : [
          formHtml(
            form,
            present.map(([group, heading]) => [heading, of(group)]),
            'all',
          ),
        ];
  return [messages, ...forms, scriptsHtml(nodes)].filter((part) => part !== '').join('\n');
}

/** The action of a form as a path of this host, independent of Kratos' own address. */
export function formAction(action: string): string {
  if (!URL.canParse(action)) return '/';
  const { pathname, search } = new URL(action);
  return `${pathname}${search}`;
}

function formHtml(
  { action, kind }: { action: string; kind: FlowKind },
  parts: [heading: string, nodes: unknown[]][],
  id: string,
): string {
  const inner = parts.map(([heading, nodes]) => {
    const content = inOrder(nodes)
      .map((node) => nodeHtml(node, id))
      .filter((html) => html !== '');
    if (content.length === 0) return '';
    const isTitled = heading !== '' && (kind === 'settings' || parts.length > 2);
    return isTitled
      ? `<fieldset>\n<legend>${escaped(heading)}</legend>\n${content.join('\n')}\n</fieldset>`
      : content.join('\n');
  });
  // No `required`: Kratos validates, and a field of one method must not block another method.
  return `<form method="post" action="${escaped(action)}" novalidate>\n${inner.filter((part) => part !== '').join('\n')}\n</form>`;
}

/** Hidden fields by their names: Kratos gives those of traits in a random order, which would look like a difference between accounts. */
export function inOrder(nodes: readonly unknown[]): unknown[] {
  const isHidden = (node: unknown) => textAt(node, 'attributes', 'type') === 'hidden';
  const nameOf = (node: unknown) => textAt(node, 'attributes', 'name');
  const hidden = nodes.filter(isHidden).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return [...hidden, ...nodes.filter((node) => !isHidden(node))];
}

function nodeHtml(node: unknown, form: string): string {
  switch (textAt(node, 'type')) {
    case 'input':
      return inputHtml(node, form);
    case 'img':
      return imageHtml(node);
    case 'text':
      return textHtml(node);
    case 'a':
      return linkHtml(node);
    default:
      return '';
  }
}

const inputTypes = new Set([
  'text',
  'password',
  'number',
  'email',
  'tel',
  'url',
  'checkbox',
  'datetime-local',
  'date',
]);

function inputHtml(node: unknown, form: string): string {
  const type = textAt(node, 'attributes', 'type');
  const name = textAt(node, 'attributes', 'name');
  const value = valueText(at(node, 'attributes', 'value'));
  const label = labelOf(node) || name;
  const isOff = at(node, 'attributes', 'disabled') === true ? ' disabled' : '';
  if (type === 'hidden')
    return `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">${onLoad(node)}`;
  if (type === 'submit')
    return `<button type="submit" name="${escaped(name)}" value="${escaped(value)}"${isOff}>${escaped(label)}</button>`;
  if (type === 'button') {
    const trigger = triggerOf(node, 'onclickTrigger');
    if (trigger === '') return '';
    // Hidden until the script shows it, because it needs the script.
    return `<button type="button" name="${escaped(name)}" value="${escaped(value)}" data-trigger="${trigger}" hidden>${escaped(label)}</button>${onLoad(node)}`;
  }
  const shown = inputTypes.has(type) ? type : 'text';
  const id = `${form}-${name.replaceAll(/[^\w-]/g, '-')}`;
  const messages = listAt(node, 'messages');
  const isWrong = messages.some((message) => textAt(message, 'type') === 'error');
  const attributes = [
    `id="${escaped(id)}"`,
    `name="${escaped(name)}"`,
    `type="${shown}"`,
    ...(shown === 'checkbox'
      ? [`value="true"`, ...(at(node, 'attributes', 'value') === true ? ['checked'] : [])]
      : shown === 'password' || value === ''
        ? []
        : [`value="${escaped(value)}"`]),
    ...(at(node, 'attributes', 'required') === true ? ['required'] : []),
    `autocomplete="${escaped(autocompleteOf(name, node))}"`,
    ...(/code/.test(name) ? ['inputmode="numeric"'] : []),
    ...(isWrong ? ['aria-invalid="true"'] : []),
    ...(messages.length > 0 ? [`aria-describedby="${escaped(id)}-says"`] : []),
  ];
  const said = messages.length > 0 ? `\n<div id="${escaped(id)}-says">${messagesHtml(messages)}</div>` : '';
  return `<p class="field"><label for="${escaped(id)}">${escaped(label)}</label>\n<input ${attributes.join(' ')}${isOff}></p>${said}`;
}

/** Autofill token for password managers and phones (HTML, 'Autofill'). */
function autocompleteOf(name: string, node: unknown): string {
  const given = textAt(node, 'attributes', 'autocomplete');
  if (given !== '') return given;
  if (/code|totp/.test(name)) return 'one-time-code';
  if (name === 'identifier') return 'username webauthn';
  return /email/.test(name) ? 'email' : 'off';
}

const triggers = new Set([
  'oryPasskeyLogin',
  'oryPasskeyLoginAutocompleteInit',
  'oryPasskeyRegistration',
  'oryPasskeySettingsRegistration',
  'oryWebAuthnLogin',
  'oryWebAuthnRegistration',
]);

/** Name of a function of Kratos' script (x/webauthnx/js/trigger.go); '' for any other name. */
function triggerOf(node: unknown, key: 'onclickTrigger' | 'onloadTrigger'): string {
  const name = textAt(node, 'attributes', key);
  return triggers.has(name) ? name : '';
}

function onLoad(node: unknown): string {
  const trigger = triggerOf(node, 'onloadTrigger');
  return trigger === '' ? '' : `<span data-load-trigger="${trigger}" hidden></span>`;
}

/** The QR code of an authenticator app as a data URL; other sources are not shown. */
function imageHtml(node: unknown): string {
  const source = textAt(node, 'attributes', 'src');
  if (!/^data:image\/(png|svg\+xml);base64,[A-Za-z0-9+/=]+$/.test(source)) return '';
  const alt = 'QR code with the secret that stands below it as text';
  return `<p><img src="${escaped(source)}" alt="${alt}" width="256" height="256"></p>`;
}

function textHtml(node: unknown): string {
  const label = labelOf(node);
  const text = textAt(node, 'attributes', 'text', 'text');
  const secrets = listAt(node, 'attributes', 'text', 'context', 'secrets').map((secret) =>
    textAt(secret, 'text'),
  );
  const shown =
    secrets.length > 0
      ? `<ul class="secrets">${secrets.map((secret) => `<li><code>${escaped(secret)}</code></li>`).join('')}</ul>`
      : `<p><code>${escaped(text)}</code></p>`;
  return `${label === '' ? '' : `<p>${escaped(label)}</p>\n`}${shown}`;
}

function linkHtml(node: unknown): string {
  const href = textAt(node, 'attributes', 'href');
  const text = textAt(node, 'attributes', 'title', 'text');
  return /^https:\/\//.test(href) ? `<p><a href="${escaped(href)}">${escaped(text)}</a></p>` : '';
}

/** The script element for Kratos' own script, from this host; no other script is allowed. */
function scriptsHtml(nodes: unknown[]): string {
  const found = nodes
    .filter((node) => textAt(node, 'type') === 'script')
    .map((node) => ({
      src: textAt(node, 'attributes', 'src'),
      integrity: textAt(node, 'attributes', 'integrity'),
    }))
    .filter(({ src }) => URL.canParse(src) && new URL(src).pathname === '/.well-known/ory/webauthn.js');
  return [...new Map(found.map((script) => [script.src, script])).values()]
    .map(
      ({ integrity }) =>
        `<script src="/.well-known/ory/webauthn.js" integrity="${escaped(integrity)}" defer></script>`,
    )
    .join('\n');
}

export function messagesHtml(messages: unknown[]): string {
  return messages
    .map((message) => {
      const type = textAt(message, 'type');
      const role = type === 'error' ? 'alert' : 'status';
      const text = explain(Number(at(message, 'id')), textAt(message, 'text'));
      return `<p class="says ${type === 'error' || type === 'success' ? type : 'info'}" role="${role}">${escaped(text)}</p>`;
    })
    .join('\n');
}

function labelOf(node: unknown): string {
  return textAt(node, 'meta', 'label', 'text');
}

function valueText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? `${value}`
    : '';
}

export function listAt(value: unknown, ...path: (string | number)[]): unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}
