/** A cycle of a directed graph as the names along it (first = last), or undefined where there is none. */
export function findCycle<T>(nodes: Iterable<T>, next: (node: T) => Iterable<T>): T[] | undefined {
  const done = new Set<T>();
  const onPath = new Set<T>();
  for (const start of nodes) {
    if (done.has(start)) continue;
    const path: { readonly node: T; readonly rest: Iterator<T> }[] = [];
    const enter = (node: T): void => {
      onPath.add(node);
      path.push({ node, rest: next(node)[Symbol.iterator]() });
    };
    enter(start);
    while (path.length > 0) {
      const { node, rest } = path.at(-1)!;
      const step = rest.next();
      if (step.done) {
        onPath.delete(node);
        done.add(node);
        path.pop();
      } else if (onPath.has(step.value)) {
        const names = path.map((each) => each.node);
        return [...names.slice(names.indexOf(step.value)), step.value];
      } else if (!done.has(step.value)) enter(step.value);
    }
  }
  return undefined;
}
