/** A PostCSS plugin that makes rules of the pages' style sheets into rules for one part of somebody else's page. */

/** `.button` becomes `.viva .button`; rules of the page itself become rules of the part. */
export function within(selector, scope) {
  const own = selector.replace(/^(:root|html|body)(?![\w-])/, scope);
  return own === selector ? `${scope} ${selector}` : own;
}

export function scoped(scope) {
  const done = new WeakSet();
  return {
    postcssPlugin: "viva-scoped",
    Rule(rule) {
      const inside = rule.parent?.type === "rule" || /keyframes$/.test(rule.parent?.name ?? "");
      if (inside || done.has(rule)) return;
      done.add(rule);
      rule.selectors = rule.selectors.map((selector) => within(selector.trim(), scope));
    },
  };
}
