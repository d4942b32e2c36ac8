/* Every operation of the OpenAPI document, as a form that sends it. What comes back is shown as text. */

const said = document.querySelector('#said');
const list = document.querySelector('#operations');

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A value to begin with, from a schema. */
function example(schema) {
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.type === 'array') return [];
  if (schema.type === 'object') {
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, example(inner)]),
    );
  }
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 0;
  return schema.type === 'boolean' ? false : '';
}

function fieldsOf({ parameters = [] }) {
  return parameters.map(({ name, in: place, required, schema }) => {
    const input = element('input', { name, required: required === true, value: schema.default ?? '' });
    const note = schema.description === undefined ? '' : ` – ${schema.description}`;
    return { place, name, input, label: element('label', {}, `${name} (${place})${note}`, input) };
  });
}

function addressOf(path, fields) {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(fields.find((field) => field.name === name)?.input.value ?? ''),
  );
  const query = fields.filter(({ place, input }) => place === 'query' && input.value !== '');
  const search = new URLSearchParams(query.map(({ name, input }) => [name, input.value])).toString();
  return search === '' ? filled : `${filled}?${search}`;
}

async function send(method, address, body) {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const once = () => fetch(address, { method, headers, body });
  const first = await once();
  if (first.status !== 402) return first;
  const revalidated = await fetch('/.sign-in/revalidate', { method: 'POST' });
  return revalidated.ok ? once() : revalidated;
}

function formOf(method, path, operation) {
  const fields = fieldsOf(operation);
  const schema = operation.requestBody?.content['application/json'].schema;
  const body =
    schema === undefined
      ? undefined
      : element('textarea', { value: JSON.stringify(example(schema), null, 2), spellcheck: false });
  const answer = element('pre', { hidden: true, tabIndex: 0 });
  const form = element(
    'form',
    {},
    ...fields.map(({ label }) => label),
    ...(body === undefined ? [] : [element('label', {}, 'Body', body)]),
    element('button', { type: 'submit', textContent: 'Send' }),
    answer,
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    answer.hidden = false;
    try {
      const response = await send(method.toUpperCase(), addressOf(path, fields), body?.value);
      const text = await response.text();
      answer.textContent = `${response.status} ${response.statusText}\n${text === '' ? '' : pretty(text)}`;
      said.textContent = `${operation.operationId} answers ${response.status}.`;
    } catch (error) {
      answer.textContent = `The service does not answer: ${error.message}`;
    }
  });
  return form;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // no JSON: shown as it came
  }
}

const response = await fetch('/openapi.json');
if (response.ok) {
  const { paths } = await response.json();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const title = element(
        'summary',
        {},
        element('code', { textContent: `${method.toUpperCase()} ${path}` }),
      );
      list.append(
        element(
          'details',
          {},
          title,
          element('p', { textContent: operation.summary }),
          formOf(method, path, operation),
        ),
      );
    }
  }
  said.textContent = `${list.children.length} operations. A change of your rights is taken up by itself.`;
} else {
  said.textContent = `The OpenAPI document was not read: status ${response.status}. Load this page again.`;
}
