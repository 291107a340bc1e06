/** Listeners by the name of what they listen to, and events as something to iterate over. */

/** A listener that throws keeps no other from hearing: its error is reported as one that nobody caught. */
export class Listeners<Events extends object> {
  private readonly byName = new Map<keyof Events, Set<(event: never) => void>>();

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const named = this.byName.get(name) ?? new Set();
    this.byName.set(name, named);
    named.add(listener);
    return () => void named.delete(listener);
  }

  tell<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.byName.get(name) ?? [])]) {
      try {
        (listener as (event: Events[Name]) => void)(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

/** A reader that stops reading must not fill the memory: of what waits for it, the oldest go first. */
const WAITING_MAX = 1000;

/** What is pushed comes out in the same order, until it is finished. For one reader. */
export class Feed<T> implements AsyncIterableIterator<T> {
  private readonly waiting: T[] = [];
  private wake: (() => void) | null = null;
  private finished = false;

  constructor(private readonly onLeave: () => void = () => undefined) {}

  push(value: T): void {
    if (this.finished) return;
    this.waiting.push(value);
    if (this.waiting.length > WAITING_MAX) this.waiting.shift();
    this.wake?.();
  }

  /** What was pushed before is still read. */
  finish(): void {
    this.finished = true;
    this.wake?.();
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    while (this.waiting.length === 0 && !this.finished) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = null;
    }
    if (this.waiting.length > 0) return { done: false, value: this.waiting.shift() as T };
    return { done: true, value: undefined };
  }

  /** `for await` calls this when it is left early. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.waiting.length = 0;
    this.finish();
    this.onLeave();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
