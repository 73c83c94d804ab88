/** The maximum number of reads that wait for one thread or pool; more are refused. */
export const MAX_WAITING_READS = 128;
