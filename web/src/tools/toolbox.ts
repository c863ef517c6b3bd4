import { boxTool } from "./box";
import type { ToolContext } from "./context";
import { cutTool } from "./cut";
import { extremesTool } from "./extremes";
import { type Intent, Machine, type Pointing, type State } from "./machine";
import { panTool } from "./pan";
import { polygonTool } from "./polygon";
import { selectTool } from "./select";

export type ToolName = "select" | "box" | "extremes" | "polygon" | "cut" | "pan";

const TOOLS: Record<ToolName, (context: ToolContext) => State> = {
  select: selectTool,
  box: boxTool,
  extremes: (context) => extremesTool(context),
  polygon: polygonTool,
  cut: cutTool,
  pan: panTool,
};

/** The armed tool, and the select tool that Ctrl lends to an idle drawing tool. */
export class Toolbox {
  private armed: Machine;
  private lent: Machine | null = null;

  constructor(
    private readonly context: ToolContext,
    private name: ToolName,
  ) {
    this.armed = new Machine(() => TOOLS[name](context));
  }

  get busy(): boolean {
    return (this.lent ?? this.armed).busy;
  }

  arm(name: ToolName): void {
    if (name === this.name) return;
    this.reset();
    this.name = name;
    this.armed = new Machine(() => TOOLS[name](this.context));
  }

  dispatch(event: "down" | "move" | "up" | "double", at: Pointing): void {
    const lendable = this.name !== "select" && !this.armed.busy && at.ctrl;
    if (lendable && !this.lent) this.lent = new Machine(() => selectTool(this.context));
    (this.lent ?? this.armed).dispatch(event, at);
    if (this.lent && !this.lent.busy && !at.ctrl) this.handBack();
  }

  intend(intent: Intent): boolean {
    return (this.lent ?? this.armed).intend(intent);
  }

  reset(): void {
    this.lent = null;
    this.armed.reset();
    this.context.draft(null);
    this.context.hover(null);
  }

  private handBack(): void {
    this.lent = null;
    this.context.hover(null);
    this.armed.reset();
  }
}
