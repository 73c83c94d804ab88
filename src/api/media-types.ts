export const JSON_TYPE = "application/json";
/** https://github.com/ndjson/ndjson-spec */
export const NDJSON_TYPE = "application/x-ndjson";
/** RFC 4180, section 3. */
export const CSV_TYPE = "text/csv";
