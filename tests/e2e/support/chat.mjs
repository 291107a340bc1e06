/** A chat endpoint on loopback that follows a script: it words follow-ups and judges answers. */
import http from "node:http";

/** Starts it. `wording(prompt)` gives the words of a follow-up, `judging(asked)` the criteria of an answer. */
export async function chatServer({ wording, judging }) {
  const requests = [];
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const asked = JSON.parse(body);
    requests.push(asked);
    if (asked.stream) {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      for (const content of wording(asked).split(/(?<= )/)) {
        response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
      }
      const usage = { prompt_tokens: 120, completion_tokens: 20, total_tokens: 140 };
      response.write(`data: ${JSON.stringify({ choices: [], usage })}\n\n`);
      response.end("data: [DONE]\n\n");
      return;
    }
    const material = JSON.parse(asked.messages.at(-1).content);
    const message = { role: "assistant", content: JSON.stringify({ criteria: judging(material) }) };
    const usage = { prompt_tokens: 400, completion_tokens: 60, total_tokens: 460 };
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ choices: [{ index: 0, finish_reason: "stop", message }], usage }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    requests,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
