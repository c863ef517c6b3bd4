import { ACTION, PEEK } from "./actions";
import { type Bench, state } from "./bench";
import { type Bindings, categoryFor, resolve, scopesFor } from "./keymap";
import { chooseCategory } from "./shapeActions";

/** Fields where typing is typing. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [role=combobox]") !== null
  );
}

/** Controls for which these keys already mean something. */
const CONTROL_KEYS = new Set([
  "Enter",
  " ",
  "Tab",
  "ArrowLeft",
  "ArrowRight",
  "ArrowUp",
  "ArrowDown",
  "PageUp",
  "PageDown",
]);

/** Keys of the annotation page: actions by binding, categories by their own keys, Space to pan while held. */
export class Keyboard {
  private readonly listening = new AbortController();
  private space = false;
  private peekCode: string | null = null;

  constructor(
    private readonly bench: Bench,
    private readonly bindings: () => Bindings,
    private readonly canvas: HTMLElement,
  ) {
    const { signal } = this.listening;
    window.addEventListener("keydown", (event) => this.down(event), { signal });
    window.addEventListener("keyup", (event) => this.up(event), { signal });
    window.addEventListener("blur", () => this.letGo(), { signal });
  }

  get panHeld(): boolean {
    return this.space;
  }

  dispose(): void {
    this.listening.abort();
  }

  private down(event: KeyboardEvent): void {
    if (event.defaultPrevented || isTyping(event.target) || this.isDialogOpen()) return;
    const onCanvas = event.target === this.canvas || event.target === document.body;
    // A focused button or list keeps its keys; and Tab always leaves it, so that no one is trapped.
    if (!onCanvas && CONTROL_KEYS.has(event.key) && !event.ctrlKey && !event.metaKey) return;
    if (this.hold(event)) return;
    const { selection, categories } = state(this.bench);
    const id = resolve(this.bindings(), event, scopesFor(this.bench.toolbox.busy, selection.size > 0));
    const action = id === undefined ? undefined : ACTION.get(id);
    const category = action ? undefined : categoryFor(categories, event);
    if (!action && !category) return;
    event.preventDefault();
    if (category) chooseCategory(this.bench, category.id);
    else if (id !== PEEK) action?.run(this.bench);
    else if (!event.repeat) {
      this.peekCode = event.code;
      action?.run(this.bench);
    }
  }

  private hold(event: KeyboardEvent): boolean {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (plain && event.key === " " && !this.bench.toolbox.busy) {
      event.preventDefault();
      this.space = true;
      return true;
    }
    return false;
  }

  private up(event: KeyboardEvent): void {
    if (event.code === this.peekCode) this.bench.store.setState({ peeking: false });
    if (event.key === " ") this.space = false;
  }

  private letGo(): void {
    this.space = false;
    this.bench.store.setState({ peeking: false });
  }

  private isDialogOpen(): boolean {
    return document.querySelector('[role="dialog"], [role="menu"]') !== null;
  }
}
