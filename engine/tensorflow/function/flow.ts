/**
 * Least cuts of networks (Dinic's algorithm; E. A. Dinic, 1970).
 * @module
 */

/** A directed network; nodes are numbers from 0. */
export class FlowNetwork {
  /** Edges come in pairs: an edge, then the way back along it. */
  readonly #to: number[] = [];
  /** What an edge can still carry. */
  readonly #left: number[] = [];
  readonly #edges: number[][] = [];

  /** A new node. */
  node(): number {
    return this.#edges.push([]) - 1;
  }

  /** @param capacity may be infinite, but not all along a way to the sink. */
  edge(from: number, to: number, capacity: number): void {
    this.#edges[from]!.push(this.#to.push(to) - 1);
    this.#left.push(capacity);
    this.#edges[to]!.push(this.#to.push(from) - 1);
    this.#left.push(0);
  }

  /**
   * Fills the network, and cuts it where it is full.
   * @returns whether a node is on the sink's side, by node: of all least cuts
   * the one nearest to the sink.
   */
  leastCut(source: number, sink: number): boolean[] {
    for (;;) {
      const levels = this.#levels(source);
      if (levels[sink] === -1) return this.#reaching(sink);
      this.#fill(source, sink, levels);
    }
  }

  /** Edges between the source and each node, −1 for those out of reach. */
  #levels(source: number): Int32Array {
    const levels = new Int32Array(this.#edges.length).fill(-1);
    levels[source] = 0;
    const queue = [source];
    for (const node of queue) {
      for (const edge of this.#edges[node]!) {
        const to = this.#to[edge]!;
        if (this.#left[edge]! === 0 || levels[to] !== -1) continue;
        levels[to] = levels[node]! + 1;
        queue.push(to);
      }
    }
    return levels;
  }

  /** Fills all shortest ways. */
  #fill(source: number, sink: number, levels: Int32Array): void {
    const next = new Int32Array(this.#edges.length);
    const path: number[] = [];
    for (;;) {
      const node = path.length ? this.#to[path.at(-1)!]! : source;
      if (node === sink) {
        this.#push(path);
        path.length = 0;
        continue;
      }
      const edge = this.#edges[node]![next[node]!];
      if (edge === undefined) {
        if (path.length === 0) return;
        next[this.#to[path.pop()! ^ 1]!]!++;
      } else if (
        this.#left[edge]! > 0 && levels[this.#to[edge]!] === levels[node]! + 1
      ) path.push(edge);
      else next[node]!++;
    }
  }

  #push(path: readonly number[]): void {
    const amount = Math.min(...path.map((edge) => this.#left[edge]!));
    for (const edge of path) {
      this.#left[edge]! -= amount;
      this.#left[edge ^ 1]! += amount;
    }
  }

  /** Nodes from which the sink can still be reached. */
  #reaching(sink: number): boolean[] {
    const found = new Array<boolean>(this.#edges.length).fill(false);
    found[sink] = true;
    const queue = [sink];
    for (const node of queue) {
      for (const edge of this.#edges[node]!) {
        const from = this.#to[edge]!;
        if (found[from] || this.#left[edge ^ 1]! === 0) continue;
        found[from] = true;
        queue.push(from);
      }
    }
    return found;
  }
}
