import { createElement, type Element } from "ltx";

/** What a server has sent and nobody has taken yet. */
export class Inbox {
  readonly #elements: Element[] = [];
  #end: Element | undefined;
  #wake = () => {};

  put(element: Element): void {
    if (element.name === "stream:error") this.end(element.getChildElements()[0]?.name ?? "");
    else this.#elements.push(element);
    this.#wake();
  }

  /** Nothing more comes. */
  end(condition: string): void {
    this.#end ??= createElement("ended", { condition });
    this.#wake();
  }

  /**
   * Takes the next element with one of these names, and passes over others. An end is told as an
   * element too: `ended` with its condition, or `silent` after so many milliseconds.
   */
  async take(names: readonly string[], patience: number): Promise<Element> {
    const late = performance.now() + patience;
    for (;;) {
      for (let next = this.#elements.shift(); next; next = this.#elements.shift()) {
        if (names.includes(next.name)) return next;
      }
      if (this.#end) return this.#end;
      const left = late - performance.now();
      if (left <= 0) return createElement("silent");
      await this.#something(left);
    }
  }

  #something(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, patience);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
