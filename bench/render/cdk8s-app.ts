import { App, Chart } from 'cdk8s';
import { addWorkload, labelsOf, workloadNames } from './workload.ts';

// The same workloads in plain cdk8s: one chart per workload (`many`) or one for all (`one`), in FOLDER.
const [charts = '', count = '', folder = ''] = process.argv.slice(2);
const app = new App({ outdir: folder });
const only = charts === 'one' ? new Chart(app, 'all', { labels: labelsOf() }) : undefined;
for (const name of workloadNames(Number(count))) {
  addWorkload(only ?? new Chart(app, name, { labels: labelsOf(name) }), name);
}
// A chart has only one set of labels.
for (const object of only?.apiObjects ?? []) {
  for (const [label, value] of Object.entries(labelsOf(object.name))) object.metadata.addLabel(label, value);
}
app.synth();
