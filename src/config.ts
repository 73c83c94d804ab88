import type { DatabaseLocation } from "./core/database-location.ts";
import type { Outcome } from "./core/outcome.ts";
import type { Secrets } from "./core/secrets.ts";
import { freezeSecrets, oddSecrets, readSecretFile, type ReadFile } from "./secret-file.ts";
import { isSet, readSetting, readText, refuse, type Environment, type Warn } from "./setting.ts";
import { FORWARD_SECRET, SETTINGS, type Settings } from "./settings.ts";

/** The whole configuration, frozen. Settings that belong together are combined. */
export interface Config extends Omit<Settings, "secret" | "previousSecret" | "twilioAuthToken" | "publicUrl"> {
  /** From the environment, or from the file that `WEBHOOK_SECRET_FILE` names. */
  readonly secrets: Secrets;
  /** `WEBHOOK_SECRET_PREVIOUS`, to be passed to `readSecretFile`; empty if unset. */
  readonly extraPrevious: readonly string[];
  /** How to verify Twilio's webhooks; undefined if none are accepted. */
  readonly twilio: Twilio | undefined;
  /** Oddities of secrets that may be intended, one line each, without any part of a secret. */
  readonly warnings: readonly string[];
}

interface Twilio {
  readonly authToken: string;
  readonly publicUrl: string;
}

type Partly<Values> = { -readonly [Key in keyof Values]?: Values[Key] };

/**
 * Reads the configuration from the environment; an empty variable is treated as unset.
 *
 * Reports every problem at once, one line each, beginning with the variable's name. No line contains a value, since any
 * variable may have been given a secret by mistake; the only exception is the path of `WEBHOOK_SECRET_FILE`.
 */
export function loadConfig(env: Environment, options: { readonly readFile?: ReadFile } = {}): Outcome<Config, readonly string[]> {
  const problems: string[] = [];
  const warnings: string[] = [];
  const settings: Partly<Settings> = {};
  const take = <Key extends keyof Settings>(key: Key): void => {
    const read = readSetting<Settings[Key]>(env, SETTINGS[key], (line) => warnings.push(line));
    if (read.ok) settings[key] = read.value;
    else problems.push(read.error);
  };
  for (const key of Object.keys(SETTINGS).filter(isSettingKey)) take(key);

  const secrets = combineSecrets(env, settings, options.readFile);
  const twilio = combineTwilio(env, settings);
  for (const outcome of [secrets, twilio]) if (!outcome.ok) problems.push(outcome.error);
  if (problems.length > 0 || !isComplete(settings) || !secrets.ok || !twilio.ok) return { ok: false, error: problems };

  if (settings.secretFile !== undefined) warnings.push(...oddSecrets(ownSecrets(secrets.value, present(settings.previousSecret))));
  const { secret: _secret, previousSecret, twilioAuthToken: _token, publicUrl: _url, ...rest } = settings;
  const config: Config = {
    ...rest,
    database: Object.freeze(rest.database),
    secrets: secrets.value,
    extraPrevious: Object.freeze(present(previousSecret)),
    twilio: twilio.value,
    warnings: Object.freeze(warnings),
  };
  return { ok: true, value: Object.freeze(config) };
}

/** The secrets of a file, without those that were added from the environment. */
export function ownSecrets({ current, previous }: Secrets, extraPrevious: readonly string[]): readonly string[] {
  return [current, ...previous.slice(0, previous.length - extraPrevious.length)];
}

/** Only the secrets, for commands that sign. A refusal is a line that begins with a variable's name. */
export function loadSecrets(env: Environment, warn?: Warn): Outcome<Secrets, string> {
  const secret = readSetting(env, SETTINGS.secret, warn);
  const secretFile = readSetting(env, SETTINGS.secretFile);
  if (!secret.ok) return secret;
  if (!secretFile.ok) return secretFile;
  const secrets = combineSecrets(env, { secret: secret.value, secretFile: secretFile.value });
  if (secrets.ok && secretFile.value !== undefined) oddSecrets([secrets.value.current]).forEach((line) => warn?.(line));
  return secrets;
}

/** `FORWARD_SECRET`, which signs forwarded messages. A refusal is a line that begins with its name. */
export function loadForwardSecret(env: Environment, warn?: Warn): Outcome<string, string> {
  const secret = readSetting(env, FORWARD_SECRET, warn);
  if (!secret.ok) return secret;
  if (secret.value === undefined) return refuse(FORWARD_SECRET, `must be set to ${FORWARD_SECRET.doc}`);
  return { ok: true, value: secret.value };
}

/** Only `DATABASE_URL`, for commands that need no secret. A refusal is a line that begins with the variable's name. */
export function loadDatabase(env: Environment): Outcome<DatabaseLocation, string> {
  return readSetting(env, SETTINGS.database);
}

/** A URL from elsewhere, read like `DATABASE_URL`. A refusal is the rule that it breaks. */
export function readDatabaseUrl(text: string): Outcome<DatabaseLocation, string> {
  return readText(SETTINGS.database, text);
}

/** Only `API_TOKEN`, for commands that read from a service. A refusal is a line that begins with the variable's name. */
export function loadApiToken(env: Environment, warn?: Warn): Outcome<string | undefined, string> {
  return readSetting(env, SETTINGS.apiToken, warn);
}

/** A variable that was refused has no value in `settings`, and is not reported again. */
function combineSecrets(env: Environment, settings: Partly<Settings>, readFile?: ReadFile): Outcome<Secrets, string> {
  const { secret, secretFile, previousSecret } = settings;
  const extraPrevious = present(previousSecret);
  if (isSet(env, SETTINGS.secretFile)) {
    if (isSet(env, SETTINGS.secret)) return refuse(SETTINGS.secretFile, "must not be set together with WEBHOOK_SECRET");
    if (secretFile !== undefined) return readSecretFile(secretFile, readFile, { extraPrevious });
  } else if (!isSet(env, SETTINGS.secret)) {
    return refuse(SETTINGS.secret, "must be set and not empty, unless WEBHOOK_SECRET_FILE is set");
  }
  return { ok: true, value: freezeSecrets(secret ?? "", extraPrevious) };
}

function combineTwilio(env: Environment, { twilioAuthToken, publicUrl }: Partly<Settings>): Outcome<Twilio | undefined, string> {
  const needed = "must be set, because TWILIO_AUTH_TOKEN and PUBLIC_URL need each other";
  const [hasToken, hasUrl] = [isSet(env, SETTINGS.twilioAuthToken), isSet(env, SETTINGS.publicUrl)];
  if (hasToken !== hasUrl) return refuse(hasToken ? SETTINGS.publicUrl : SETTINGS.twilioAuthToken, needed);
  if (twilioAuthToken === undefined || publicUrl === undefined) return { ok: true, value: undefined };
  return { ok: true, value: Object.freeze({ authToken: twilioAuthToken, publicUrl }) };
}

function present(secret: string | undefined): readonly string[] {
  return secret === undefined ? [] : [secret];
}

function isSettingKey(text: string): text is keyof Settings {
  return Object.hasOwn(SETTINGS, text);
}

function isComplete(settings: Partly<Settings>): settings is Settings {
  return Object.keys(SETTINGS).every((key) => Object.hasOwn(settings, key));
}
