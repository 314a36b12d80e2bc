/** Waits for something that may never come, such as a goodbye to a broker that is gone. Its failure is none here. */
export async function atMost(work: Promise<unknown>, ms: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([work.catch(() => {}), late.promise]).finally(() => clearTimeout(timer));
}
