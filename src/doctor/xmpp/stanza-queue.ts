import { createElement, type Element } from "ltx";

/** The elements that a server has sent and no caller has taken yet. */
export class StanzaQueue {
  readonly #elements: Element[] = [];
  #end: Element | undefined;
  #wake = () => {};

  put(element: Element): void {
    if (element.name === "stream:error") this.end(element.getChildElements()[0]?.name ?? "");
    else this.#elements.push(element);
    this.#wake();
  }

  /** Marks the end of the stream. */
  end(condition: string): void {
    this.#end ??= createElement("ended", { condition });
    this.#wake();
  }

  /**
   * Takes the next element with one of these names, and drops the others. The end of the stream is an
   * element too, `ended` with its condition; so is a timeout, `silent`.
   */
  async take(names: readonly string[], timeoutMs: number): Promise<Element> {
    const late = performance.now() + timeoutMs;
    for (;;) {
      for (let next = this.#elements.shift(); next; next = this.#elements.shift()) {
        if (names.includes(next.name)) return next;
      }
      if (this.#end) return this.#end;
      const left = late - performance.now();
      if (left <= 0) return createElement("silent");
      await this.#nextEvent(left);
    }
  }

  #nextEvent(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
