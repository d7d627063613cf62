/** A plan of PostgreSQL, and every plan below it. */
export function allOf<P extends { readonly Plans?: readonly P[] }>(plan: P): readonly P[] {
  return [plan, ...(plan.Plans ?? []).flatMap((below) => allOf(below))];
}
