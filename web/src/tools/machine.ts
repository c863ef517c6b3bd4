import type { ImagePoint, ScreenPoint } from "../geometry/point";

/** One pointer event in both spaces, with the modifiers that tools care about. */
export interface Pointing {
  readonly screen: ScreenPoint;
  readonly image: ImagePoint;
  readonly button: number;
  readonly shift: boolean;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly pointerType: string;
}

/** What a key can ask of a tool. */
export type Intent = "finish" | "cancel" | "remove_last" | "delete";

/**
 * One state of a tool. A handler answers with the next state, or undefined to stay; `intent` answers "handled" to stay
 * and undefined when the state has no use for it, so that the key may mean something else.
 */
export interface State {
  /** True while a gesture is under way: keys then get their drawing meaning. */
  readonly busy: boolean;
  enter?(): void;
  exit?(): void;
  down?(at: Pointing): State | undefined;
  move?(at: Pointing): State | undefined;
  up?(at: Pointing): State | undefined;
  double?(at: Pointing): State | undefined;
  intent?(intent: Intent): State | "handled" | undefined;
}

export class Machine {
  private current: State;

  constructor(private readonly initial: () => State) {
    this.current = initial();
    this.current.enter?.();
  }

  get busy(): boolean {
    return this.current.busy;
  }

  dispatch(event: "down" | "move" | "up" | "double", at: Pointing): void {
    this.go(this.current[event]?.(at));
  }

  /** True when the state used it. */
  intend(intent: Intent): boolean {
    const answer = this.current.intent?.(intent);
    if (answer && answer !== "handled") this.go(answer);
    return answer !== undefined;
  }

  /** Abandon whatever is under way. */
  reset(): void {
    this.go(this.initial());
  }

  private go(next: State | undefined): void {
    if (!next) return;
    this.current.exit?.();
    this.current = next;
    next.enter?.();
  }
}
