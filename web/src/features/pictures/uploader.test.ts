import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { Upload } from "../../api/types";
import { FILES_PER_REQUEST, type SendFiles, sharesOf, Uploader, UploadRefused, type UploadStore } from "./uploader";
import type { QueuedFile } from "./uploadStore";

const file = (name: string, size = 10): File => new File([new Uint8Array(size)], name, { type: "image/jpeg" });

/** What IndexedDB keeps over a reload. */
function shelf(): UploadStore & { kept: Map<number, QueuedFile> } {
  const kept = new Map<number, QueuedFile>();
  let id = 0;
  return {
    kept,
    async add(projectId, files) {
      const queued = files.map((each) => ({ id: ++id, projectId, file: each }));
      for (const each of queued) kept.set(each.id, each);
      return queued;
    },
    waiting: async (projectId) => [...kept.values()].filter((each) => each.projectId === projectId),
    async remove(ids) {
      for (const each of ids) kept.delete(each);
    },
  };
}

const registeredAll: SendFiles = async (_project, files) => ({
  registered: files.map(({ name }) => ({ id: name, file_name: name, width: 1, height: 1 })),
  duplicates: [],
  rejected: [],
});

describe("uploader", () => {
  test("sends a few dozen at a time, each file once", async () => {
    const sent: string[][] = [];
    const uploader = new Uploader("p", shelf(), (project, files, onBytes) => {
      sent.push(files.map(({ name }) => name));
      return registeredAll(project, files, onBytes);
    });
    const names = Array.from({ length: 120 }, (_, i) => `${i}.jpg`);
    await uploader.add(names.map((name) => file(name)));
    expect(sent.map(({ length }) => length)).toEqual([FILES_PER_REQUEST, FILES_PER_REQUEST, 20]);
    expect(sent.flat()).toEqual(names);
    expect(uploader.store.getState()).toMatchObject({ total: 120, sent: 120, registered: 120, running: false });
  });

  test("a zip goes alone", async () => {
    const sent: string[][] = [];
    const uploader = new Uploader("p", shelf(), (project, files, onBytes) => {
      sent.push(files.map(({ name }) => name));
      return registeredAll(project, files, onBytes);
    });
    await uploader.add([file("a.jpg"), file("b.zip"), file("c.jpg")]);
    expect(sent).toEqual([["a.jpg"], ["b.zip"], ["c.jpg"]]);
  });

  test("tries again while the server is away, and counts nothing twice", async () => {
    let failures = 3;
    const uploader = new Uploader("p", shelf(), (project, files, onBytes) => {
      onBytes(7);
      return failures-- > 0 ? Promise.reject(new Error("away")) : registeredAll(project, files, onBytes);
    });
    vi.useFakeTimers();
    try {
      const sending = uploader.add([file("a.jpg"), file("b.jpg")]);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(uploader.store.getState()).toMatchObject({ sent: 0, bytesSent: 0, trouble: "away", running: true });
      await vi.runAllTimersAsync();
      await sending;
    } finally {
      vi.useRealTimers();
    }
    expect(uploader.store.getState()).toMatchObject({ sent: 2, registered: 2, bytesSent: 20, trouble: null });
  });

  test("goes on after a reload with what was not yet answered", async () => {
    const kept = shelf();
    const never: SendFiles = () => new Promise<Upload>(() => {});
    void new Uploader("p", kept, never).add([file("a.jpg"), file("b.jpg")]);
    await vi.waitFor(() => expect(kept.kept.size).toBe(2));
    await kept.add("another project", [file("c.jpg")]);
    const sent: string[] = [];
    const reloaded = new Uploader("p", kept, (project, files, onBytes) => {
      sent.push(...files.map(({ name }) => name));
      return registeredAll(project, files, onBytes);
    });
    await reloaded.resume();
    expect(sent).toEqual(["a.jpg", "b.jpg"]);
    expect([...kept.kept.values()].map(({ projectId }) => projectId)).toEqual(["another project"]);
  });

  test("what the server refuses for good is listed with its reason and not kept", async () => {
    const kept = shelf();
    const uploader = new Uploader("p", kept, () => Promise.reject(new UploadRefused("too large")));
    await uploader.add([file("a.jpg")]);
    expect(uploader.store.getState().rejected).toEqual([{ file_name: "a.jpg", reason: "too large" }]);
    expect(kept.kept.size).toBe(0);
  });
});

test("the bytes that have left are shared out over the files in their order", () => {
  expect(sharesOf([{ size: 10 }, { size: 20 }, { size: 5 }], 20)).toEqual([1, 0.5, 0]);
  fc.assert(
    fc.property(fc.array(fc.record({ size: fc.nat(1000) })), fc.nat(50_000), (files, bytes) => {
      const shares = sharesOf(files, bytes);
      const told = shares.reduce((sum, share, index) => sum + share * (files[index]?.size ?? 0), 0);
      const total = files.reduce((sum, { size }) => sum + size, 0);
      expect(told).toBeCloseTo(Math.min(bytes, total), 6);
      expect(shares).toEqual([...shares].sort((a, b) => b - a));
    }),
  );
});

test("the files under way are told while they are, and not afterwards", async () => {
  const told: unknown[] = [];
  const uploader: Uploader = new Uploader("p", shelf(), (project, files, onBytes) => {
    onBytes(15);
    const { onTheWay, bytesOnTheWay } = uploader.store.getState();
    told.push({ names: onTheWay.map(({ file_name }) => file_name), bytesOnTheWay });
    return registeredAll(project, files, onBytes);
  });
  await uploader.add([file("a.jpg"), file("b.jpg")]);
  expect(told).toEqual([{ names: ["a.jpg", "b.jpg"], bytesOnTheWay: 15 }]);
  expect(uploader.store.getState()).toMatchObject({ onTheWay: [], bytesOnTheWay: 0 });
});
