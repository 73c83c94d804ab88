/** More reads than that waiting for one thread or pool are refused. */
export const MAX_WAITING_READS = 128;
