// A page for Mailpit where it is built here: its own is made of packages that its Go module does not have. It lists mails, newest
// first, and shows the text of one. Mailpit's API: /api/v1/.
const app = document.getElementById('app');
const root = app.dataset.webroot;

/** How often it looks for new mails, in milliseconds. */
const period = 3000;

/** An element with text or other elements in it: nothing of a mail is ever read as HTML. */
function element(tag, attributes, ...content) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content);
  return made;
}

async function ask(path) {
  const response = await fetch(`${root}api/v1/${path}`);
  if (!response.ok) throw new Error(`Mailpit answers ${response.status}`);
  return response.json();
}

const addresses = (list) => list.map(({ Address }) => Address).join(', ');

function row({ ID, To, Subject, Created }) {
  const link = element('a', { href: `#${ID}` }, Subject || 'Without a subject');
  const time = element('time', { datetime: Created }, new Date(Created).toLocaleString());
  return element('li', {}, link, element('span', {}, `to ${addresses(To)}, `, time));
}

async function showList() {
  const { messages } = await ask('messages?limit=100');
  const list = element('ul', {}, ...messages.map(row));
  return [element('h1', {}, 'Mails'), messages.length > 0 ? list : element('p', {}, 'No mail yet.')];
}

async function showMail(id) {
  const { Subject, From, To, Text } = await ask(`message/${encodeURIComponent(id)}`);
  const about = `from ${From?.Address ?? 'nobody'} to ${addresses(To)}`;
  return [
    element('a', { href: '#' }, 'All mails'),
    element('h1', {}, Subject || 'Without a subject'),
    element('p', {}, about),
    element('pre', {}, Text),
  ];
}

let shown = '';

async function show() {
  const id = location.hash.slice(1);
  let content;
  try {
    content = await (id === '' ? showList() : showMail(id));
  } catch (error) {
    content = [
      element('p', { role: 'alert' }, `${error.message}. It is asked again every ${period / 1000} s.`),
    ];
  }
  const main = element('main', {}, ...content);
  // What did not change is left alone: focus and selection stay.
  if (main.outerHTML !== shown) app.replaceChildren(main);
  shown = main.outerHTML;
}

addEventListener('hashchange', show);
setInterval(show, period);
show();
