import type { DatabaseLocation, PostgresLocation } from "../core/database-location.ts";
import { UnusableSetting } from "../core/unusable-setting.ts";
import { describeConnection, parseConnectionUrl, type ConnectionUrl } from "../postgres/url.ts";
import { openChecks, type Checks } from "./postgres/check.ts";
import { openPostgresSource, openPostgresTarget } from "./postgres/transfer.ts";
import type { TransferSource, TransferTarget } from "./shared/transfer.ts";
import { locateFiles } from "./sqlite/files.ts";
import { openSqliteSource, openSqliteTarget } from "./sqlite/maintain/transfer.ts";

/** Opens what is to be copied. Rejects with an error that tells the operator what to do. */
export async function openSource(location: DatabaseLocation): Promise<TransferSource> {
  return location.kind === "postgres" ? openPostgresSource(urlOf(location.url)) : openSqliteSource(location);
}

/** Opens what is to be copied to, and creates it if it is missing. Rejects with an error that tells the operator what to do. */
export async function openTarget(location: DatabaseLocation): Promise<TransferTarget> {
  return location.kind === "postgres" ? openPostgresTarget(urlOf(location.url)) : openSqliteTarget(location, Date.now());
}

/** Connects for the checks of `verify`. Rejects if the server cannot be reached. */
export async function openServerChecks(location: PostgresLocation): Promise<Checks> {
  return openChecks(urlOf(location.url));
}

/** For people: a path, or `user@host/database`; no password. */
export function describeLocation(location: DatabaseLocation): string {
  return location.kind === "postgres" ? describeConnection(urlOf(location.url)) : locateFiles(location).location;
}

function urlOf(text: string): ConnectionUrl {
  const url = parseConnectionUrl(text);
  if (!url.ok) throw new UnusableSetting("DATABASE_URL", url.error);
  return url.value;
}
