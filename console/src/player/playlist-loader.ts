/** hls.js's playlist loader, which first looks whether the opening has read the playlist already. */

import Hls, {
  type Loader,
  type LoaderCallbacks,
  type LoaderConfiguration,
  LoadStats,
  type PlaylistLoaderContext,
} from "hls.js";
import type { Prefetched } from "./prefetch";

type Callbacks = LoaderCallbacks<PlaylistLoaderContext>;

const BaseLoader = Hls.DefaultConfig.loader as unknown as new (
  config: typeof Hls.DefaultConfig,
) => Loader<PlaylistLoaderContext>;

export type TakePlaylist = (url: string) => Promise<Prefetched | undefined> | undefined;

/** A loader class for hls.js that asks `take` first. */
export function playlistLoader(take: TakePlaylist) {
  return class PlaylistLoader extends BaseLoader {
    #ended = false;

    override load(context: PlaylistLoaderContext, config: LoaderConfiguration, callbacks: Callbacks): void {
      const prefetched = take(context.url);
      if (!prefetched) {
        super.load(context, config, callbacks);
        return;
      }
      void prefetched.then((found) => {
        if (this.#ended) return;
        if (found) this.#answer(found, context, callbacks);
        else super.load(context, config, callbacks);
      });
    }

    override abort(): void {
      this.#ended = true;
      super.abort();
    }

    override destroy(): void {
      this.#ended = true;
      super.destroy();
    }

    #answer(found: Prefetched, context: PlaylistLoaderContext, callbacks: Callbacks): void {
      const stats = new LoadStats();
      stats.loading = { start: found.startMs, first: found.firstByteMs, end: found.endMs };
      stats.loaded = stats.total = found.text.length;
      this.stats = stats;
      this.context = context;
      callbacks.onSuccess({ url: found.url, data: found.text, code: 200 }, stats, context, null);
    }
  };
}
