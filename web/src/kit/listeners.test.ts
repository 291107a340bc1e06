import { describe, expect, it } from "vitest";
import { Feed, Listeners } from "./listeners";

describe("listeners", () => {
  it("hear what they asked for, until they stop", () => {
    const listeners = new Listeners<{ a: number; b: string }>();
    const heard: (number | string)[] = [];
    const stop = listeners.on("a", (value) => heard.push(value));
    listeners.on("b", (value) => heard.push(value));
    listeners.tell("a", 1);
    listeners.tell("b", "two");
    stop();
    listeners.tell("a", 3);
    expect(heard).toEqual([1, "two"]);
  });

  it("may stop while being told", () => {
    const listeners = new Listeners<{ a: number }>();
    const heard: string[] = [];
    const stop = listeners.on("a", () => {
      heard.push("first");
      stop();
    });
    listeners.on("a", () => heard.push("second"));
    listeners.tell("a", 1);
    listeners.tell("a", 2);
    expect(heard).toEqual(["first", "second", "second"]);
  });
});

describe("a feed", () => {
  it("gives in order what was pushed, also while it is waited for, and then ends", async () => {
    const feed = new Feed<number>();
    feed.push(1);
    const read: number[] = [];
    const reading = (async () => {
      for await (const value of feed) read.push(value);
    })();
    feed.push(2);
    await Promise.resolve();
    feed.push(3);
    feed.finish();
    feed.push(4);
    await reading;
    expect(read).toEqual([1, 2, 3]);
  });

  it("forgets the oldest where nobody reads", async () => {
    const feed = new Feed<number>();
    for (let value = 0; value < 1500; value += 1) feed.push(value);
    expect(await feed.next()).toEqual({ done: false, value: 500 });
  });

  it("tells when its reader leaves", async () => {
    let left = false;
    const feed = new Feed<number>(() => {
      left = true;
    });
    feed.push(1);
    for await (const value of feed) {
      expect(value).toBe(1);
      break;
    }
    expect(left).toBe(true);
    expect((await feed.next()).done).toBe(true);
  });
});
