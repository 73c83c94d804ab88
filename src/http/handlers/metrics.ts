import type { ExpositionFormat, MetricsSource } from "../../core/exposition.ts";
import { readAccept } from "../accept.ts";
import type { Handler } from "../message.ts";

const CONTENT_TYPE: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** `GET /metrics`, in the format that `Accept` prefers. */
export function createMetrics(source: MetricsSource): Handler {
  const underWay = new Map<ExpositionFormat, Promise<string>>();

  /** Scrapes that arrive during another share its result: each one probes the database and looks at files. */
  function expose(format: ExpositionFormat): Promise<string> {
    const exposition = underWay.get(format) ?? source.expose(format).finally(() => underWay.delete(format));
    underWay.set(format, exposition);
    return exposition;
  }

  return async (request) => {
    const format = preferredFormat(request.headers.accept ?? "");
    return { status: 200, body: await expose(format), contentType: CONTENT_TYPE[format] };
  };
}

/** OpenMetrics if it has the greater weight (RFC 9110, section 12.5.1); otherwise 0.0.4, also for `*`. */
export function preferredFormat(accept: string): ExpositionFormat {
  let openmetrics = 0;
  let prometheus = 0;
  for (const { type, parameters, weight } of readAccept(accept)) {
    const version = parameters.find((parameter) => parameter.startsWith("version="))?.slice(8);
    if (type === "application/openmetrics-text" && (version === undefined || version === "1.0.0")) {
      openmetrics = Math.max(openmetrics, weight);
    } else if (type === "text/plain" || type === "text/*" || type === "*/*") {
      prometheus = Math.max(prometheus, weight);
    }
  }
  return openmetrics > prometheus ? "openmetrics" : "prometheus";
}
