// The client library as somebody else uses it: installed from the server, checked by TypeScript, and in Chromium on
// another origin than Viva's, with the examples of the documentation as they stand.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { byId, checkAccessible, launch, openPage } from "./support/browser.mjs";
import { giveVoice } from "./support/candidate.mjs";
import { Project, freeTcpPort, startSite } from "./support/site.mjs";
import { Viva, until } from "./support/viva.mjs";
import { speechClips } from "./support/words.mjs";

const KEY = "platform-key-for-tests";
const PLATFORM = { "X-API-Key": KEY };
const TEST_LIMIT_MS = 150_000;

/** Right uses compile; wrong ones, each marked, would make the mark an error if they did too. */
const TYPED = `
import { Interview, type EventOf, type InterviewEvents, type Phase, restClient } from "viva-interview-client";

export async function follow(interview: Interview): Promise<string[]> {
  const told: string[] = [];
  interview.on("turn", ({ speaker, state }) =>
    told.push(\`\${speaker satisfies "user" | "assistant" | null} \${state}\`));
  interview.on("phase", (phase: Phase) => told.push(phase.name));
  interview.on("transcript.item", ({ item }) => told.push(item.content));
  for await (const event of interview) {
    if (event.type === "question") told.push(event.text);
    if (event.type === "notice") told.push(event.level satisfies "info" | "warning" | "error");
    // @ts-expect-error: an event that there is not
    if (event.type === "applause") told.push("");
    // @ts-expect-error: only questions have a text
    told.push(event.text);
  }
  // @ts-expect-error: a name that there is not
  interview.on("applause", () => undefined);
  // @ts-expect-error: not made this way
  new Interview();
  return told;
}

export const end: EventOf<"session.ended">["saved"] = true;
export const audio = (stream: InterviewEvents["audio"]): number => stream.getAudioTracks().length;

export async function rest(): Promise<void> {
  const viva = restClient(() => null, "https://viva.example");
  // @ts-expect-error: a path that there is not
  await viva.GET("/api/v1/nothing");
  // @ts-expect-error: a title is text
  await viva.POST("/api/v1/interviews", { body: { title: 5, questions: [] } });
}
`;

describe("the client library", () => {
  let viva;
  let site;
  let project;
  let browser;
  let origin;
  before(async () => {
    const port = await freeTcpPort();
    origin = `http://localhost:${port}`;
    viva = await Viva.start({
      env: { API_KEY: KEY, VIVA_HOST: "127.0.0.1", ALLOWED_ORIGINS: origin },
    });
    project = await Project.install(viva.url);
    site = await startSite(project.directory, {
      port,
      vivaUrl: viva.url,
      apiKey: KEY,
    });
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
    await project?.discard();
    await viva?.discard();
  });

  test("installs without a registry, and its types hold", { timeout: TEST_LIMIT_MS }, async () => {
    const { version, dependencies } = JSON.parse(
      await project.file("node_modules/viva-interview-client/package.json"),
    );
    const { version: served } = await viva.json("/api/interview/health");
    assert.equal(version, served, "the package is of the server's version");
    assert.equal(dependencies, undefined, "it brings what it needs");
    await writeFile(path.join(project.directory, "typed.ts"), TYPED);
    assert.deepEqual(await project.faults(["typed.ts", "platform.ts", "react.tsx", "plain.mjs"]), []);
  });

  test("calls the REST API from Node, and from a shell", { timeout: TEST_LIMIT_MS }, async () => {
    // Types away, and nothing bundled: Node itself finds the installed package.
    await project.bundle("platform.ts", "platform.mjs", {
      platform: "node",
      packages: "external",
    });
    const env = { VIVA_URL: viva.url, VIVA_API_KEY: KEY };
    const printed = await project.run(process.execPath, ["platform.mjs"], env);
    const code = /candidate: \S+\/i\/(\S+)\n/.exec(printed)?.[1];
    assert.equal((await viva.json(`/api/v1/invites/${code}`)).title, "Backend, first round");
    assert.match(printed, /session \S+ is created, with 1 question\n/);
    const refused = project.run(process.execPath, ["platform.mjs"], {
      ...env,
      VIVA_API_KEY: "wrong",
    });
    await assert.rejects(refused, /Viva refused: .+request req_/);

    // Servers that only write pages import the other two as well.
    const names = ["react", "embed"].map((name) => `viva-interview-client/${name}`);
    await project.run(
      process.execPath,
      ["-e", names.map((name) => `import "${name}";`).join(""), "--input-type=module"],
      {},
    );

    const lines = await project.run("sh", ["start.sh"], env);
    assert.match(lines, /candidate: \S+\/interview\/\S+#token=\S+\nstatus: +created\nended: +platform_ended\n/);
  });

  test("is named for programs, with everything that goes with it", { timeout: TEST_LIMIT_MS }, async () => {
    const contents = await (await fetch(`${viva.url}/llms.txt`)).text();
    const links = [...contents.matchAll(/\]\((\/[^)]+)\)/g)].map(([, link]) => link);
    assert.ok(links.length > 15, contents);
    for (const link of links) {
      const { status, headers } = await fetch(viva.url + link, {
        headers: { Origin: origin },
      });
      assert.equal(status, 200, link);
      assert.equal(headers.get("access-control-allow-origin"), origin, link);
    }
  });

  test("holds an interview in a plain page of another origin", { timeout: TEST_LIMIT_MS }, async () => {
    const page = await openPage(browser);
    await giveVoice(page, await speechClips());
    await page.goto(`${origin}/plain.html`);
    await recordEvents(page, viva.url);
    await page.locator("#start").click();
    await page.locator("#controls").waitFor({ timeout: 30_000 });
    const sessionId = await page.evaluate(() => window.interview.sessionId);
    const heard = ({ role, state, content }) => role === "user" && state === "final" && content.length > 20;
    const read = () => viva.results(sessionId, PLATFORM);
    await until(90_000, read, ({ transcript }) => transcript.some(heard));
    await page.locator("#captions li", { hasText: "You: " }).first().waitFor({ timeout: 10_000 });
    await page.locator("#mute").click();
    assert.equal(await page.locator("#mute").getAttribute("aria-pressed"), "true");
    await page.locator("#end").click();
    await page.getByText("It is over, and saved.").waitFor({ timeout: 15_000 });
    await page.waitForFunction(() => window.finished);
    const { events, phases } = await page.evaluate(() => ({
      events: window.events,
      phases: window.phases,
    }));
    assertInOrder(events, phases, await read());
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("takes no sound of an invited candidate without consent", { timeout: TEST_LIMIT_MS }, async () => {
    const page = await openPage(browser);
    await giveVoice(page, []);
    await page.goto(`${origin}/plain.html`);
    const invites = "/api/v1/interviews/tryout/invites";
    const { code } = await viva.json(invites, {
      method: "POST",
      body: {},
      headers: PLATFORM,
    });
    const found = await page.evaluate(
      async ([server, invite]) => {
        const { Interview, openMicrophone } = await import(`${server}/client/viva-client.js`);
        const open = await Interview.start(server, { invite });
        const microphone = await openMicrophone(null);
        const early = Interview.take({
          server,
          sessionId: open.sessionId,
          token: open.session.http.credential.bearer,
        });
        const refusal = await early.connect(microphone).then(
          () => null,
          ({ name, code }) => `${name} ${code}`,
        );
        await open.giveConsent();
        await open.connect(microphone);
        const { phase } = open.state;
        open.leave();
        return {
          refusal,
          phase: phase.name,
          version: open.consent.version,
          given: (await open.status()).consent,
        };
      },
      [viva.url, code],
    );
    assert.equal(found.refusal, "NotConnectedError consent_required");
    assert.equal(found.phase, "live");
    assert.ok(found.given.given_at, "the consent has its time");
    assert.equal(found.given.version, found.version);
    await page.context().close();
  });

  test("tells what became of an interview whose server was killed", { timeout: TEST_LIMIT_MS }, async () => {
    const page = await openPage(browser);
    await giveVoice(page, []);
    await page.goto(`${origin}/plain.html`);
    await recordEvents(page, viva.url);
    await page.locator("#start").click();
    await page.locator("#controls").waitFor({ timeout: 30_000 });
    await viva.crash();
    const lost = () => window.phases.includes("reconnecting");
    await page.waitForFunction(lost, undefined, { timeout: 40_000 });
    await viva.startAgain();
    await page.waitForFunction(() => window.finished, undefined, {
      timeout: 40_000,
    });
    // Learned over REST, since the data channel is gone; and told as the one event that it is.
    const ends = await page.evaluate(() => window.events.filter(({ type }) => type === "session.ended"));
    assert.equal(ends.length, 1);
    assert.deepEqual([ends[0].endReason, ends[0].saved], ["interrupted", true]);
    assert.equal(await page.evaluate(() => window.phases.at(-1)), "ended");
    await page.context().close();
  });

  test("shows an interview with React components", { timeout: TEST_LIMIT_MS }, async () => {
    await project.bundle("react.tsx", "react.js");
    const page = await openPage(browser);
    await giveVoice(page, []);
    await page.goto(`${origin}/react.html`);
    await page.getByRole("button", { name: "Go to the interview" }).click();
    await byId(page, "start").waitFor({ timeout: 10_000 });
    await checkAccessible(page, "kit-react-start");
    await byId(page, "start").click();
    await page.locator("#progress", { hasText: "live, question 1 of 2" }).waitFor({ timeout: 40_000 });
    await byId(page, "caption").first().waitFor();
    await checkAccessible(page, "kit-react-live");
    await byId(page, "end").click();
    await byId(page, "end-confirm").waitFor();
    await checkAccessible(page, "kit-react-dialog");
    await byId(page, "end-confirm").click();
    await byId(page, "closing").waitFor({ timeout: 20_000 });
    await checkAccessible(page, "kit-react-closing");
    assert.equal(await page.locator("#progress").textContent(), "ended, question 1 of 2");
    // React's build for developers, which would warn of misuse; all that it says is where its tools are.
    const warnings = page.faults.filter((fault) => !fault.includes("React DevTools"));
    assert.deepEqual(warnings, []);
    await page.context().close();
  });

  test("is not for sites that the server does not know", { timeout: TEST_LIMIT_MS }, async () => {
    const page = await openPage(browser);
    // The same site by another name: 127.0.0.1 is not in ALLOWED_ORIGINS.
    await page.goto(`${origin.replace("localhost", "127.0.0.1")}/plain.html`);
    await page.locator("#start").click();
    await page.locator("#state", { hasText: "TypeError" }).waitFor({ timeout: 10_000 });
    await page.context().close();
  });
});

/** Reads each interview of the page as a program would: its events by `for await`, its phases by a listener. */
async function recordEvents(page, vivaUrl) {
  await page.evaluate(async (server) => {
    const { Interview } = await import(`${server}/client/viva-client.js`);
    const take = Interview.take.bind(Interview);
    Interview.take = (ticket) => {
      const interview = take(ticket);
      Object.assign(window, {
        interview,
        events: [],
        phases: [],
        finished: false,
      });
      interview.on("phase", ({ name }) => window.phases.push(name));
      const read = async () => {
        for await (const event of interview) window.events.push(event);
        window.finished = true;
      };
      void read();
      return interview;
    };
  }, vivaUrl);
}

/** The events tell one story: a greeting, the first question, the candidate's answer, the end. */
function assertInOrder(events, phases, results) {
  assert.deepEqual(phases, ["connecting", "live", "ending", "ended"]);
  const types = events.map(({ type }) => type);
  assert.equal(types.lastIndexOf("session.ended"), types.length - 1);
  assert.equal(types.indexOf("session.ended"), types.length - 1);
  assert.deepEqual(events.at(-1), {
    type: "session.ended",
    endReason: "candidate_ended",
    saved: true,
    resultsUrl: events.at(-1).resultsUrl,
  });
  const at = (wanted) => {
    const index = events.findIndex(wanted);
    assert.ok(index >= 0, `${wanted} in ${JSON.stringify(types)}`);
    return index;
  };
  const item = (side) => at(({ type, item: one }) => type === "transcript.item" && one.role === side);
  assert.ok(item("assistant") < item("user"), "the interviewer is heard first");
  assert.ok(at(({ type }) => type === "question") < item("user"));
  const mine = ({ type, speaker }) => type === "turn" && speaker === "user";
  assert.ok(at(({ type, speaker }) => type === "turn" && speaker === "assistant") < at(mine));
  const revisions = new Map();
  for (const { item: one } of events.filter(({ type }) => type === "transcript.item")) {
    assert.ok(one.revision >= (revisions.get(one.item_id)?.revision ?? 0), "revisions only grow");
    revisions.set(one.item_id, one);
  }
  const answer = results.transcript.find(({ role, state }) => role === "user" && state === "final");
  assert.equal(revisions.get(answer.item_id).content, answer.content, "what was told is what is kept");
}
