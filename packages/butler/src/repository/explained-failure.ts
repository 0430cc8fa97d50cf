const explanations = new WeakMap<object, () => Promise<unknown>>();

/**
 * Says how a failed write can be explained. Explaining asks the database, which a PostgreSQL transaction no longer answers
 * once a statement in it was refused; so it is done by whoever ended the transaction or savepoint.
 */
export function explainLater(error: unknown, explain: () => Promise<unknown>): void {
  if (typeof error === "object" && error !== null && !explanations.has(error))
    explanations.set(error, explain);
}

/** The error to tell: the explanation of a failure, if one was promised, else the failure itself. */
export async function explainFailure(error: unknown): Promise<unknown> {
  const explain = typeof error === "object" && error !== null ? explanations.get(error) : undefined;
  return explain === undefined ? error : explain();
}
