/** What is copied into a ticket: all figures and the verdict; no key, no id, no address. */
import type { Facts } from "./facts";
import { judge } from "./verdict";

/** Whatever could be somebody's or open something: ids with a prefix, UUIDs, keys, long codes, addresses. */
const TELLING: [RegExp, string][] = [
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, "[address]"],
  [/\b(sk|pk|rk|whsec|Bearer|vk)[-_ ][\w.-]{6,}/g, "[secret]"],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, "[secret]"],
  [/\b[a-z]{2,8}_[a-z0-9]{16,}\b/g, "[id]"],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "[id]"],
  [/\b[0-9a-f]{20,}\b/gi, "[code]"],
  [/\b\d{1,3}(\.\d{1,3}){3}\b/g, "[host]"],
];

export function withoutIds(text: string): string {
  return TELLING.reduce((clean, [pattern, word]) => clean.replace(pattern, word), text);
}

export function snapshot(facts: Facts): string {
  const problems = facts.problems && {
    dropped: facts.problems.dropped,
    problems: facts.problems.problems.map((problem) => ({ ...problem, message: withoutIds(problem.message) })),
  };
  return JSON.stringify({ verdict: judge(facts), ...facts, problems }, null, 2);
}
