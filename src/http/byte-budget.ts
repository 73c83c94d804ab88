/** Bytes that all connections together may make the service hold. */
export interface ByteBudget {
  /** False, and nothing is taken, where that many are not left. */
  take(bytes: number): boolean;
  /** Takes them even where they are not left. */
  overdraw(bytes: number): void;
  giveBack(bytes: number): void;
  exhausted(): boolean;
}

/** A budget of `limitBytes`, none of which is taken. */
export function createByteBudget(limitBytes: number): ByteBudget {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > limitBytes) return false;
      taken += bytes;
      return true;
    },
    overdraw(bytes) {
      taken += bytes;
    },
    giveBack(bytes) {
      taken -= bytes;
    },
    exhausted: () => taken >= limitBytes,
  };
}
