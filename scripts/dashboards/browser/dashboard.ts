/* The script of a dashboard's page: it gets the values of all panels every half minute, and draws them. */

import uPlot from 'uplot';
import type { DashboardData, Exemplar, PanelData } from '../dashboard-data.ts';
import { unitText } from '../unit-text.ts';

type PlotData = Extract<PanelData, { kind: 'plot' }>;

/** A drawn plot, and what its drawing reads anew. */
interface Drawn {
  plot: uPlot;
  labels: string;
  exemplars: readonly Exemplar[];
  marks: DashboardData['marks'];
}

const everyMs = 30_000;
const height = 170;
/** Requests that are named below a plot: the slowest. */
const namedExemplars = 3;
/** Distance from a diamond at which a click opens its trace, in pixels. */
const reach = 10;

const contents = [...document.querySelectorAll<HTMLElement>('.panel .content')];
const state = document.querySelector<HTMLElement>('#state');
const buttons = [...document.querySelectorAll<HTMLButtonElement>('#lengths button')];
const drawn = new Map<HTMLElement, Drawn>();
const colours = ['#1f77b4', '#e6720b', '#2ca02c', '#d62728', '#9467bd', '#8c564b', '#d14fa7', '#7f7f7f'];
let length = '1h';
/** Answers to an earlier question come too late. */
let asked = 0;

for (const button of buttons) {
  button.addEventListener('click', () => {
    length = button.value;
    void refresh();
  });
}
const resized = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries)
    if (target instanceof HTMLElement) drawn.get(target)?.plot.setSize({ width: contentRect.width, height });
});
void refresh();
setInterval(() => document.visibilityState === 'visible' && void refresh(), everyMs);

async function refresh(): Promise<void> {
  const question = ++asked;
  for (const button of buttons) button.setAttribute('aria-pressed', String(button.value === length));
  try {
    const answer = await fetch(`${location.pathname}/data?since=${length}`);
    if (!answer.ok) throw new Error(await answer.text());
    const data: DashboardData = await answer.json();
    if (question !== asked) return;
    for (const [i, content] of contents.entries()) show(content, data.panels[i], data);
    say(`until ${new Date(data.to * 1_000).toLocaleTimeString()}`);
  } catch (error) {
    if (question === asked) say(`The stores do not answer: ${String(error)}`);
  }
}

function say(text: string): void {
  if (state !== null) state.textContent = text;
}

function show(content: HTMLElement, panel: PanelData | undefined, data: DashboardData): void {
  if (panel?.kind === 'plot' && panel.series.length > 0) {
    plotted(content, panel, data);
    return;
  }
  drawn.get(content)?.plot.destroy();
  drawn.delete(content);
  if (panel?.kind === 'value') {
    content.replaceChildren(
      ...panel.values.map(({ label, value }) => {
        const row = element('div', unitText(panel.unit, value), 'value');
        row.append(' ', element('span', label));
        return row;
      }),
    );
  } else if (panel?.kind === 'lines') {
    const rows = panel.lines.map(({ text, trace }) => {
      const row = element('pre', `${text} `);
      if (trace !== undefined) row.append(link(`/trace/${trace}`, 'trace'));
      return row;
    });
    const list = element('div', rows.length === 0 ? 'No line in the last day.' : '', 'lines');
    list.tabIndex = 0;
    list.append(...rows);
    content.replaceChildren(list);
  } else if (panel?.kind === 'error') content.replaceChildren(element('p', panel.message, 'error'));
  else content.replaceChildren(element('p', 'No values in this time.'));
}

function plotted(content: HTMLElement, panel: PlotData, data: DashboardData): void {
  const { from, to, step, marks } = data;
  const times = Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
  const values: uPlot.AlignedData = [times, ...panel.series.map((series) => series.values)];
  const labels = panel.series.map(({ label }) => label).join('\n');
  const before = drawn.get(content);
  if (before?.labels === labels) {
    before.exemplars = panel.exemplars;
    before.marks = marks;
    before.plot.setData(values);
  } else {
    before?.plot.destroy();
    content.replaceChildren();
    drawn.set(content, draw(content, panel, { labels, values, marks }));
    resized.observe(content);
  }
  content.querySelector('.exemplars')?.remove();
  if (panel.exemplars.length > 0) content.append(slowest(panel));
}

function draw(
  content: HTMLElement,
  panel: PlotData,
  { labels, values, marks }: { labels: string; values: uPlot.AlignedData; marks: DashboardData['marks'] },
): Drawn {
  const ink = getComputedStyle(content).color;
  const text = (_: uPlot, value: number | null) => (value === null ? '' : unitText(panel.unit, value));
  const axis: uPlot.Axis = { stroke: ink, grid: { stroke: '#8883', width: 1 }, ticks: { stroke: '#8883' } };
  const plot = new uPlot(
    {
      ...{ width: content.clientWidth, height },
      cursor: { sync: { key: 'dashboard' } },
      scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
      axes: [
        { ...axis, values: (_, times, __, ___, apart) => times.map((time) => timeText(time, apart)) },
        { ...axis, size: 70, values: (_, ticks) => ticks.map((tick) => unitText(panel.unit, tick)) },
      ],
      series: [
        {},
        ...panel.series.map(({ label }, i) => ({
          ...{ label, stroke: colours[i % colours.length] ?? ink, width: 1.5, value: text },
          points: { show: false },
        })),
      ],
      hooks: { draw: [(self) => decorate(self, made, ink)] },
    },
    values,
    content,
  );
  const made: Drawn = { plot, labels, exemplars: panel.exemplars, marks };
  const canvas = plot.root.querySelector('canvas');
  canvas?.setAttribute('role', 'img');
  canvas?.setAttribute('aria-label', content.parentElement?.querySelector('h3')?.textContent ?? '');
  plot.over.addEventListener('click', ({ offsetX, offsetY }) => {
    const near = made.exemplars.find(
      ({ time, value }) =>
        Math.hypot(plot.valToPos(time, 'x') - offsetX, plot.valToPos(value, 'y') - offsetY) < reach,
    );
    if (near !== undefined) location.assign(`/trace/${near.trace}`);
  });
  return made;
}

/** A time of the axis; only the date if a day or more lies between two. */
function timeText(time: number, apart: number): string {
  const date = new Date(time * 1_000);
  return apart >= 86_400
    ? date.toLocaleDateString([], { month: 'short', day: 'numeric' })
    : date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false });
}

/** A diamond for each request, and a line for each mark. */
function decorate(plot: uPlot, { exemplars, marks }: Drawn, ink: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = ink;
  for (const { time, value } of exemplars) {
    const [x, y] = [plot.valToPos(time, 'x', true), plot.valToPos(value, 'y', true)];
    const half = 4 * devicePixelRatio;
    ctx.beginPath();
    for (const [dx, dy] of [
      [0, -half],
      [half, 0],
      [0, half],
      [-half, 0],
    ] as const)
      ctx.lineTo(x + dx, y + dy);
    ctx.fill();
  }
  ctx.fillStyle = '#9467bd';
  ctx.textAlign = 'left';
  for (const { time, title } of marks) {
    const x = plot.valToPos(time, 'x', true);
    ctx.fillRect(x, bbox.top, devicePixelRatio, bbox.height);
    ctx.fillText(title, x + 4 * devicePixelRatio, bbox.top + 12 * devicePixelRatio);
  }
  ctx.restore();
}

function slowest({ exemplars, unit }: PlotData): HTMLElement {
  const list = element('ul', '', 'exemplars');
  for (const { time, value, trace } of exemplars
    .toSorted((a, b) => b.value - a.value)
    .slice(0, namedExemplars)) {
    const row = element('li', '');
    const at = new Date(time * 1_000).toLocaleTimeString();
    row.append(link(`/trace/${trace}`, `${unitText(unit, value)} at ${at}`));
    list.append(row);
  }
  return list;
}

function element(name: string, text: string, className = ''): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  if (className !== '') made.className = className;
  return made;
}

function link(address: string, text: string): HTMLAnchorElement {
  const made = document.createElement('a');
  made.href = address;
  made.textContent = text;
  return made;
}
