import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";

/** Ask again until the answer is the expected one; on giving up, show both. */
export async function eventually<T>(ask: () => Promise<T>, expected: T, within_ms = 15_000): Promise<void> {
  const end = Date.now() + within_ms;
  let answer = await ask();
  while (!isDeepStrictEqual(answer, expected) && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer = await ask();
  }
  assert.deepStrictEqual(answer, expected);
}
