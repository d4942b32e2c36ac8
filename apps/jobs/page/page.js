// @ts-check
// Everything that comes from a job is set as text, never as markup.

/** @typedef {{ name: string, queued: number, active: number, retry: number, dead: number, completed: number }} Queue */
/**
 * @typedef {object} Job
 * @property {string} id
 * @property {string} queue
 * @property {string} state
 * @property {number} attempts
 * @property {number} attemptsMax
 * @property {string} createdAt
 * @property {unknown} payload
 * @property {unknown} output
 */

const refreshMs = 5_000;
const chosen = { queue: new URLSearchParams(location.hash.slice(1)).get('queue') ?? '', next: '' };

/** @param {string} id */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const state = /** @type {HTMLSelectElement} */ (at('state'));

/** @param {string} text */
const say = (text) => {
  at('said').textContent = text;
};

/**
 * @param {string} path
 * @param {string} [method]
 */
async function ask(path, method = 'GET') {
  const response = await fetch(path, { method, headers: { accept: 'application/json' } });
  const body = await response.json();
  if (!response.ok) throw new Error(body.error?.message ?? response.statusText);
  return body;
}

/**
 * @param {string} name
 * @param {{ class?: string, text?: string }} [given]
 * @param {Node[]} children
 */
function element(name, given = {}, ...children) {
  const made = document.createElement(name);
  if (given.class) made.className = given.class;
  if (given.text !== undefined) made.textContent = given.text;
  made.append(...children);
  return made;
}

/**
 * @param {string} text
 * @param {() => void} act
 * @param {string} [kind]
 */
function button(text, act, kind) {
  const made = /** @type {HTMLButtonElement} */ (
    element('button', { text, ...(kind ? { class: kind } : {}) })
  );
  made.type = 'button';
  made.addEventListener('click', act);
  return made;
}

async function readQueues() {
  /** @type {{ queues: Queue[] }} */
  const { queues } = await ask('v1/queues');
  const focused = document.activeElement?.closest('tr')?.dataset.queue;
  at('queues').replaceChildren(
    ...queues.map((queue) => {
      const number = (/** @type {number} */ count, kind = '') =>
        element('td', { class: `number ${count > 0 ? kind : ''}`, text: String(count) });
      const name = element(
        'th',
        {},
        button(queue.name, () => choose(queue.name), 'link'),
      );
      name.setAttribute('scope', 'row');
      const row = element(
        'tr',
        {},
        name,
        ...[number(queue.queued), number(queue.active), number(queue.retry), number(queue.dead, 'dead')],
        number(queue.completed),
      );
      row.dataset.queue = queue.name;
      if (queue.name === chosen.queue) row.setAttribute('aria-current', 'true');
      return row;
    }),
  );
  // The rows are new: who stood on one stays there.
  if (focused)
    at('queues')
      .querySelector(`tr[data-queue="${CSS.escape(focused)}"] button`)
      ?.focus();
  const dead = queues.reduce((sum, queue) => sum + queue.dead, 0);
  say(queues.length === 0 ? 'No queue yet.' : `${queues.length} queues, ${dead} dead jobs.`);
}

/** @param {string} queue */
async function choose(queue) {
  chosen.queue = queue;
  location.hash = new URLSearchParams({ queue }).toString();
  await show(false);
  await readQueues();
}

/** @param {boolean} older */
async function show(older) {
  if (chosen.queue === '') return;
  const query = new URLSearchParams();
  if (state.value) query.set('state', state.value);
  if (older) query.set('pageToken', chosen.next);
  try {
    /** @type {{ jobs: Job[], nextPageToken: string | null }} */
    const { jobs, nextPageToken } = await ask(`v1/queues/${encodeURIComponent(chosen.queue)}/jobs?${query}`);
    chosen.next = nextPageToken ?? '';
    const rows = jobs.map(jobRow);
    if (older) at('jobs').append(...rows);
    else at('jobs').replaceChildren(...rows);
    at('more').hidden = chosen.next === '';
    at('jobs-section').hidden = false;
    at('jobs-title').textContent = `Jobs of ${chosen.queue}`;
    at('retry-all').hidden = state.value !== 'dead' || at('jobs').childElementCount === 0;
  } catch (error) {
    say(`The jobs could not be read: ${error instanceof Error ? error.message : error}`);
  }
}

/** @param {Job} job */
function jobRow(job) {
  const id = element('th', {}, element('code', { text: job.id.slice(0, 8) }));
  id.setAttribute('scope', 'row');
  id.title = job.id;
  const created = element('td', {}, element('time', { text: new Date(job.createdAt).toLocaleString() }));
  const text = [JSON.stringify(job.payload), job.output === null ? '' : JSON.stringify(job.output, null, 1)];
  const actions = element('td');
  const act = (/** @type {'retry' | 'cancel'} */ what) => async () => {
    try {
      await ask(`v1/queues/${encodeURIComponent(job.queue)}/jobs/${job.id}/${what}`, 'POST');
      say(`${what === 'retry' ? 'Retried' : 'Cancelled'} ${job.id.slice(0, 8)}.`);
      await show(false);
    } catch (error) {
      say(`Not done: ${error instanceof Error ? error.message : error}`);
    }
  };
  if (job.state === 'dead' || job.state === 'cancelled') actions.append(button('Retry', act('retry')));
  if (job.state === 'queued' || job.state === 'retry') actions.append(button('Cancel', act('cancel')));
  for (const made of actions.querySelectorAll('button')) {
    made.setAttribute('aria-label', `${made.textContent} job ${job.id.slice(0, 8)}`);
  }
  const row = element(
    'tr',
    {},
    id,
    element('td', { class: job.state, text: job.state }),
    element('td', { class: 'number', text: `${job.attempts} of ${job.attemptsMax}` }),
    created,
    element('td', {}, element('pre', { text: text.filter((line) => line !== '').join('\n') })),
    actions,
  );
  row.dataset.job = job.id;
  return row;
}

async function retryAll() {
  const ids = [...at('jobs').querySelectorAll('tr')].map((row) => row.dataset.job ?? '');
  let done = 0;
  for (const id of ids) {
    try {
      await ask(`v1/queues/${encodeURIComponent(chosen.queue)}/jobs/${id}/retry`, 'POST');
      done++;
    } catch {
      // Someone was faster, or it runs again already: the list that follows shows it.
    }
  }
  await show(false);
  say(`Retried ${done} of ${ids.length} jobs.`);
}

state.addEventListener('change', () => show(false));
at('reload').addEventListener('click', () => show(false));
at('more').addEventListener('click', () => show(true));
at('retry-all').addEventListener('click', retryAll);

async function refresh() {
  try {
    if (!document.hidden) await readQueues();
  } catch (error) {
    say(`The queues could not be read: ${error instanceof Error ? error.message : error}`);
  }
  setTimeout(refresh, refreshMs);
}

await show(false);
await refresh();
