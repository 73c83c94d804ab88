import { COVERED, createFaultList, inIndexSnapshot, type CheckFunction } from "./check.ts";

const MATCHES = "m.seq = s.seq AND m.from_msisdn = s.from_msisdn AND m.message_id = s.message_id AND rtrim(m.ts, 'Z') = s.key";

/**
 * Compares `sender_messages` with the rows that it should have. Two of its rows cannot point to the same message, as their
 * primary keys would be equal. So if each of its rows points to a message, and there are as many rows as messages, none is missing.
 */
export const checkSenders: CheckFunction = (db) =>
  inIndexSnapshot(db, (high) => {
    const faults = createFaultList();
    const count = (rows: string, values: Record<string, number> = {}): number =>
      Number(db.prepare(`SELECT count(*) AS n FROM ${rows}`).get(values)?.["n"]);
    const rows = count("sender_messages");
    const wrong = count(`sender_messages AS s LEFT JOIN (SELECT * FROM ${COVERED}) AS m ON ${MATCHES} WHERE m.seq IS NULL`, { high });
    const messages = count(COVERED, { high });
    const missing = messages - (rows - wrong);
    if (wrong > 0) faults.add(`${wrong} rows of sender_messages point to messages that do not exist`);
    if (missing > 0) faults.add(`${missing} messages are missing from sender_messages`);
    return faults.finding(`${rows} rows`);
  });
