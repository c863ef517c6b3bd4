/** An order of images to walk: the project's own, or a query batch. */
export interface Sequence {
  /** The image `step` places on; null at either end. */
  at(from: string, step: number): Promise<string | null>;
}

/** A fixed list, such as a query batch in rank order. */
export function listSequence(ids: readonly string[]): Sequence {
  return {
    async at(from, step) {
      const index = ids.indexOf(from);
      // From an image outside the list, one step on enters it at its start.
      if (index < 0) return (step > 0 ? ids[0] : ids[ids.length - 1]) ?? null;
      return ids[index + step] ?? null;
    },
  };
}

export interface Neighbours {
  readonly previous: string | null;
  readonly next: string | null;
}

const REMEMBERED = 500;

/** The order of the project under its filter, asked for one neighbour at a time and remembered. */
export function neighbourSequence(ask: (id: string) => Promise<Neighbours>): Sequence {
  const known = new Map<string, Promise<Neighbours>>();
  const neighbours = (id: string) => {
    const cached = known.get(id);
    if (cached) return cached;
    if (known.size > REMEMBERED) known.clear();
    const asked = ask(id);
    known.set(id, asked);
    asked.catch(() => known.delete(id));
    return asked;
  };
  return {
    async at(from, step) {
      let current = from;
      for (let left = Math.abs(step); left > 0; left--) {
        const { previous, next } = await neighbours(current);
        const beside = step > 0 ? next : previous;
        // Ten on from the eighth last is the last, not nowhere.
        if (!beside) return current === from ? null : current;
        current = beside;
      }
      return current;
    },
  };
}
