import { expect, test } from "vitest";
import { ago } from "./ago";
import { bytes, duration, figure, percent } from "./numbers";

test.each([
  [7, "7 s"],
  [200, "3 min 20 s"],
  [7_500, "2 h 5 min"],
  [-3, "0 s"],
])("%d seconds read %s", (seconds, words) => expect(duration(seconds)).toBe(words));

test.each([
  [999, "999 B"],
  [1_340_000, "1.3 MB"],
  [123_400_000, "123 MB"],
])("%d bytes read %s", (count, words) => expect(bytes(count)).toBe(words));

test("a missing figure is a dash", () => {
  expect(figure(null)).toBe("–");
  expect(percent(undefined)).toBe("–");
  expect(percent(0.876)).toBe("88 %");
});

test("how long ago, in the largest unit", () => {
  const now = Date.parse("2026-01-02T00:00:00Z");
  expect(ago("2026-01-01T23:59:50Z", now)).toBe("just now");
  expect(ago("2026-01-01T21:00:00Z", now)).toBe("3 hours ago");
});
