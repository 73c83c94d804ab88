import { createFaultList, inSnapshot, numberOf, type Check } from "./check.ts";

const MATCHES = "m.seq = s.seq AND m.from_msisdn = s.from_msisdn AND m.message_id = s.message_id AND rtrim(m.ts, 'Z') = s.key";

/**
 * Compares `sender_messages` with the rows up to its mark. Two of its rows cannot point to one message, as their
 * primary keys would be equal: so where each points to one and there are as many of both, none is missing.
 */
export const checkSenders: Check = (db) =>
  inSnapshot(db, () => {
    const faults = createFaultList();
    const mark = numberOf(db, "SELECT sender_mark AS value FROM index_state");
    const rows = numberOf(db, "SELECT count(*) AS value FROM sender_messages");
    const wrong = numberOf(db, `
      SELECT count(*) AS value FROM sender_messages AS s LEFT JOIN messages AS m ON ${MATCHES} WHERE m.seq IS NULL OR m.seq > ?`, mark);
    const messages = numberOf(db, "SELECT count(*) AS value FROM messages NOT INDEXED WHERE seq <= ?", mark);
    const missing = messages - (rows - wrong);
    if (wrong > 0) faults.add(`${wrong} rows of sender_messages point to no such message`);
    if (missing > 0) faults.add(`${missing} messages are missing from sender_messages`);
    return faults.finding(`${rows} rows`);
  });
