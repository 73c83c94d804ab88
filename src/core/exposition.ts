export type ExpositionFormat = "prometheus" | "openmetrics";

/** The whole exposition as text, in one of two formats. */
export interface MetricsSource {
  expose(format: ExpositionFormat): Promise<string>;
}
