import type { DatabaseLocation } from "../core/database-location.ts";
import type { DatabaseMaintenance } from "../core/maintenance.ts";
import { UnusableSetting } from "../core/unusable-setting.ts";
import { describeConnection, parseConnectionUrl, type ConnectionUrl } from "../postgres/url.ts";
import { openPostgresMaintenance } from "./postgres/check.ts";
import { openPostgresSource, openPostgresTarget } from "./postgres/transfer.ts";
import type { TransferSource, TransferTarget } from "./shared/transfer.ts";
import { locateFiles } from "./sqlite/files.ts";
import { openSqliteMaintenance } from "./sqlite/maintain/maintenance.ts";
import { openSqliteSource, openSqliteTarget } from "./sqlite/maintain/transfer.ts";

/** Opens the database to copy from. Rejects with an error that tells the operator what to do. */
export async function openSource(location: DatabaseLocation): Promise<TransferSource> {
  return location.kind === "postgres" ? openPostgresSource(urlOf(location.url)) : openSqliteSource(location);
}

/** Opens the database to copy to, and creates it if it is missing. Rejects with an error that tells the operator what to do. */
export async function openTarget(location: DatabaseLocation): Promise<TransferTarget> {
  return location.kind === "postgres" ? openPostgresTarget(urlOf(location.url)) : openSqliteTarget(location, Date.now());
}

/** A database that outlives the process that uses it. */
export type MaintainedLocation = Exclude<DatabaseLocation, { readonly kind: "memory" }>;

/** Opens a database to check or repair. Rejects if it does not exist or cannot be reached. */
export async function openMaintenance(location: MaintainedLocation): Promise<DatabaseMaintenance> {
  return location.kind === "postgres" ? openPostgresMaintenance(urlOf(location.url)) : openSqliteMaintenance(location.path);
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
