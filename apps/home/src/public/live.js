// Keeps the page current: the server sends each section whose contents changed. Nothing here is needed to read the page.

const link = document.getElementById('link');
const news = document.getElementById('news');
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

function tellTimes() {
  for (const time of document.querySelectorAll('time')) {
    const at = new Date(time.dateTime);
    const seconds = (at.getTime() - Date.now()) / 1_000;
    const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? [];
    time.textContent = unit
      ? relative.format(Math.round(seconds / size), unit)
      : seconds > 0
        ? 'now'
        : 'just now';
    time.title = at.toLocaleString();
  }
}

function show({ id, version, contents }) {
  const section = document.getElementById(id);
  if (!section || section.dataset.version === version) return;
  const focused = section.contains(document.activeElement) ? document.activeElement?.id : '';
  section.innerHTML = contents;
  section.dataset.version = version;
  if (focused) (document.getElementById(focused) ?? section).focus({ preventScroll: true });
}

/** Read aloud by screen readers, once for each change of what needs a look. */
function announce(text) {
  if (news.dataset.told === text) return;
  news.dataset.told = text;
  news.textContent = text;
}

/** What this page shows already, so that it is not sent again. */
function have() {
  const sections = [...document.querySelectorAll('section')];
  return sections.map(({ id, dataset }) => `${id}.${dataset.version}`).join(',');
}

function connect() {
  const source = new EventSource(`/events?have=${have()}`);
  source.onopen = () => {
    link.textContent = 'Live';
    link.className = 'live';
  };
  source.onerror = () => {
    link.textContent = 'Reconnecting…';
    link.className = 'lost';
    // A gateway that answers for a server that is gone ends an EventSource for good.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2_000);
  };
  source.addEventListener('build', ({ data }) => {
    if (data !== document.documentElement.dataset.build) location.reload();
  });
  source.addEventListener('state', ({ data }) => {
    const { title, news: text, sections } = JSON.parse(data);
    sections.forEach(show);
    tellTimes();
    document.title = title;
    announce(text);
  });
}

tellTimes();
setInterval(tellTimes, 30_000);
connect();
