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
    const [unit, size] = units.find(([, length]) => -seconds >= length) ?? [];
    time.textContent = unit ? relative.format(Math.round(seconds / size), unit) : 'just now';
    time.title = at.toLocaleString();
  }
}

function show({ id, version, contents }) {
  const section = document.getElementById(id);
  if (!section || section.dataset.version === version) return;
  const focused = section.contains(document.activeElement) ? document.activeElement?.id : '';
  section.innerHTML = contents;
  section.dataset.version = version;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/** Read aloud by screen readers, once for each change of the verdict. */
function announce(title, text) {
  if (document.title === title) return;
  document.title = title;
  news.textContent = text;
}

function connect() {
  const source = new EventSource('/events');
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
    announce(title, text);
  });
}

tellTimes();
setInterval(tellTimes, 30_000);
connect();
