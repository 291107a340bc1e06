// What a platform's server does, in TypeScript on Node: write an interview, invite to it, look at what came of it.
import { ApiError, data, restClient } from "viva-interview-client";

const { VIVA_URL = "http://127.0.0.1:8000", VIVA_API_KEY } = process.env;
const viva = restClient(() => (VIVA_API_KEY === undefined ? null : { apiKey: VIVA_API_KEY }), VIVA_URL);

try {
  const interview = data(
    await viva.POST("/api/v1/interviews", {
      body: {
        title: "Backend, first round",
        questions: [{ text: "What did you build last?" }],
      },
    }),
  );
  const path = { interview_id: interview.interview_id };
  const invite = data(
    await viva.POST("/api/v1/interviews/{interview_id}/invites", {
      params: { path },
      body: {},
    }),
  );
  console.log(`send this to the candidate: ${invite.url}`);

  const started = data(
    await viva.POST("/api/interview/start", {
      body: { user_id: "user-123", interview_id: interview.interview_id },
    }),
  );
  const session = { path: { session_id: started.session_id } };
  const results = data(await viva.GET("/api/interview/{session_id}/results", { params: session }));
  console.log(`session ${results.session_id} is ${results.status}, with ${results.questions.length} question`);
} catch (error) {
  if (!(error instanceof ApiError)) throw error;
  console.error(`Viva refused: ${error.message} (${error.code}, request ${error.requestId})`);
  process.exitCode = 1;
}
