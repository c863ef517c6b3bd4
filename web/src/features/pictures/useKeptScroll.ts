import { useEffect } from "react";

/** How far each list was scrolled when it was left, px. */
const left = new Map<string, number>();
/** Frames to wait for the list to be as long as it was. */
const PATIENCE = 120;

/** Back from a picture, a list stands where it was left. `ready` once its length is known. */
export function useKeptScroll(list: string, ready: boolean): void {
  useEffect(() => {
    const scroller = document.querySelector("#content");
    if (!scroller || !ready) return;
    const wanted = left.get(list) ?? 0;
    let frame = 0;
    let tries = wanted > 0 ? PATIENCE : 0;
    const restore = () => {
      if (tries-- <= 0) return;
      if (scroller.scrollHeight - scroller.clientHeight >= wanted) {
        tries = 0;
        scroller.scrollTop = wanted;
      } else frame = requestAnimationFrame(restore);
    };
    restore();
    const keep = () => tries <= 0 && left.set(list, scroller.scrollTop);
    scroller.addEventListener("scroll", keep, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      scroller.removeEventListener("scroll", keep);
    };
  }, [list, ready]);
}
