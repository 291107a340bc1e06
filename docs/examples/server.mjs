// A site of yours, in small: it keeps the platform's key, starts interviews for its users, and serves the pages.
//
//   VIVA_URL=https://viva.example VIVA_API_KEY=… node server.mjs
//
// Viva has to know the site: ALLOWED_ORIGINS=https://your.site for its pages' calls, VIVA_EMBED_ORIGINS for frames.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";

const { VIVA_URL = "http://127.0.0.1:8000", VIVA_API_KEY, PORT = "3000" } = process.env;
const TYPES = {
  html: "text/html; charset=utf-8",
  mjs: "text/javascript",
  js: "text/javascript",
  css: "text/css",
};

/** What a strict site has to allow: the library and its calls, and frames of Viva. */
const POLICY = [
  "default-src 'self'",
  `script-src 'self' ${VIVA_URL}`,
  `connect-src 'self' ${VIVA_URL}`,
  `frame-src ${VIVA_URL}`,
].join("; ");

async function viva(path, body) {
  const response = await fetch(VIVA_URL + path, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      ...(VIVA_API_KEY && { "X-API-Key": VIVA_API_KEY }),
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`Viva answered ${response.status}: ${await response.text()}`);
  return response.json();
}

const ROUTES = {
  // Your own sign-in says who asks; the candidate's browser gets the token of one session, never the key.
  "POST /interviews": async () => {
    const started = await viva("/api/interview/start", {
      user_id: "user-123",
      kind: "tryout",
      name: "Ada",
    });
    const { session_id: sessionId, token, ice_servers: iceServers } = started;
    return { server: VIVA_URL, sessionId, token, iceServers };
  },
  "POST /invitations": async () => {
    const { url } = await viva("/api/v1/interviews/tryout/invites", {
      attempts: 1,
    });
    return { link: url, server: VIVA_URL };
  },
};

async function answer(request) {
  const route = ROUTES[`${request.method} ${request.url}`];
  if (route) return { type: "application/json", body: JSON.stringify(await route()) };
  const name = /^\/([a-z]+\.(html|mjs|js|css))$/.exec(request.url ?? "");
  if (request.method !== "GET" || name === null) return null;
  return {
    type: TYPES[name[2]],
    body: await readFile(new URL(name[1], import.meta.url)),
  };
}

const server = createServer(async (request, response) => {
  try {
    const found = await answer(request);
    response.writeHead(found ? 200 : 404, {
      "Content-Type": found?.type ?? "text/plain",
      "Content-Security-Policy": POLICY,
      "Permissions-Policy": `microphone=(self "${VIVA_URL}"), autoplay=(self "${VIVA_URL}")`,
    });
    response.end(found?.body ?? "not found");
  } catch (error) {
    console.error(error);
    response.writeHead(502, { "Content-Type": "text/plain" }).end("the interview server does not answer");
  }
});
server.listen(Number(PORT), () => console.log(`open http://localhost:${server.address().port}/plain.html`));
