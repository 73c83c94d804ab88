export const EX_OK = 0;
export const EX_FAILURE = 1;
/** Wrong command line. This status and those below come from sysexits.h. */
export const EX_USAGE = 64;
/** The service cannot be reached, or cannot serve at the moment. */
export const EX_UNAVAILABLE = 69;
/** Configuration error. */
export const EX_CONFIG = 78;
