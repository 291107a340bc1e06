// Signing in by a mailed code, by a key, and again when it has ended; with a mail server and with the outbox.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { byId, checkAccessible, launch, openPage } from "./support/browser.mjs";
import { tabTo } from "./support/candidate.mjs";
import { FirefoxPage, launchFirefox } from "./support/firefox.mjs";
import { smtpServer } from "./support/smtp.mjs";
import { Viva, until } from "./support/viva.mjs";

const TEST_MS = 120_000;
const SOON_MS = 10_000;
const SECRET = "0f8d1c9e7b6a5f4e3d2c1b0a99887766554433221100ffeeddccbbaa";
const KEY = "a-platform-key-that-is-long-enough-for-this-test";

/** The code in the last mail; quoted-printable or not, six digits stay six digits. */
function codeIn(text) {
  const code = /code for Viva is\s*(\d{6})/.exec(text)?.[1];
  assert.ok(code, `there is a code in ${text}`);
  return code;
}

function assertFaultless(page) {
  assert.deepEqual(page.faults, []);
}

describe("sign-in with a mail server", { timeout: 2 * TEST_MS }, () => {
  let mail;
  let viva;
  let browser;
  before(async () => {
    mail = await smtpServer();
    browser = await launch();
    const env = {
      SECRET_KEY: SECRET,
      API_KEY: KEY,
      SMTP_SERVER: "127.0.0.1",
      SMTP_PORT: String(mail.port),
    };
    viva = await Viva.start({
      env: { ...env, VIVA_SMTP_TLS: "none", VIVA_HOST: "127.0.0.1" },
    });
  });
  after(async () => {
    await browser?.close();
    await viva?.discard();
    await mail?.close();
  });

  /** The newest code that was mailed to somebody, once there are `count` mails. */
  async function mailedCode(address, count) {
    const to = () => mail.mails.filter((text) => text.includes(address));
    const mails = await until(
      SOON_MS,
      () => to(),
      (found) => found.length >= count,
    );
    return codeIn(mails.at(-1));
  }

  test("the first time: a code, a name, and back to where one came from; then signed out", async () => {
    const page = await openPage(browser);
    await page.goto(`${viva.url}/interviews/new?from=tryout`);
    await byId(page, "sign-in-needed").waitFor();
    await checkAccessible(page, "sign-in-needed");
    await byId(page, "sign-in-needed").getByRole("link").click();
    await page.waitForURL(/sign-in/);
    await byId(page, "send-code").waitFor();
    await checkAccessible(page, "sign-in-email");
    await byId(page, "email").fill("no address");
    await byId(page, "send-code").click();
    await page.locator('[data-testid="email"][aria-invalid="true"]').waitFor();
    await byId(page, "email").fill("ada@example.com");
    await byId(page, "send-code").click();
    await byId(page, "code").waitFor();
    assert.ok(await byId(page, "resend").isDisabled(), "not before half a minute");
    const code = await mailedCode("ada@example.com", 1);
    await byId(page, "code").fill(code === "000000" ? "000001" : "000000");
    await byId(page, "check-code").click();
    await page.locator('[data-testid="code"][aria-invalid="true"]').waitFor();
    assert.match(await byId(page, "sign-in").textContent(), /You have 4 tries left/);
    await checkAccessible(page, "sign-in-code");
    await byId(page, "code").fill("");
    // As it is copied out of a mail.
    await byId(page, "code").evaluate((field) => field.focus());
    await page.keyboard.insertText(`${code.slice(0, 3)} ${code.slice(3)}`);
    assert.equal(await byId(page, "code").inputValue(), code);
    await byId(page, "check-code").click();
    await byId(page, "user-name").waitFor();
    await byId(page, "user-name").fill("a");
    await byId(page, "keep-name").click();
    await page.locator('[data-testid="user-name"][aria-invalid="true"]').waitFor();
    await checkAccessible(page, "sign-in-name");
    await byId(page, "user-name").fill("ada");
    await byId(page, "keep-name").click();
    await page.waitForURL((url) => url.pathname + url.search === "/interviews/new?from=tryout");
    await byId(page, "title").waitFor();
    assert.match(await byId(page, "who").textContent(), /ada/);
    // A minute before its end the page says so, and stays as it is.
    await page.evaluate(() => {
      const kept = JSON.parse(sessionStorage.getItem("viva.account"));
      sessionStorage.setItem("viva.account", JSON.stringify({ ...kept, expiresAtMs: Date.now() + 60_000 }));
    });
    await page.goto(`${viva.url}/sessions`);
    await byId(page, "sign-in-soon").waitFor();
    await checkAccessible(page, "sign-in-soon");
    await byId(page, "sign-out").click();
    await byId(page, "sign-in-needed").waitFor();
    assertFaultless(page);
    await page.context().close();
  });

  test("again, by the keyboard; a sign-in that ended takes nothing that was written", async () => {
    const page = await openPage(browser);
    await page.goto(`${viva.url}/sign-in?then=${encodeURIComponent("//evil.example/")}`);
    await tabTo(page, "email");
    const signIn = async (count) => {
      await page.keyboard.type("ada@example.com");
      await page.keyboard.press("Enter");
      await byId(page, "code").waitFor();
      await tabTo(page, "code");
      await page.keyboard.type(await mailedCode("ada@example.com", count));
      await page.keyboard.press("Enter");
    };
    const before = mail.mails.filter((text) => text.includes("ada@example.com")).length;
    await signIn(before + 1);
    await page.waitForURL(`${viva.url}/interviews`);
    await page.goto(`${viva.url}/interviews/new`);
    await byId(page, "title").fill("Written before it ended");
    await byId(page, "question-text").fill("What did you build?");
    await page.evaluate(() => {
      const kept = JSON.parse(sessionStorage.getItem("viva.account"));
      sessionStorage.setItem("viva.account", JSON.stringify({ ...kept, bearer: `${kept.bearer}x` }));
    });
    await byId(page, "save").click();
    await byId(page, "sign-in-ended").waitFor();
    await checkAccessible(page, "sign-in-ended");
    await byId(page, "sign-in-ended").getByRole("link").click();
    await page.waitForURL(/sign-in/);
    await tabTo(page, "email");
    await signIn(before + 2);
    await page.waitForURL(/\/interviews\/new/);
    await byId(page, "restored").waitFor();
    assert.equal(await byId(page, "title").inputValue(), "Written before it ended");
    await byId(page, "save").click();
    await page.locator('[data-testid="saved"][data-state="saved"]').waitFor();
    assertFaultless(page);
    await page.context().close();
  });

  test("a platform's key", async () => {
    const page = await openPage(browser);
    await page.goto(`${viva.url}/sign-in?then=/sessions`);
    await byId(page, "api-key-open").click();
    await byId(page, "api-key").fill("not-the-key");
    await byId(page, "use-api-key").click();
    await page.locator('[data-testid="api-key"][aria-invalid="true"]').waitFor();
    await checkAccessible(page, "sign-in-key");
    await byId(page, "api-key").fill(KEY);
    await byId(page, "use-api-key").click();
    await page.waitForURL(`${viva.url}/sessions`);
    await page.locator('[data-testid="who"][data-principal="platform"]').waitFor();
    assertFaultless(page);
    await page.context().close();
  });
});

describe("sign-in without one, in Firefox", { timeout: TEST_MS }, () => {
  let viva;
  let browser;
  before(async () => {
    browser = await launchFirefox();
    viva = await Viva.start();
  });
  after(async () => {
    await browser?.close();
    await viva?.discard();
  });

  test("sign in by the outbox, write an interview, invite", async () => {
    const page = await FirefoxPage.open(browser);
    await page.goto(`${viva.url}/sign-in?then=/interviews/new`);
    await page.find("already-in");
    await page.find("outbox");
    await page.checkAccessible("firefox-sign-in");
    await page.fill("email", "grace@example.com");
    await page.click("send-code");
    await page.find("code");
    const { mails } = await viva.json("/dev/outbox");
    await page.fill("code", codeIn(mails[0].body));
    await page.click("check-code");
    await page.fill("user-name", "grace");
    await page.click("keep-name");
    await page.fill("title", "Made in Firefox");
    assert.match(await page.text("who"), /grace/);
    await page.fill("question-text", "What did you bake last?");
    await page.click("save");
    await page.waitForData("saved", "state", "saved");
    await page.checkAccessible("firefox-editor");
    await page.click("invite");
    await page.click("make-invite");
    const link = await (await page.find("invite-link")).evaluate((field) => field.value);
    assert.match(new URL(link).pathname, /^\/i\/.+/);
    await page.checkAccessible("firefox-invite");
    assert.deepEqual(page.faults, []);
    await page.close();
  });
});
