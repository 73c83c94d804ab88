export const EX_OK = 0;
export const EX_FAILURE = 1;
/** Wrong command line; this one and those below are of sysexits.h. */
export const EX_USAGE = 64;
/** The service cannot be reached, or cannot serve now. */
export const EX_UNAVAILABLE = 69;
/** Configuration error. */
export const EX_CONFIG = 78;
