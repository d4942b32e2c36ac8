import { apiServer } from './api.ts';
import { startHome } from './home.ts';
import { storesOf } from './stores.ts';

const stores = storesOf(process.env);
const home = await startHome({
  api: apiServer(process.env),
  port: Number(process.env.PORT ?? 8080),
  stores,
  // Without a collector no signal of a request arrives anywhere.
  ...(stores.collector === undefined ? {} : { metricsPort: Number(process.env.METRICS_PORT ?? 8081) }),
});
console.log(`the front page answers on port ${home.port}`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  // The gateway notices the end of this pod a moment after the signal.
  process.once(signal, () => void home.stop(signal === 'SIGTERM' ? 3_000 : 0));
}
