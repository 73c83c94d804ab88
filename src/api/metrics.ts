import { WITH_BODY } from "./headers.ts";
import type { Operation } from "./operation.ts";

/** `GET /metrics` */
export const GET_METRICS: Operation = {
  method: "GET",
  path: "/metrics",
  tag: "Health and metrics",
  access: "open",
  summary: "Metrics for Prometheus",
  description: "Prometheus text 0.0.4, or OpenMetrics 1.0 if the `Accept` header gives it the greater weight.",
  parameters: [],
  responses: {
    200: {
      description: "All metrics of this process.",
      headers: WITH_BODY,
      content: {
        "text/plain; version=0.0.4; charset=utf-8": {
          schema: { type: "string" },
          examples: {
            counter: {
              value: "# HELP webhook_conflicts_total Repeats whose content differs from the stored message.\n"
                + "# TYPE webhook_conflicts_total counter\n"
                + "webhook_conflicts_total 0\n",
            },
          },
        },
        "application/openmetrics-text; version=1.0.0; charset=utf-8": {
          schema: { type: "string", pattern: "# EOF\\n$" },
          examples: {
            counter: {
              value: "# HELP webhook_conflicts Repeats whose content differs from the stored message.\n"
                + "# TYPE webhook_conflicts counter\n"
                + "webhook_conflicts_total 0\n"
                + "# EOF\n",
            },
          },
        },
      },
    },
  },
};
