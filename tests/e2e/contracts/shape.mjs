/** Holds a whole JSON value against what is expected of it: literal values, and the tests of `is` where they vary. */

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const named = (name, test) => Object.assign((value) => test(value) === true, { expects: name });

/** Tests for values that cannot be known beforehand. */
export const is = {
  text: named("a text", (value) => typeof value === "string" && value.length > 0),
  whole: named("a whole number", (value) => Number.isInteger(value) && value >= 0),
  number: named("a number", (value) => typeof value === "number"),
  flag: named("a flag", (value) => typeof value === "boolean"),
  any: named("anything", () => true),
  /** RFC 3339 in UTC, as the contracts print it. */
  time: named(
    "a time",
    (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) && !Number.isNaN(Date.parse(value)),
  ),
  match: (pattern) => named(`a text like ${pattern}`, (value) => typeof value === "string" && pattern.test(value)),
  orNull: (test) => named(`null, or ${test.expects}`, (value) => value === null || test(value)),
  /** A list of things of one shape, `least` or more. */
  each: (shape, least = 1) =>
    named(
      "a list",
      (value) => Array.isArray(value) && value.length >= least && value.every((one) => !differs(shape, one)),
    ),
  /** An object with at least these fields. */
  including: (fields) =>
    named(
      `an object with ${Object.keys(fields)}`,
      (value) =>
        isObject(value) &&
        Object.entries(fields).every(([name, shape]) => name in value && !differs(shape, value[name])),
    ),
  /** A list in which something has this shape. */
  having: (shape) =>
    named("a list that has it", (value) => Array.isArray(value) && value.some((one) => !differs(shape, one))),
};

/** The first place where `actual` is not what is expected, or undefined. Objects have exactly the named fields. */
export function differs(expected, actual, at = "") {
  if (typeof expected === "function") {
    return expected(actual)
      ? undefined
      : `${at || "/"}: ${expected.expects} is expected, not ${JSON.stringify(actual)}`;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) {
      return `${at || "/"}: a list of ${expected.length} is expected, not ${JSON.stringify(actual)}`;
    }
    return firstOf(expected.map((one, index) => differs(one, actual[index], `${at}/${index}`)));
  }
  if (isObject(expected)) {
    if (!isObject(actual)) return `${at || "/"}: an object is expected, not ${JSON.stringify(actual)}`;
    const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return firstOf(
      [...names].map((name) => {
        if (!(name in expected)) return `${at}/${name}: is not expected (${JSON.stringify(actual[name])})`;
        if (!(name in actual)) return `${at}/${name}: is missing`;
        return differs(expected[name], actual[name], `${at}/${name}`);
      }),
    );
  }
  return Object.is(expected, actual)
    ? undefined
    : `${at || "/"}: ${JSON.stringify(expected)} is expected, not ${JSON.stringify(actual)}`;
}

/** The first place where `actual` lacks a field that a contract prints, or has it with another type. */
export function unlike(printed, actual, at = "") {
  if (Array.isArray(printed)) {
    if (!Array.isArray(actual)) return `${at || "/"}: the contract prints a list`;
    return printed.length === 0
      ? undefined
      : firstOf(actual.map((one, index) => unlike(printed[0], one, `${at}/${index}`)));
  }
  if (isObject(printed)) {
    if (!isObject(actual)) return `${at || "/"}: the contract prints an object`;
    return firstOf(
      Object.entries(printed).map(([name, value]) =>
        name in actual ? unlike(value, actual[name], `${at}/${name}`) : `${at}/${name}: the contract prints it`,
      ),
    );
  }
  return typeof printed === typeof actual ? undefined : `${at || "/"}: the contract prints a ${typeof printed}`;
}

const firstOf = (all) => all.find((one) => one !== undefined);

/** The whole body of every error (RFC 9457, with the contracts' `detail` and `error`). */
export const problem = (status, code, detail = is.text) => ({
  type: "about:blank",
  title: is.text,
  status,
  detail,
  error: detail,
  code,
  request_id: is.match(/^req_/),
});

/** The same for a bad field. */
export const badField = (pointer) => ({
  ...problem(400, "invalid_request"),
  errors: is.having({ pointer, detail: is.text }),
});
