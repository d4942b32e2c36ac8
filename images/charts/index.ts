export { ensureChart, findChart } from './chart.ts';
export { ChartFailure, type ChartPlace, type FoundChart } from './found-chart.ts';
export { mirrorChart } from './registry-chart.ts';
