import type { RowWindow } from "./row-window.ts";

export interface ReachOptions {
  readonly list: HTMLElement;
  readonly above: HTMLElement;
  readonly rows: RowWindow;
}

/** Decides which pages of the list are close enough to what the reader sees. */
export interface Reach {
  /** The page to load next; undefined if all close ones are there. */
  wanted(): number | undefined;
  /** Removes the pages that are far away. */
  removeFar(): void;
  /** Calls `onMove` after the reader has moved, at most once per frame. */
  watch(onMove: () => void): void;
}

/** Pages closer to the screen than this are loaded, in screen heights. */
const FETCH_WITHIN = 1.5;
/** Pages further away are removed. */
const KEEP_WITHIN = 4;

/** Measures the positions of the elements in the window. */
export function createReach({ list, above, rows }: ReachOptions): Reach {
  return {
    wanted() {
      const { top, bottom } = list.getBoundingClientRect();
      const near = FETCH_WITHIN * innerHeight;
      const isBelow = rows.to() < rows.pages.length;
      const inSight = rows.pageAt(-above.getBoundingClientRect().top);
      const isFar = bottom < -near || top > innerHeight + near;
      if (isFar && (inSight < rows.from() || inSight >= rows.to())) return inSight;
      if (top > -near && rows.from() > 0) return rows.from() - 1;
      if (bottom < innerHeight + near && isBelow) return rows.to();
      return undefined;
    },
    removeFar() {
      const far = KEEP_WITHIN * innerHeight;
      for (;;) {
        const first = rows.pages[rows.from()];
        const last = rows.pages[rows.to() - 1];
        if (first === undefined || last === undefined || rows.to() - rows.from() < 2) return;
        const { top, bottom } = list.getBoundingClientRect();
        if (top + rows.heightOf(first) < -far) rows.hideFirst();
        else if (bottom - rows.heightOf(last) > innerHeight + far) rows.hideLast();
        else return;
      }
    },
    watch(onMove) {
      let scheduled = false;
      const schedule = (): void => {
        if (scheduled) return;
        scheduled = true;
        requestAnimationFrame(() => {
          scheduled = false;
          if (rows.pages.length > 0) onMove();
        });
      };
      addEventListener("scroll", schedule, { passive: true });
      addEventListener("resize", schedule);
    },
  };
}
