import { ApiError } from "../../client/http";
import { texts } from "../../i18n";

/** What to tell a person about a request that failed: the server's own words where there are some. */
export function problemText(error: unknown): string {
  const t = texts("interviewer");
  if (error instanceof ApiError) {
    if (error.status === 401) return t("problem.signedOut");
    if (error.status === 404) return t("problem.notFound");
    return error.message;
  }
  return t("problem.unreachable");
}
