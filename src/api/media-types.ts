export const JSON_TYPE = "application/json";
/** https://github.com/ndjson/ndjson-spec */
export const NDJSON_TYPE = "application/x-ndjson";
/** WHATWG URL, "application/x-www-form-urlencoded". */
export const FORM_TYPE = "application/x-www-form-urlencoded";
/** Twilio's markup; Twilio expects such a document in every response. */
export const TWIML_TYPE = "text/xml; charset=utf-8";
/** RFC 4180, section 3. */
export const CSV_TYPE = "text/csv";
