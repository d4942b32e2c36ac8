import { type Report, supply } from '../../images/index.ts';
import { buildAppImages } from '../app-images/app-images.ts';
import { bootstrapImages, observabilityImages, platformImages } from './image-sets.ts';
import type { WithEngine } from './input.ts';
import { mirrorCharts } from './mirror-charts.ts';

/** Images that are supplied while the cluster starts, one set after another. Phases that need a set wait for it. */
export class BackgroundSupply {
  readonly #bootstrap: Promise<number>;
  readonly #platform: Promise<number>;
  readonly #apps: Promise<number>;
  readonly #observability: Promise<number>;
  #line = '';
  #hasPlatform = false;

  constructor({ root, environment, engine, signal }: WithEngine) {
    const report: Report = (line) => {
      this.#line = line;
    };
    const options = { engine, report, signal };
    this.#bootstrap = supply(bootstrapImages, options);
    this.#platform = this.#bootstrap.then(
      async (made) =>
        made +
        (await supply(platformImages(environment), options)) +
        (await mirrorCharts(environment, options)),
    );
    this.#platform.then(
      () => {
        this.#hasPlatform = true;
      },
      () => undefined,
    );
    this.#apps = this.#bootstrap.then(() => buildAppImages(environment, { root, ...options }));
    this.#observability = Promise.all([this.#platform, this.#apps]).then(() =>
      supply(observabilityImages(environment), options),
    );
    // Awaited later; this handler avoids an unhandled rejection before that.
    for (const promise of [this.#bootstrap, this.#platform, this.#apps, this.#observability]) {
      promise.catch(() => undefined);
    }
  }

  /** Whether all images of the platform are there already. */
  get hasPlatform(): boolean {
    return this.#hasPlatform;
  }

  /** Waits for the images that Flux needs to start; returns the number of supplied ones. */
  bootstrap(report: Report): Promise<number> {
    return this.#forwarding(this.#bootstrap, report);
  }

  /** Waits for all images and artifacts of the platform; returns the number of supplied ones. */
  platform(report: Report): Promise<number> {
    return this.#forwarding(this.#platform, report);
  }

  /** Waits for the images of observability, which come last; returns the number of supplied ones. */
  observability(report: Report): Promise<number> {
    return this.#forwarding(this.#observability, report);
  }

  /** Waits for the images of the apps; returns the number of built ones. */
  apps(report: Report): Promise<number> {
    return this.#forwarding(this.#apps, report);
  }

  async #forwarding<T>(promise: Promise<T>, report: Report): Promise<T> {
    const timer = setInterval(() => report(this.#line), 1000);
    try {
      return await promise;
    } finally {
      clearInterval(timer);
    }
  }
}
