import fc from "fast-check";
import { expect, test } from "vitest";
import { extended, type PageChain, pagesOf, START } from "./pageChain";

test("pages cover what is shown", () => {
  expect(pagesOf(0, 1, 200)).toEqual({ first: 0, last: 0 });
  expect(pagesOf(199, 201, 200)).toEqual({ first: 0, last: 1 });
  expect(pagesOf(400, 600, 200)).toEqual({ first: 2, last: 2 });
});

test("a chain walked page by page knows every cursor", () => {
  const cursors = ["b", "c", "d", null];
  const chain = cursors.reduce<PageChain>((known, next, page) => extended(known, page, next), START);
  expect(chain).toEqual([null, "b", "c", "d"]);
});

test("a page that ends elsewhere than before cuts off what was known behind it", () => {
  expect(extended([null, "b", "c", "d"], 1, "x")).toEqual([null, "b", "x"]);
  expect(extended([null, "b", "c", "d"], 1, null)).toEqual([null, "b"]);
});

test("hearing the same again changes nothing, not even the array", () => {
  const chain: PageChain = [null, "b", "c"];
  expect(extended(chain, 0, "b")).toBe(chain);
  expect(extended(chain, 2, null)).toBe(chain);
  expect(extended(chain, 7, "z")).toBe(chain);
});

test("whatever pages are heard in whatever order, the chain stays gapless from the start", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 9 }), fc.option(fc.string(), { nil: null }))), (heard) => {
      const chain = heard.reduce<PageChain>((known, [page, next]) => extended(known, page, next), START);
      expect(chain[0]).toBeNull();
      expect(chain.slice(1).every((cursor) => cursor !== null)).toBe(true);
    }),
  );
});
