import type { Picture } from "../canvas/imageLayer";
import type { ImageDocument, OpenedImage } from "./model";

/** Everything that showing an image needs. */
export interface Prepared {
  readonly image: OpenedImage;
  readonly document: ImageDocument;
  readonly picture: Picture;
}

export interface Sources {
  image(id: string): Promise<OpenedImage>;
  document(id: string): Promise<ImageDocument>;
  picture(image: OpenedImage): Promise<Picture>;
}

const KEPT = 12;

/**
 * Images that are ready to be shown. The next three are prepared while the person works on this one, so that going on
 * waits for nothing; what was prepared is dropped, oldest first, to keep memory bounded.
 */
export class Prefetch {
  private readonly prepared = new Map<string, Promise<Prepared>>();

  constructor(private readonly sources: Sources) {}

  get(id: string): Promise<Prepared> {
    const known = this.prepared.get(id);
    if (known) {
      // Used again: the newest, so the last to be dropped.
      this.prepared.delete(id);
      this.prepared.set(id, known);
      return known;
    }
    const promise = this.prepare(id);
    this.prepared.set(id, promise);
    promise.catch(() => this.prepared.delete(id));
    for (const oldest of this.prepared.keys()) {
      if (this.prepared.size <= KEPT) break;
      this.prepared.delete(oldest);
    }
    return promise;
  }

  /** Prepare these one after the other, so that the next image is not kept waiting by the one after it. */
  async ahead(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.get(id).catch(() => undefined);
  }

  /** What the page knows of an image it is leaving is newer than what was fetched. */
  keep(id: string, document: ImageDocument): void {
    const known = this.prepared.get(id);
    if (known)
      this.prepared.set(
        id,
        known.then((prepared) => ({ ...prepared, document })),
      );
  }

  /** An event has changed this image: what was fetched of its annotations no longer holds. */
  invalidate(id: string): void {
    const stale = this.prepared.get(id);
    if (!stale) return;
    const renewed = stale.then(async (prepared) => ({ ...prepared, document: await this.sources.document(id) }));
    this.prepared.set(id, renewed);
    renewed.catch(() => this.prepared.delete(id));
  }

  private async prepare(id: string): Promise<Prepared> {
    const [image, document] = await Promise.all([this.sources.image(id), this.sources.document(id)]);
    return { image, document, picture: await this.sources.picture(image) };
  }
}
