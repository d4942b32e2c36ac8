import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { goModule } from '../../images/go/index.ts';
import { ensureProgram } from '../../images/index.ts';
import { digestOf } from '../../images/oci/index.ts';

/** A chart in a Go module. */
export interface ModuleChart {
  name: string;
  module: string;
  moduleVersion: string;
  /** Below the root of the module. */
  folder: string;
  /** Which the chart gets as it is packed, as upstream's release does. */
  version: string;
}

const layerType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
const configType = 'application/vnd.cncf.helm.config.v1+json';

/** Charts out of Go modules, packed by the locked Helm, served as a registry and as a repository of charts on the loopback. */
export class ChartServer {
  readonly #files = new Map<string, string | Buffer>();
  readonly #server: Server;
  readonly #digests = new Map<string, { manifest: string; archive: string }>();

  private constructor() {
    this.#server = createServer(({ url = '' }, response) => {
      const body = this.#files.get(url);
      response.writeHead(body === undefined ? 404 : 200);
      response.end(body ?? '{"errors":[{"code":"NOT_FOUND"}]}');
    });
  }

  static async start(charts: readonly ModuleChart[]): Promise<ChartServer> {
    const server = new ChartServer();
    const folder = await mkdtemp(join(tmpdir(), 'plinth-charts-'));
    try {
      for (const chart of charts) server.#serve(chart, await packed(chart, folder));
    } finally {
      await rm(folder, { recursive: true });
    }
    const entries = charts.map(
      ({ name, version }) => `  ${name}: [{ version: ${version}, urls: [${name}-${version}.tgz] }]\n`,
    );
    server.#files.set('/charts/index.yaml', `entries:\n${entries.join('')}`);
    await new Promise<void>((done) => server.#server.listen(0, '127.0.0.1', done));
    return server;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Of the manifest in the registry, and of the archive in the repository. */
  digests(chart: string): { manifest: string; archive: string } {
    const found = this.#digests.get(chart);
    if (found === undefined) throw new Error(`no chart ${chart}`);
    return found;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #serve({ name, version }: ModuleChart, archive: Buffer): void {
    const config = JSON.stringify({ name, version });
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: configType, digest: digestOf(config), size: config.length },
      layers: [{ mediaType: layerType, digest: digestOf(archive), size: archive.length }],
    });
    const digests = { manifest: digestOf(manifest), archive: digestOf(archive) };
    this.#digests.set(name, digests);
    const below = `/v2/charts/${name}`;
    this.#files.set(`${below}/tags/list`, JSON.stringify({ tags: [version] }));
    for (const reference of [version, digests.manifest])
      this.#files.set(`${below}/manifests/${reference}`, manifest);
    this.#files.set(`${below}/blobs/${digestOf(config)}`, config);
    this.#files.set(`${below}/blobs/${digests.archive}`, archive);
    this.#files.set(`/charts/${name}-${version}.tgz`, archive);
  }
}

async function packed(chart: ModuleChart, folder: string): Promise<Buffer> {
  const { name, module, moduleVersion, version } = chart;
  const source = join(folder, 'source', name);
  for (const [path, content] of await goModule(module, moduleVersion)) {
    if (!path.startsWith(`${chart.folder}/`)) continue;
    const file = join(source, path.slice(chart.folder.length + 1));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  const out = join(folder, 'packed', name);
  await mkdir(out, { recursive: true });
  const helm = await ensureProgram('helm', () => {});
  await execa(helm, [
    'package',
    source,
    '--version',
    version,
    '--app-version',
    moduleVersion,
    '--destination',
    out,
  ]);
  const [archive = ''] = readdirSync(out);
  return readFileSync(join(out, archive));
}
