/** One entry of an `Accept` header (RFC 9110, section 12.5.1), in lower case. */
export interface MediaRange {
  readonly type: string;
  /** `name=value`, without the weight. */
  readonly parameters: readonly string[];
  /** 0 to 1; 0 if it cannot be parsed. */
  readonly weight: number;
}

/** The media ranges of an `Accept` header (RFC 9110, section 12.5.1), in its order. */
export function readAccept(accept: string): readonly MediaRange[] {
  return accept.split(",").map((range) => {
    // A value means the same with and without quotes (section 5.6.6).
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase().replace(/="([^"]*)"$/, "=$1"));
    const quality = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    return {
      type,
      parameters: parameters.filter((parameter) => !parameter.startsWith("q=")),
      weight: quality === undefined ? 1 : Number(quality) || 0,
    };
  });
}

/**
 * The offered type with the greatest weight. Among types of equal weight, one that the header names is preferred to one covered by
 * a `*`; among those, the first offered. If no type is acceptable, also the first offered.
 */
export function preferredType<Type extends string>(accept: string, offers: readonly [Type, ...Type[]]): Type {
  const ranges = readAccept(accept);
  let preferred = offers[0];
  let best = 0;
  for (const offer of offers) {
    // The most specific range that covers a type decides its weight. Specificity only decides between equal weights: one step of
    // it is smaller than any difference of weights.
    const covering = [offer, `${offer.slice(0, offer.indexOf("/"))}/*`, "*/*"];
    const specificity = covering.findIndex((type) => ranges.some((range) => range.type === type));
    if (specificity === -1) continue;
    const weight = Math.max(...ranges.filter(({ type }) => type === covering[specificity]).map((range) => range.weight));
    const rank = weight === 0 ? 0 : weight - specificity * 1e-6;
    if (rank > best) {
      best = rank;
      preferred = offer;
    }
  }
  return preferred;
}
