/**
 * The whole REST API, typed by its own description (`generated/schema.ts` is made from `/openapi.json`). An answer that is no
 * success throws {@link ApiError}, a server that cannot be reached {@link UnreachableError}.
 */
import createClient, { type Client } from "openapi-fetch";
import { type Credential, UnreachableError, apiError } from "./http";
import type { components, paths } from "./generated/schema";

export type Rest = Client<paths>;
/** A body of the API by its name in the description: `Body<"InterviewView">`. */
export type Body<Name extends keyof components["schemas"]> = components["schemas"][Name];

const REQUEST_TIMEOUT_MS = 15_000;

/** `credential` is asked for each request, so that signing in again needs no new client. */
export function restClient(credential: () => Credential = () => null, baseUrl = ""): Rest {
  const client = createClient<paths>({
    // `Request` needs an absolute address outside of pages.
    baseUrl: baseUrl || (globalThis.location?.origin ?? ""),
    cache: "no-store",
    fetch: reach,
  });
  client.use({
    onRequest({ request }) {
      const who = credential();
      if (who === null) return;
      if ("bearer" in who) request.headers.set("Authorization", `Bearer ${who.bearer}`);
      else request.headers.set("X-API-Key", who.apiKey);
    },
    async onResponse({ response }) {
      if (!response.ok) throw apiError(response, await response.text());
    },
  });
  return client;
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request, {
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new UnreachableError(error);
  }
}

/** The body of a success: `data(await rest.GET("/api/v1/kinds"))`. */
export function data<T>(answer: { data?: T }): T {
  return answer.data as T;
}
