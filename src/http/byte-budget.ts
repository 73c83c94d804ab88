/** Limits the bytes that all connections together may make the service hold. */
export interface ByteBudget {
  /** Takes bytes from the budget; false, without taking any, if there are not enough left. */
  take(bytes: number): boolean;
  /** Takes bytes even if there are not enough left. */
  overdraw(bytes: number): void;
  giveBack(bytes: number): void;
  exhausted(): boolean;
}

/** An unused budget of `limitBytes`. */
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
