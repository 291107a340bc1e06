/** JSON over HTTP with the API's errors as one type. */

/** What is wrong with one field of a body, by its JSON Pointer (RFC 6901). */
export interface FieldProblem {
  pointer: string;
  detail: string;
}

/** The server answered, and not with success. `code` is from the API's closed table. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly requestId: string | null,
    readonly retryAfterMs: number | null,
    readonly fields: readonly FieldProblem[] = [],
  ) {
    super(detail);
    this.name = "ApiError";
  }
}

/** No answer came: network gone, server gone, or it took longer than the time limit. */
export class UnreachableError extends Error {
  constructor(cause: unknown) {
    super("the server cannot be reached", { cause });
    this.name = "UnreachableError";
  }
}

export type Credential = { bearer: string } | { apiKey: string } | null;

const REQUEST_TIMEOUT_MS = 15_000;

export class HttpClient {
  constructor(
    private readonly base = "",
    private readonly credential: Credential = null,
  ) {}

  get<T>(path: string): Promise<T> {
    return this.request<T>("GET", path);
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.request<T>("POST", path, body);
  }

  delete<T>(path: string): Promise<T> {
    return this.request<T>("DELETE", path);
  }

  /** A file as it is. Large ones take their time, so only the first byte has a time limit: the browser's own. */
  async file(path: string): Promise<Blob> {
    let response: Response;
    try {
      response = await fetch(this.base + path, { headers: this.credentials() });
      if (response.ok) return await response.blob();
    } catch (error) {
      throw new UnreachableError(error);
    }
    throw apiError(response, await response.text());
  }

  private credentials(): Record<string, string> {
    if (this.credential === null) return {};
    return "bearer" in this.credential
      ? { Authorization: `Bearer ${this.credential.bearer}` }
      : { "X-API-Key": this.credential.apiKey };
  }

  private async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json", ...this.credentials() };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.base + path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: "no-store",
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      text = await response.text();
    } catch (error) {
      throw new UnreachableError(error);
    }
    if (!response.ok) throw apiError(response, text);
    return parseJson(text) as T;
  }
}

export function apiError(response: Response, text: string): ApiError {
  const problem = parseJson(text);
  const field = (name: string): string | null => {
    const value = typeof problem === "object" && problem !== null ? (problem as Record<string, unknown>)[name] : null;
    return typeof value === "string" && value !== "" ? value : null;
  };
  return new ApiError(
    response.status,
    field("code") ?? `http_${response.status}`,
    field("detail") ?? `The server answered ${response.status}.`,
    field("request_id") ?? response.headers.get("x-request-id"),
    retryAfterMs(response.headers.get("retry-after")),
    fieldProblems(problem),
  );
}

function fieldProblems(problem: unknown): FieldProblem[] {
  const errors = (problem as { errors?: unknown } | null)?.errors;
  if (!Array.isArray(errors)) return [];
  return errors.filter((entry): entry is FieldProblem => {
    const { pointer, detail } = (entry ?? {}) as Partial<FieldProblem>;
    return typeof pointer === "string" && typeof detail === "string";
  });
}

/** `Retry-After` in milliseconds; the header holds seconds (the date form is not sent by Viva). */
export function retryAfterMs(header: string | null): number | null {
  if (header === null || !/^\d+$/.test(header.trim())) return null;
  return Number(header.trim()) * 1000;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
