interface StyleRule {
  selectors: string[];
  parent?: object;
}
export function within(selector: string, scope: string): string;
export function scoped(scope: string): { postcssPlugin: string; Rule(rule: StyleRule): void };
