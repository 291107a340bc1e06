/** What has changed in a call, for those who do not see it. */
import type { CallState } from "../../client/room/call";

export type NewsItem =
  | { key: "came" | "left" | "lost" | "screen"; name: string }
  | { key: "message"; name: string; text: string }
  | { key: "file"; name: string; file: string }
  | { key: "lineLost" | "lineBack" };

/** In the order in which it is read out. */
export function newsBetween(before: CallState, after: CallState): NewsItem[] {
  const news: NewsItem[] = [];
  const past = new Map(before.people.map((person) => [person.key, person]));
  const now = new Map(after.people.map((person) => [person.key, person]));
  // Who was here when we came is no news.
  const wasIn = before.phase === "in";
  for (const person of after.people) {
    const was = past.get(person.key);
    if (!was && wasIn) news.push({ key: "came", name: person.name });
    if (was?.connection === "connected" && person.connection === "reconnecting") {
      news.push({ key: "lost", name: person.name });
    }
    if (person.screen !== null && !was?.screen) news.push({ key: "screen", name: person.name });
  }
  for (const person of before.people) if (!now.has(person.key)) news.push({ key: "left", name: person.name });
  const lastId = before.messages.at(-1)?.id ?? 0;
  for (const { id, person, name, text } of after.messages) {
    if (id > lastId && person !== null) news.push({ key: "message", name, text });
  }
  const offered = new Set(before.transfers.map(({ id }) => id));
  for (const { id, direction, person, name: file } of after.transfers) {
    if (direction === "in" && !offered.has(id)) news.push({ key: "file", name: now.get(person)?.name ?? "", file });
  }
  if (!before.lineLost && after.lineLost) news.push({ key: "lineLost" });
  if (before.lineLost && !after.lineLost && after.phase === "in") news.push({ key: "lineBack" });
  return news;
}
