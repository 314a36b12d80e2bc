/** Without what is absent or null, as deep as objects go. */
export function present(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => each !== undefined && each !== null).map(([name, each]) => [
      name,
      typeof each === "object" && !Array.isArray(each) ? present(each) : each,
    ]),
  );
}
