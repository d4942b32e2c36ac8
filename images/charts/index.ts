export {
  ChartFailure,
  type ChartPlace,
  ensureChart,
  type FoundChart,
  findChart,
  mirrorChart,
} from './chart.ts';
