/** One scrape for the whole system: the API's own metrics, the receiver's, and every worker's. */
import { mergeExpositions, type Metrics } from "../runtime/metrics.ts";

const WITHIN_MS = 2_000;

/** Processes that do not answer are left out and counted. */
export async function scrapeAll(own: Metrics, addresses: Iterable<string>): Promise<string> {
  const missing = own.gauge("gfm_scrape_missing", "Processes of the system that did not answer this scrape");
  const texts = await Promise.all([...addresses].map(async (address) => {
    try {
      const response = await fetch(`${address}/metrics`, { signal: AbortSignal.timeout(WITHIN_MS) });
      return await response.text();
    } catch {
      return null; // it is just being started, or gone: shown by the gauge
    }
  }));
  missing.set(texts.filter((text) => text === null).length);
  return mergeExpositions([own.render(), ...texts.filter((text) => text !== null)]);
}
