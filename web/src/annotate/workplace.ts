import type { Stage } from "../canvas/stage";
import { Toolbox } from "../tools/toolbox";
import type { Bench, Clipping, Surroundings } from "./bench";
import { fetchClipper } from "./clipActions";
import { Editor } from "./editor";
import { fetchDocument, fetchImage, fetchPicture } from "./imageApi";
import type { FeedEvent } from "./model";
import { Prefetch } from "./prefetch";
import { SceneShapes } from "./sceneShapes";
import type { Sequence } from "./sequence";
import type { Session } from "./session";
import { createEditorStore } from "./store";
import { toolContext } from "./toolContext";
import { fitImage } from "./viewActions";

/** What the page shows around the canvas when an action asks for it. */
export type Dialogs = Pick<
  Surroundings,
  "openClassSearch" | "openShortcuts" | "openPalette" | "askRejectReason" | "focusNextPane"
>;

export interface WorkplaceOptions {
  readonly session: Session;
  readonly dialogs: Dialogs;
  readonly nameOf: (actor: string | null | undefined) => string;
  /** The address should name this image now. */
  readonly onOpened: (imageId: string) => void;
}

const AHEAD = 3;

/** One annotation page at work: opens images in order, prepares the next ones, and owns the bench. */
export class Workplace {
  readonly bench: Bench;
  readonly prefetch = new Prefetch({ image: fetchImage, document: fetchDocument, picture: fetchPicture });
  private stage: Stage | null = null;
  private opening = 0;
  private previous: string | null = null;
  private readonly leave: () => void;
  sequence: Sequence = { at: async () => null };
  suggestions: Sequence | null = null;

  constructor(private readonly options: WorkplaceOptions) {
    const store = createEditorStore();
    const { outbox, database } = options.session;
    const editor = new Editor({ store, outbox, database, fetchDocument, nameOf: options.nameOf });
    const surroundings: Surroundings = {
      ...options.dialogs,
      go: (step, along) => void this.go(step, along),
      previousShapes: () => this.previousShapes(),
    };
    const hands = {
      store,
      editor,
      outbox,
      surroundings,
      shapes: new SceneShapes(),
      clipboard: [],
      pointer: () => null,
    };
    this.bench = { ...hands, toolbox: new Toolbox(toolContext(hands), store.getState().tool) };
    this.leave = outbox.listen({
      acknowledged: (entry) => this.refresh(entry.image_id),
      refused: () => {},
      changed: () => {},
    });
  }

  attach(stage: Stage | null): void {
    this.stage = stage;
  }

  dispose(): void {
    this.leave();
    this.bench.editor.dispose();
  }

  async open(imageId: string): Promise<void> {
    const turn = ++this.opening;
    const { store, editor, toolbox } = this.bench;
    const leaving = store.getState();
    if (leaving.image && leaving.server) this.prefetch.keep(leaving.image.id, leaving.server);
    try {
      const prepared = await this.prefetch.get(imageId);
      if (turn !== this.opening) return;
      toolbox.reset();
      await editor.open(prepared.image, prepared.document);
      if (turn !== this.opening) return;
      this.stage?.image.show(prepared.picture);
      const sameSize = leaving.image?.width === prepared.image.width && leaving.image.height === prepared.image.height;
      if (!store.getState().keepZoom || !sameSize) fitImage(store);
      this.stage?.invalidate("image", "annotations", "overlay");
      if (leaving.image && leaving.image.id !== imageId) this.previous = leaving.image.id;
      this.options.onOpened(imageId);
      void this.prepareNext(imageId, turn);
    } catch (error) {
      if (turn === this.opening) editor.notify(`This picture does not open: ${(error as Error).message}`, "refusal");
    }
  }

  async go(step: number, along?: "suggested"): Promise<void> {
    const { image } = this.bench.store.getState();
    const sequence = along ? this.suggestions : this.sequence;
    if (!sequence) {
      this.bench.editor.notify("No query batch has been made for this project yet.");
      return;
    }
    const next = image ? await sequence.at(image.id, step) : null;
    if (next) await this.open(next);
    else this.bench.editor.notify(step > 0 ? "That was the last picture." : "That was the first picture.");
  }

  /** Events of the project's feed: the open image folds them, prepared ones are read anew. */
  receive(events: readonly FeedEvent[]): void {
    this.bench.editor.receive(events);
    for (const id of new Set(events.map((event) => event.stream_id))) this.refresh(id);
  }

  private refresh(imageId: string): void {
    if (imageId !== this.bench.store.getState().image?.id) this.prefetch.invalidate(imageId);
  }

  private async prepareNext(imageId: string, turn: number): Promise<void> {
    const ahead: string[] = [];
    for (let step = 1; step <= AHEAD && turn === this.opening; step++) {
      const id = await this.sequence.at(imageId, step).catch(() => null);
      if (!id || ahead.includes(id)) break;
      ahead.push(id);
      await this.prefetch.ahead([id]);
    }
    await fetchClipper().catch(() => null);
  }

  private async previousShapes(): Promise<readonly Clipping[]> {
    const { image } = this.bench.store.getState();
    const id = (image && (await this.sequence.at(image.id, -1).catch(() => null))) ?? this.previous;
    if (!id) return [];
    const { document } = await this.prefetch.get(id);
    return [...document.annotations.values()].map(({ category_id, geometry }) => ({ category_id, geometry }));
  }
}
