/** What this page asks for in its offer beyond what browsers write by themselves. */

/**
 * Asks for Opus with in-band error correction and without silence suppression, and for retransmission of lost
 * packets (`nack`), which browsers leave out for audio although they honour it. Only the Opus payload type of
 * the audio section changes.
 */
export function askForResilientOpus(sdp: string): string {
  const lines = sdp.split("\r\n");
  const payloadType = opusPayloadType(lines);
  if (payloadType === null) return sdp;
  const nack = `a=rtcp-fb:${payloadType} nack`;
  const format = `a=fmtp:${payloadType} `;
  const hasNack = lines.includes(nack);
  const hasFormat = lines.some((line) => line.startsWith(format));
  const out: string[] = [];
  for (const line of lines) {
    if (line.startsWith(format)) {
      out.push(format + withParameters(line.slice(format.length)));
      continue;
    }
    out.push(line);
    if (!line.startsWith(`a=rtpmap:${payloadType} `)) continue;
    if (!hasNack) out.push(nack);
    if (!hasFormat) out.push(format + withParameters(""));
  }
  return out.join("\r\n");
}

function opusPayloadType(lines: string[]): string | null {
  for (const line of lines) {
    const match = /^a=rtpmap:(\d+) opus\/48000/i.exec(line);
    if (match?.[1]) return match[1];
  }
  return null;
}

function withParameters(parameters: string): string {
  const kept = parameters
    .split(";")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "" && !/^(useinbandfec|usedtx)=/.test(entry));
  return [...kept, "useinbandfec=1", "usedtx=0"].join(";");
}

/**
 * The codecs in the order in which redundant audio (RFC 2198) comes first: browsers send copies of earlier packets only
 * where it stands before Opus. Null where there is none to prefer.
 */
export function preferRedundantAudio<C extends { mimeType: string }>(codecs: readonly C[]): C[] | null {
  const isRed = (codec: C): boolean => codec.mimeType.toLowerCase() === "audio/red";
  const redundant = codecs.filter(isRed);
  return redundant.length === 0 ? null : [...redundant, ...codecs.filter((codec) => !isRed(codec))];
}
