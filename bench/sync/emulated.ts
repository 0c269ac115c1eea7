import { serveFeeds } from '../../local/feeds';
import { type Moto, startMoto } from '../../test/emulated/moto';
import { inScratchFolder } from '../fresh-process';

/** What a bench of the sync runs against. */
export interface Emulated {
  /** A folder of its own, from which the feeds are served. */
  readonly home: string;
  readonly feedBaseUrl: string;
  readonly moto: Moto;
}

/** Starts an emulator and a publisher for as long as the work takes. */
export function emulated<T>(work: (emulated: Emulated) => Promise<T>): Promise<T> {
  return inScratchFolder(async (home) => {
    const [moto, feeds] = [await startMoto(), await serveFeeds(home)];
    try {
      return await work({ home, feedBaseUrl: feeds.baseUrl, moto });
    } finally {
      await feeds.stop();
      await moto.stop();
    }
  });
}
