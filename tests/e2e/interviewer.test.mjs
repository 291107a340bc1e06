// An interviewer's way: signing in, writing an interview, inviting, looking on while it is held, and its results.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PHONE, byId, checkAccessible, launch, openPage, waitForData } from "./support/browser.mjs";
import { giveVoice, startInterview, tabTo, walkToStart } from "./support/candidate.mjs";
import { simulate } from "./support/simulate.mjs";
import { Viva, until } from "./support/viva.mjs";
import { speechClips } from "./support/words.mjs";

const TEST_MS = 120_000;
const SOON_MS = 10_000;

const PLAN = {
  title: "Two passages",
  host: "Bakery Ltd.",
  questions: [
    { text: "Please read the first passage.", time_box_ms: 30_000 },
    { text: "Please read the second passage.", time_box_ms: 30_000 },
  ],
};

function assertFaultless(page) {
  assert.deepEqual(page.faults, []);
}

/** Opens a page and waits for its main heading to say so. */
async function open(page, address, heading) {
  await page.goto(address);
  await page.getByRole("heading", { level: 1, name: heading }).waitFor({ timeout: SOON_MS });
}

function save(page) {
  return byId(page, "save").click();
}

async function saved(page) {
  await waitForData(page, "saved", "state", "saved", SOON_MS);
}

/** The text of the field with this test id is wrong, and the field says so. */
async function assertInvalid(page, id) {
  const field = byId(page, id).first();
  assert.equal(await field.getAttribute("aria-invalid"), "true", `${id} is marked`);
  const described = await field.getAttribute("aria-describedby");
  const told = await page.evaluate(
    (ids) =>
      ids
        .split(" ")
        .map((each) => document.getElementById(each)?.textContent ?? "")
        .join(" "),
    described ?? "",
  );
  assert.notEqual(told.trim(), "", `${id} has its error in its description`);
}

describe("the pages of interviewers, in open mode", { timeout: 4 * TEST_MS }, () => {
  let viva;
  let browser;
  before(async () => {
    browser = await launch();
    viva = await Viva.start();
  });
  after(async () => {
    await browser?.close();
    await viva?.discard();
  });

  const made = (body = PLAN) => viva.json("/api/v1/interviews", { method: "POST", body });

  test("nothing is there yet: the list says what to do first", async () => {
    const page = await openPage(browser);
    await open(page, `${viva.url}/interviews`, "Interviews");
    await byId(page, "no-interviews").waitFor();
    assert.equal(await byId(page, "who").textContent(), "Local developer");
    await page.locator('[data-interview="general"]').waitFor();
    await checkAccessible(page, "interviewer-empty");
    await open(page, `${viva.url}/sessions`, "Sessions");
    await byId(page, "no-sessions").waitFor();
    await checkAccessible(page, "interviewer-sessions-empty");
    await open(page, `${viva.url}/interviews/general`, "General interview");
    await byId(page, "built-in").waitFor();
    await checkAccessible(page, "interviewer-built-in");
    assertFaultless(page);
    await page.context().close();
  });

  test("from scratch: errors lead to their fields, and what is saved is what was written", async () => {
    const page = await openPage(browser);
    await open(page, `${viva.url}/interviews/new`, "New interview");
    await byId(page, "title").waitFor();
    await save(page);
    await byId(page, "problems").waitFor();
    assert.equal(await byId(page, "problem-link").count(), 2, "the title and the question");
    assert.ok(await byId(page, "problems").evaluate((list) => list === document.activeElement), "it has the focus");
    await checkAccessible(page, "interviewer-editor-errors");
    await byId(page, "problem-link").first().click();
    assert.ok(await byId(page, "title").evaluate((field) => field === document.activeElement));
    await assertInvalid(page, "title");
    await page.keyboard.type("Backend, first round");
    await byId(page, "host").fill("Bakery Ltd.");
    await byId(page, "question-text").fill("Which project are you proud of?");
    await byId(page, "question-details").click();
    await byId(page, "add-follow-up").click();
    await byId(page, "follow-up").fill("What was your own part?");
    await byId(page, "add-criterion").click();
    await byId(page, "criterion-ownPart").click();
    await byId(page, "criterion-name").fill("Clear accent");
    await save(page);
    // Only the server knows what must not be judged.
    await byId(page, "problem-link").first().waitFor();
    await assertInvalid(page, "criterion-name");
    await byId(page, "criterion-name").fill("Own part");
    await byId(page, "add-question").click();
    await byId(page, "question-text").nth(1).fill("What went wrong once?");
    await byId(page, "question-up").nth(1).click();
    await byId(page, "recording").click();
    await save(page);
    await saved(page);
    const id = new URL(page.url()).pathname.split("/").at(-1);
    const view = await viva.json(`/api/v1/interviews/${id}`);
    assert.deepEqual(
      view.questions.map(({ text }) => text),
      ["What went wrong once?", "Which project are you proud of?"],
    );
    const [, question] = view.questions;
    assert.deepEqual(question.follow_ups, ["What was your own part?"]);
    assert.equal(question.short_answer_words, 20, "a follow-up that could be asked");
    assert.deepEqual([question.rubric[0].name, question.rubric[0].levels.length], ["Own part", 4]);
    assert.equal(view.recording, true);
    assert.match(await byId(page, "welcome-preview").textContent(), /Bakery Ltd\..*sound is recorded/s);
    await checkAccessible(page, "interviewer-editor");
    assertFaultless(page);
    await page.context().close();
  });

  test("the voice of a persona is heard", async () => {
    const page = await openPage(browser);
    await open(page, `${viva.url}/interviews/new?from=general`, "New interview");
    let sound = null;
    await page.route("**/preview", async (route) => {
      const response = await route.fetch();
      sound = await response.body();
      await route.fulfill({ response });
    });
    await byId(page, "hear-voice").click();
    await byId(page, "voice-preview").waitFor({ timeout: 30_000 });
    const head = sound.toString("latin1", 0, 4) + sound.toString("latin1", 8, 12);
    const seconds = await byId(page, "voice-preview").evaluate(async (audio) => {
      if (!(audio.duration > 0)) await new Promise((done) => audio.addEventListener("durationchange", done));
      return audio.duration;
    });
    assert.equal(head, "RIFFWAVE");
    assert.ok(seconds > 0.5 && seconds < 30, `${seconds} s of a greeting`);
    await checkAccessible(page, "interviewer-voice");
    assertFaultless(page);
    await page.context().close();
  });

  test("what somebody else saved meanwhile is not lost without asking", async () => {
    const { interview_id: id } = await made();
    const other = (title) =>
      viva.json(`/api/v1/interviews/${id}`, {
        method: "PATCH",
        body: { title },
      });
    const page = await openPage(browser);
    await open(page, `${viva.url}/interviews/${id}`, PLAN.title);
    await other("Changed elsewhere");
    await byId(page, "description").fill("Mine.");
    await save(page);
    await byId(page, "conflict").waitFor();
    await checkAccessible(page, "interviewer-conflict");
    await byId(page, "take-theirs").click();
    await page.getByRole("heading", { level: 1, name: "Changed elsewhere" }).waitFor();
    assert.equal(await byId(page, "description").inputValue(), "");
    await other("Changed again");
    await byId(page, "title").fill("My title");
    await save(page);
    await byId(page, "keep-mine").click();
    await saved(page);
    assert.equal((await viva.json(`/api/v1/interviews/${id}`)).title, "My title");
    assertFaultless(page);
    await page.context().close();
  });

  test("what is not saved outlives a reload, and the page warns before it is left", async () => {
    const { interview_id: id } = await made();
    const page = await openPage(browser);
    await open(page, `${viva.url}/interviews/${id}`, PLAN.title);
    await byId(page, "title").fill("Unsaved");
    let asked = 0;
    page.on("dialog", (dialog) => {
      asked += 1;
      void dialog.accept();
    });
    await page.reload();
    assert.equal(asked, 1);
    await byId(page, "restored").waitFor();
    assert.equal(await byId(page, "title").inputValue(), "Unsaved");
    await checkAccessible(page, "interviewer-restored");
    await byId(page, "drop-draft").click();
    assert.equal(await byId(page, "title").inputValue(), PLAN.title);
    assertFaultless(page);
    await page.context().close();
  });

  test("an invitation, the interview behind it, and the interviewer looking on", async (t) => {
    const { interview_id: id } = await made();
    const page = await openPage(browser, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await open(page, `${viva.url}/interviews`, "Interviews");
    const card = page.locator(`[data-interview="${id}"]`);
    await byId(card, "invite").click();
    await checkAccessible(page, "interviewer-invite");
    await byId(page, "closes-at").fill("2020-01-01T10:00");
    await byId(page, "make-invite").click();
    await page.locator('[data-testid="closes-at"][aria-invalid="true"]').waitFor();
    await byId(page, "closes-at").fill("");
    await byId(page, "make-invite").click();
    const link = await byId(page, "invite-link").inputValue();
    await byId(page, "invite-link-copy").click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link);
    assert.match(await byId(page, "invite-mailto").getAttribute("href"), /^mailto:\?subject=.*body=.*%2Fi%2F/);
    await checkAccessible(page, "interviewer-invite-made");
    await byId(page, "invite-done").click();

    const candidate = await openPage(browser);
    await giveVoice(candidate, await speechClips());
    await candidate.goto(link);
    await walkToStart(candidate);
    await startInterview(candidate);

    await open(page, `${viva.url}/sessions`, "Sessions");
    await byId(page, "watch").waitFor({ timeout: SOON_MS });
    await checkAccessible(page, "interviewer-sessions-live");
    await byId(page, "watch").click();
    await waitForData(page, "live", "line", "open", SOON_MS);
    await page.locator('[data-testid="live-caption"][data-role="assistant"]').first().waitFor({ timeout: 30_000 });
    await page.locator('[data-testid="live-caption"][data-role="user"]').first().waitFor({ timeout: 60_000 });
    await byId(page, "quality").locator("strong").waitFor({ timeout: 30_000 });
    assert.match(await byId(page, "time-left").textContent(), /^\d+:\d\d/);
    assert.match(await byId(page, "live-question").textContent(), /Question \d of 2/);
    await checkAccessible(page, "interviewer-live");
    await byId(page, "live-end").click();
    await byId(page, "live-end-confirm").click();
    await byId(page, "live-ended").waitFor({ timeout: 30_000 });
    await checkAccessible(page, "interviewer-live-ended");
    await byId(page, "live-results").click();
    await page.waitForURL(/\/results\//);

    await open(page, `${viva.url}/sessions`, "Sessions");
    const row = page.locator('[data-testid="session"][data-status="ended"]');
    await row.first().waitFor();
    assert.match(await row.first().textContent(), /Ended by the interviewer.*Not scored/s);
    const [download] = await Promise.all([page.waitForEvent("download"), byId(page, "export").click()]);
    assert.equal(download.suggestedFilename(), "viva-sessions.csv");
    await byId(page, "filter-text").fill("nobody has this name");
    await byId(page, "no-sessions").waitFor();
    await byId(page, "filter-text").fill("passages");
    await row.first().waitFor();
    await checkAccessible(page, "interviewer-sessions");
    assertFaultless(page);
    t.diagnostic(`captions came to ${new URL(page.url()).pathname}`);
    await candidate.context().close();
    await page.context().close();
  });

  test("an invitation goes out by mail", async () => {
    const { interview_id: id } = await made({ ...PLAN, title: "By mail" });
    const page = await openPage(browser);
    await open(page, `${viva.url}/interviews/${id}`, "By mail");
    await byId(page, "invite").click();
    await byId(page, "invite-email").fill("no address");
    await byId(page, "make-invite").click();
    await page.locator('[data-testid="invite-email"][aria-invalid="true"]').waitFor();
    await byId(page, "invite-email").fill("cleo@example.com");
    await byId(page, "invite-name").fill("Cleo");
    await byId(page, "make-invite").click();
    await byId(page, "invite-mailed").getByText("cleo@example.com").waitFor();
    const link = await byId(page, "invite-link").inputValue();
    const { mails } = await viva.json("/dev/outbox");
    const mail = mails.find(({ to }) => to === "cleo@example.com");
    assert.ok(mail?.body.includes(new URL(link).pathname), `the link is in ${JSON.stringify(mail)}`);
    await checkAccessible(page, "interviewer-invite-mailed");
    assertFaultless(page);
    await page.context().close();
  });

  test("by the keyboard alone: begin with a ready-made interview, change it, save it", async () => {
    const page = await openPage(browser);
    await open(page, `${viva.url}/interviews`, "Interviews");
    await page.locator('[data-interview="tryout"]').waitFor();
    await tabTo(page, "new-interview");
    await page.goto(`${viva.url}/interviews/new?from=tryout`);
    await byId(page, "title").waitFor();
    await tabTo(page, "title");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("By keyboard");
    await tabTo(page, "question-down");
    const before = await byId(page, "question-text").first().inputValue();
    await page.keyboard.press("Enter");
    assert.equal(await byId(page, "question-text").nth(1).inputValue(), before);
    // The focus stays with the question that was moved.
    await tabTo(page, "question-details");
    await page.keyboard.press("Enter");
    await tabTo(page, "patience");
    const slider = page.locator('[data-testid="patience"] input:focus');
    const patience = Number(await slider.inputValue());
    await page.keyboard.press("ArrowRight");
    assert.ok(Number(await slider.inputValue()) > patience);
    await tabTo(page, "add-criterion");
    await page.keyboard.press("Enter");
    await byId(page, "criterion-empty").waitFor();
    await page.keyboard.press("Escape");
    await tabTo(page, "save");
    await page.keyboard.press("Enter");
    await saved(page);
    await tabTo(page, "invite-more");
    await page.keyboard.press("Enter");
    await tabTo(page, "make-invite");
    await page.keyboard.press("Enter");
    await byId(page, "invite-link").waitFor();
    await page.keyboard.press("Escape");
    await byId(page, "invite-row").waitFor();
    assertFaultless(page);
    await page.context().close();
  });

  test("on a phone: list, editor and invitations", async () => {
    const { interview_id: id } = await made({ ...PLAN, title: "On a phone" });
    await viva.json(`/api/v1/interviews/${id}/invites`, {
      method: "POST",
      body: {},
    });
    const page = await openPage(browser, { viewport: PHONE });
    await open(page, `${viva.url}/interviews`, "Interviews");
    const card = page.locator(`[data-interview="${id}"]`);
    await card.waitFor();
    await checkAccessible(page, "interviewer-phone-list");
    await byId(card, "edit").click();
    await byId(page, "question-details").first().click();
    await byId(page, "add-criterion").first().click();
    await byId(page, "criterion-example").click();
    await byId(page, "criterion").waitFor();
    await checkAccessible(page, "interviewer-phone-editor");
    await save(page);
    await saved(page);
    await byId(page, "close-invite").click();
    await byId(page, "close-invite-confirm").click();
    await page.locator('[data-testid="invite-row"][data-state="closed"]').waitFor();
    await byId(page, "invites").scrollIntoViewIfNeeded();
    await checkAccessible(page, "interviewer-phone-invites");
    await open(page, `${viva.url}/interviews`, "Interviews");
    await byId(card, "delete").click();
    await byId(page, "delete-confirm").click();
    await card.waitFor({ state: "detached" });
    assertFaultless(page);
    await page.context().close();
  });

  test("a server that does not answer is waited for", async () => {
    const body = { kind: "tryout", user_id: "ada", name: "Ada" };
    await viva.json("/api/interview/start", { method: "POST", body });
    const page = await openPage(browser);
    await page.route("**/api/v1/me", (route) => route.abort());
    await page.goto(`${viva.url}/sessions`);
    await byId(page, "unreachable").waitFor({ timeout: SOON_MS });
    await checkAccessible(page, "interviewer-unreachable");
    await page.unroute("**/api/v1/me");
    await page.getByRole("heading", { level: 1, name: "Sessions" }).waitFor({ timeout: SOON_MS });
    await byId(page, "session").first().waitFor();
    await page.context().setOffline(true);
    await byId(page, "sessions-problem").waitFor({ timeout: 30_000 });
    assert.ok((await byId(page, "session").count()) > 0, "what was there stays");
    await page.context().setOffline(false);
    await byId(page, "sessions-problem").waitFor({
      state: "detached",
      timeout: 30_000,
    });
    assertFaultless(page);
    await page.context().close();
  });

  test("an interview that the server broke off: another link in one click", async (t) => {
    const { interview_id: id } = await made({ ...PLAN, title: "Broken off" });
    const candidate = await simulate(viva, { interview: id });
    t.after(() => candidate.stop());
    const list = () => viva.json(`/api/v1/sessions?interview_id=${id}`);
    await until(30_000, list, ({ sessions }) => sessions[0]?.status === "active");
    await viva.crash();
    await viva.startAgain();
    const page = await openPage(browser);
    await open(page, `${viva.url}/sessions?interview=${id}`, "Sessions");
    await byId(page, "issue-again").click();
    const link = await byId(page, "issued-link").inputValue();
    await checkAccessible(page, "interviewer-issued");
    const code = new URL(link).pathname.split("/").at(-1);
    assert.equal((await viva.json(`/api/v1/invites/${code}`)).title, "Broken off");
    assertFaultless(page);
    await page.context().close();
  });
});
