/** A function that any number of calls in one turn of the event loop lead to one call of. */
export function coalesced(action: () => void): () => void {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      action();
    });
  };
}
