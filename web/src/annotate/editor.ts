import { annotationOf, type Command, touchedBy, withExpectations } from "./commands";
import type { Database, Entry } from "./database";
import { EMPTY, forget, type Mark, push, type Stacks, stepBack, stepForward } from "./history";
import { newId } from "./ids";
import { type Change, redoing } from "./marks";
import type { FeedEvent, ImageDocument, OpenedImage, Problem } from "./model";
import type { Outbox } from "./outbox";
import { overlay } from "./overlay";
import { acknowledge, applyEvents, isBehind, merge, type Reply } from "./reconcile";
import type { EditorStore } from "./store";

export interface EditorOptions {
  readonly store: EditorStore;
  readonly outbox: Outbox;
  readonly database: Database;
  /** The document as the server has it now. */
  readonly fetchDocument: (imageId: string) => Promise<ImageDocument>;
  /** How to call whoever made an event. */
  readonly nameOf: (actor: string | null | undefined) => string;
}

const FLASH_MS = 2500;
const CHUNK = 1000;

/** Holds one open image together: gestures go out through the outbox, answers and the feed come in. */
export class Editor {
  private readonly leave: () => void;
  private refetching: Promise<void> | null = null;
  private stale = false;
  /** What `shown` was made of. */
  private basis: readonly unknown[] = [];

  constructor(private readonly options: EditorOptions) {
    this.leave = options.outbox.listen({
      acknowledged: (entry, reply) => this.acknowledged(entry, reply),
      refused: (entry, problem) => this.refused(entry, problem),
      changed: () => this.showPending(),
    });
  }

  dispose(): void {
    this.leave();
  }

  /** Show an image; what waits in the outbox and the history of an earlier visit come back with it. */
  async open(image: OpenedImage, document: ImageDocument): Promise<void> {
    const stacks = (await this.options.database.get("history", image.id)) ?? EMPTY;
    const state = this.options.store.getState();
    // Nothing of the image before may linger: not its selection, not its half-drawn shape.
    this.options.store.setState({
      image,
      server: document,
      stacks,
      selection: new Set(),
      hovered: null,
      draft: null,
      hidden: new Set(),
      locked: new Set(),
      flashes: [],
      ...(state.keepZoom ? {} : { brightness: 1, contrast: 1 }),
      notice: null,
    });
    this.showPending();
  }

  /** Do it now, here; the server hears of it at once or later. False when there was nothing to do. */
  commit(change: Change): boolean {
    const { image, stacks } = this.options.store.getState();
    if (!image || change.do.length === 0) return false;
    const commands = this.expecting(change.do);
    const mark: Mark = { id: newId(), label: change.label, do: change.do, undo: change.undo };
    this.send(image.id, mark.id, change.label, commands, push(stacks, mark));
    if (change.select) this.options.store.setState({ selection: new Set(change.select) });
    return true;
  }

  undo(): void {
    const { image, stacks } = this.options.store.getState();
    const step = stepBack(stacks);
    if (!image || !step) return;
    this.send(image.id, step.mark.id, `undo: ${step.mark.label}`, this.expecting(step.mark.undo), step.stacks);
    this.notify(`Undid: ${step.mark.label}`);
  }

  redo(): void {
    const { image, stacks } = this.options.store.getState();
    const step = stepForward(stacks);
    if (!image || !step) return;
    const commands = redoing(step.mark, (id) => this.options.store.getState().server?.annotations.get(id));
    this.send(image.id, step.mark.id, `redo: ${step.mark.label}`, this.expecting(commands), step.stacks);
    this.notify(`Redid: ${step.mark.label}`);
  }

  notify(text: string, kind: "plain" | "refusal" = "plain"): void {
    this.options.store.setState({ notice: { text, kind } });
  }

  /** Events of the feed. Our own come back too: folding them again over what we know changes nothing. */
  receive(events: readonly FeedEvent[]): void {
    const { image, server } = this.options.store.getState();
    if (!image || !server) return;
    const ours = events.filter((event) => event.stream_id === image.id);
    if (ours.length === 0) return;
    const next = applyEvents(server, ours);
    if (next === "refetch") {
      void this.refetch();
      return;
    }
    const foreign = ours.filter((event) => event.version > server.version && !this.isOwn(event));
    this.options.store.setState({ server: next });
    this.showPending();
    this.flash(foreign);
  }

  /** Read the document anew: after a gap in the feed, a resync, or a kind of event that is not folded here. */
  refetch(): Promise<void> {
    // What is on its way may have been read before the reason to ask anew.
    this.stale = true;
    this.refetching ??= this.reload().finally(() => {
      this.refetching = null;
    });
    return this.refetching;
  }

  /** The person chose between their version and the server's. */
  async settleConflict(entryId: string, keep: "mine" | "theirs"): Promise<void> {
    const { outbox, store } = this.options;
    const entry = outbox.conflicts.find((each) => each.id === entryId);
    if (!entry) return;
    await outbox.settle(entryId);
    await this.refetch();
    const { image, stacks, server } = store.getState();
    if (!image || image.id !== entry.image_id || !server) return;
    if (keep === "theirs") {
      this.setStacks(forget(stacks, entry.mark_id));
      return;
    }
    const revived = [...touchedBy(entry.commands)].filter((id) => !server.annotations.has(id));
    const back = revived.flatMap((id) => this.reviving(id, entry));
    this.send(image.id, entry.mark_id, entry.label, this.expecting([...back, ...entry.commands]), stacks);
  }

  private reviving(id: string, entry: Entry): Command[] {
    const shape = entry.commands.find((c) => annotationOf(c) === id && c.type === "reshape_annotation");
    if (shape?.type !== "reshape_annotation") return [];
    const snapshot = { id, category_id: "", geometry: shape.geometry, source: "human", created_by: null, version: 0 };
    return [{ type: "restore_annotation", annotation_id: id, snapshot }];
  }

  private send(imageId: string, markId: string, label: string, commands: readonly Command[], stacks: Stacks): void {
    this.options.store.setState({ stacks });
    // The server takes 1,000 commands at once; accepting 3,000 proposals is still one gesture and one undo.
    for (let from = 0; from < commands.length; from += CHUNK) {
      const part = commands.slice(from, from + CHUNK);
      const gesture = {
        id: newId(),
        image_id: imageId,
        mark_id: markId,
        label,
        commands: part,
        made_at_ms: Date.now(),
      };
      void this.options.outbox.add(gesture, stacks);
    }
  }

  private expecting(commands: readonly Command[]): Command[] {
    const { image, server } = this.options.store.getState();
    const waiting = image ? this.options.outbox.pending(image.id) : [];
    const unsettled = new Set(waiting.flatMap((entry) => [...touchedBy(entry.commands)]));
    return withExpectations(commands, (id) => server?.annotations.get(id)?.version, unsettled);
  }

  private acknowledged(entry: Entry, reply: Reply | null): void {
    const { image, server } = this.options.store.getState();
    if (!image || !server || image.id !== entry.image_id) return;
    if (!reply) {
      void this.refetch();
      return;
    }
    this.options.store.setState({ server: acknowledge(server, entry.commands, reply) });
    this.showPending();
    if (isBehind(server, reply)) void this.refetch();
  }

  /** It never happened: roll it back and say why. */
  private refused(entry: Entry, problem: Problem): void {
    const { image, stacks } = this.options.store.getState();
    this.notify(`Not saved (${entry.label}): ${problem.detail || problem.title}`, "refusal");
    if (image?.id !== entry.image_id) return;
    this.setStacks(forget(stacks, entry.mark_id));
    void this.refetch();
  }

  private setStacks(stacks: Stacks): void {
    const { image } = this.options.store.getState();
    this.options.store.setState({ stacks });
    if (image) void this.options.database.put("history", stacks, image.id);
  }

  private showPending(): void {
    const { outbox, store } = this.options;
    const { image, server, selection } = store.getState();
    if (!image || !server) return;
    const pending = outbox.pending(image.id);
    const basis = [image.id, server, ...pending.map((entry) => entry.commands), ...outbox.conflicts];
    // The outbox tells of every step that a gesture takes; most change nothing on the canvas.
    if (basis.length === this.basis.length && basis.every((part, i) => part === this.basis[i])) return;
    this.basis = basis;
    const conflicts = outbox.conflicts
      .filter((entry) => entry.image_id === image.id)
      .map(({ id, label, conflict }) => ({ entryId: id, label, problem: conflict as Problem }));
    const shown = overlay(
      server,
      pending.map((entry) => entry.commands),
      null,
    );
    const pendingIds = new Set(pending.flatMap((entry) => [...touchedBy(entry.commands)]));
    const kept = [...selection].filter((id) => shown.annotations.has(id) || shown.predictions.has(id));
    store.setState({
      shown,
      pendingIds,
      conflicts,
      ...(kept.length === selection.size ? {} : { selection: new Set(kept) }),
    });
  }

  private async reload(): Promise<void> {
    while (this.stale) {
      this.stale = false;
      await this.readAnew();
    }
  }

  private async readAnew(): Promise<void> {
    const { image } = this.options.store.getState();
    if (!image) return;
    const fresh = await this.options.fetchDocument(image.id).catch(() => null);
    const { image: now, server } = this.options.store.getState();
    if (!fresh || !server || now?.id !== image.id || fresh.version < server.version) return;
    const annotations = merge(server.annotations, [...fresh.annotations.values()]);
    this.options.store.setState({ server: { ...fresh, annotations } });
    this.showPending();
  }

  /** An event that answers one of our gestures: it names an annotation we are touching, or none while we wait. */
  private isOwn(event: FeedEvent): boolean {
    const record = event.data.annotation as { annotation_id?: string } | undefined;
    const id = (event.data.annotation_id as string | undefined) ?? record?.annotation_id;
    const { image } = this.options.store.getState();
    const waiting = image ? this.options.outbox.pending(image.id) : [];
    return waiting.some((entry) => id === undefined || touchedBy(entry.commands).has(id));
  }

  private flash(events: readonly FeedEvent[]): void {
    const { store, nameOf } = this.options;
    const until_ms = Date.now() + FLASH_MS;
    const flashes = events.flatMap((event) => {
      const id = event.data.annotation_id as string | undefined;
      return id ? [{ id, who: nameOf(event.actor), until_ms }] : [];
    });
    const last = events[events.length - 1];
    if (!last) return;
    const others = store.getState().flashes.filter((flash) => flash.until_ms > Date.now());
    store.setState({ flashes: [...others, ...flashes] });
    this.notify(`${nameOf(last.actor)}: ${last.type.replace(".", " ")}`);
    setTimeout(
      () => store.setState((state) => ({ flashes: state.flashes.filter((flash) => flash.until_ms > Date.now()) })),
      FLASH_MS + 50,
    );
  }
}
