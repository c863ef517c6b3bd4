import type { Page } from "playwright-core";

export type At = readonly [x: number, y: number];
type Modifier = "Shift" | "Control" | "Alt";

/** A hand on the pointer, in page pixels, so that tests read as gestures. */
export class Pointer {
  constructor(private readonly page: Page) {}

  async drag(from: At, to: At, ...held: Modifier[]): Promise<void> {
    await this.press(from, ...held);
    await this.page.mouse.move(...to, { steps: 6 });
    await this.release(...held);
  }

  /** Press and move, but do not let go. */
  async press(from: At, ...held: Modifier[]): Promise<void> {
    for (const key of held) await this.page.keyboard.down(key);
    await this.page.mouse.move(...from);
    await this.page.mouse.down();
  }

  async move(to: At): Promise<void> {
    await this.page.mouse.move(...to, { steps: 4 });
  }

  async release(...held: Modifier[]): Promise<void> {
    await this.page.mouse.up();
    for (const key of held) await this.page.keyboard.up(key);
  }

  async click(at: At, ...held: Modifier[]): Promise<void> {
    await this.press(at, ...held);
    await this.release(...held);
  }

  async doubleClick(at: At): Promise<void> {
    await this.page.mouse.dblclick(...at);
  }

  async wheel(at: At, deltaY: number): Promise<void> {
    await this.page.mouse.move(...at);
    await this.page.mouse.wheel(0, deltaY);
  }
}

/** Keys, one chord after the other: `keys.press("Control+z", "1")`. */
export class Keys {
  constructor(private readonly page: Page) {}

  async press(...chords: string[]): Promise<void> {
    for (const chord of chords) await this.page.keyboard.press(chord);
  }

  async hold(key: string, during: () => Promise<void>): Promise<void> {
    await this.page.keyboard.down(key);
    await during();
    await this.page.keyboard.up(key);
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }
}
