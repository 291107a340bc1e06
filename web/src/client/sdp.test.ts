import { describe, expect, it } from "vitest";
import { askForResilientOpus, preferRedundantAudio } from "./sdp";

const OFFER = [
  "v=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
  "a=rtpmap:111 opus/48000/2",
  "a=rtcp-fb:111 transport-cc",
  "a=fmtp:111 minptime=10;useinbandfec=1",
  "a=rtpmap:63 red/48000/2",
  "a=fmtp:63 111/111",
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  "",
].join("\r\n");

describe("askForResilientOpus", () => {
  it("adds nack and forbids silence suppression, for Opus alone", () => {
    const lines = askForResilientOpus(OFFER).split("\r\n");
    expect(lines).toContain("a=fmtp:111 minptime=10;useinbandfec=1;usedtx=0");
    expect(lines).toContain("a=rtcp-fb:111 nack");
    expect(lines).toContain("a=rtcp-fb:111 transport-cc");
    expect(lines).toContain("a=fmtp:63 111/111");
    expect(lines.length).toBe(OFFER.split("\r\n").length + 1);
  });

  it("changes nothing the second time", () => {
    const once = askForResilientOpus(OFFER);
    expect(askForResilientOpus(once)).toBe(once);
  });

  it("turns silence suppression off where a browser asked for it", () => {
    const asking = OFFER.replace("useinbandfec=1", "useinbandfec=0;usedtx=1");
    expect(askForResilientOpus(asking)).toContain("a=fmtp:111 minptime=10;useinbandfec=1;usedtx=0\r\n");
  });

  it("writes a format line where there is none", () => {
    const bare = OFFER.replace("a=fmtp:111 minptime=10;useinbandfec=1\r\n", "");
    expect(askForResilientOpus(bare)).toContain("a=fmtp:111 useinbandfec=1;usedtx=0\r\n");
  });

  it("leaves a description without Opus alone", () => {
    const without = OFFER.replace("opus", "pcmu");
    expect(askForResilientOpus(without)).toBe(without);
  });
});

describe("preferRedundantAudio", () => {
  it("puts redundant audio first and keeps the order of the rest", () => {
    const codecs = ["audio/opus", "audio/red", "audio/PCMU"].map((mimeType) => ({ mimeType }));
    const order = preferRedundantAudio(codecs)?.map(({ mimeType }) => mimeType);
    expect(order).toEqual(["audio/red", "audio/opus", "audio/PCMU"]);
  });

  it("prefers nothing where there is none", () => {
    expect(preferRedundantAudio([{ mimeType: "audio/opus" }])).toBeNull();
  });
});
