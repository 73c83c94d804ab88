import { WITHIN_ROUND } from "../read/rows.ts";
import { createFaultList, inSnapshot, numberOf, type Check } from "./check.ts";

const MATCHES = "m.seq = s.seq AND m.from_msisdn = s.from_msisdn AND m.message_id = s.message_id AND rtrim(m.ts, 'Z') = s.key";
const DERIVED = `messages NOT INDEXED WHERE seq <= (SELECT sender_mark FROM index_state) OR ${WITHIN_ROUND}`;

/**
 * Compares `sender_messages` with the rows that it should have. Two of its rows cannot point to one message, as their
 * primary keys would be equal: so where each points to one and there are as many of both, none is missing.
 */
export const checkSenders: Check = (db) =>
  inSnapshot(db, () => {
    const faults = createFaultList();
    const rows = numberOf(db, "SELECT count(*) AS value FROM sender_messages");
    const wrong = numberOf(db, `
      SELECT count(*) AS value FROM sender_messages AS s LEFT JOIN (SELECT * FROM ${DERIVED}) AS m ON ${MATCHES} WHERE m.seq IS NULL`);
    const messages = numberOf(db, `SELECT count(*) AS value FROM ${DERIVED}`);
    const missing = messages - (rows - wrong);
    if (wrong > 0) faults.add(`${wrong} rows of sender_messages point to no such message`);
    if (missing > 0) faults.add(`${missing} messages are missing from sender_messages`);
    return faults.finding(`${rows} rows`);
  });
