// src/client/http.ts
var e = class extends Error {
	status;
	code;
	requestId;
	retryAfterMs;
	fields;
	constructor(e, t, n, r, i, a = []) {
		super(n), this.status = e, this.code = t, this.requestId = r, this.retryAfterMs = i, this.fields = a, this.name = "ApiError";
	}
}, t = class extends Error {
	constructor(e) {
		super("the server cannot be reached", { cause: e }), this.name = "UnreachableError";
	}
}, n = 15e3, r = class {
	base;
	credential;
	constructor(e = "", t = null) {
		this.base = e, this.credential = t;
	}
	get(e) {
		return this.request("GET", e);
	}
	post(e, t = {}) {
		return this.request("POST", e, t);
	}
	delete(e) {
		return this.request("DELETE", e);
	}
	async file(e) {
		let n;
		try {
			if (n = await fetch(this.base + e, { headers: this.credentials() }), n.ok) return await n.blob();
		} catch (e) {
			throw new t(e);
		}
		throw i(n, await n.text());
	}
	credentials() {
		return this.credential === null ? {} : "bearer" in this.credential ? { Authorization: `Bearer ${this.credential.bearer}` } : { "X-API-Key": this.credential.apiKey };
	}
	async request(e, r, a) {
		let o = {
			Accept: "application/json",
			...this.credentials()
		};
		a !== void 0 && (o["Content-Type"] = "application/json");
		let c, l;
		try {
			c = await fetch(this.base + r, {
				method: e,
				headers: o,
				body: a === void 0 ? void 0 : JSON.stringify(a),
				cache: "no-store",
				signal: AbortSignal.timeout(n)
			}), l = await c.text();
		} catch (e) {
			throw new t(e);
		}
		if (!c.ok) throw i(c, l);
		return s(l);
	}
};
function i(t, n) {
	let r = s(n), i = (e) => {
		let t = typeof r == "object" && r ? r[e] : null;
		return typeof t == "string" && t !== "" ? t : null;
	};
	return new e(t.status, i("code") ?? `http_${t.status}`, i("detail") ?? `The server answered ${t.status}.`, i("request_id") ?? t.headers.get("x-request-id"), o(t.headers.get("retry-after")), a(r));
}
function a(e) {
	let t = e?.errors;
	return Array.isArray(t) ? t.filter((e) => {
		let { pointer: t, detail: n } = e ?? {};
		return typeof t == "string" && typeof n == "string";
	}) : [];
}
function o(e) {
	return e === null || !/^\d+$/.test(e.trim()) ? null : Number(e.trim()) * 1e3;
}
function s(e) {
	try {
		return JSON.parse(e);
	} catch {
		return null;
	}
}
// src/client/api.ts
function c(e) {
	let { pathname: t, search: n } = new URL(e, "http://viva.invalid");
	return t + n;
}
var l = class {
	http;
	constructor(e = "", t = null) {
		this.http = new r(e, t);
	}
	async kinds() {
		return (await this.http.get("/api/v1/kinds"))?.kinds ?? [];
	}
	health() {
		return this.http.get("/api/interview/health");
	}
	invite(e) {
		return this.http.get(`/api/v1/invites/${encodeURIComponent(e)}`);
	}
	start(e) {
		return this.http.post("/api/interview/start", e);
	}
}, u = class {
	sessionId;
	http;
	path;
	constructor(e, t, n = "") {
		this.sessionId = e, this.http = new r(n, t), this.path = `/api/interview/${encodeURIComponent(e)}`;
	}
	status() {
		return this.http.get(`${this.path}/status`);
	}
	consent(e) {
		return this.http.post(`${this.path}/consent`, { version: e });
	}
	async iceServers() {
		let e = await this.http.get(`${this.path}/ice-servers`);
		return e?.ice_servers ?? e?.iceServers ?? [];
	}
	offer(e) {
		return this.http.post(`${this.path}/rtc/offer`, {
			sdp: e,
			type: "offer"
		});
	}
	async candidate(e) {
		return (await this.http.post(`${this.path}/rtc/ice-candidate`, { candidate: e }))?.candidates ?? [];
	}
	action(e) {
		return this.http.post(`${this.path}/actions`, e);
	}
	end() {
		return this.http.post(`${this.path}/end`);
	}
	results() {
		return this.http.get(`${this.path}/results`);
	}
	score(e) {
		return this.http.post(`${this.path}/scorecards`, { scores: e });
	}
	rehearse(e) {
		return this.http.post(`${this.path}/rehearsal`, { kind: e });
	}
	offerRehearsal(e) {
		return this.http.post(`${this.path}/rehearsal/offer`, {
			sdp: e,
			type: "offer"
		});
	}
	endRehearsal() {
		return this.http.delete(`${this.path}/rehearsal`);
	}
	address(e) {
		return `${this.path}/${e}`;
	}
	file(e) {
		return this.http.file(c(e));
	}
	json(e) {
		return this.http.get(c(e));
	}
}, d = class {
	session;
	kind;
	constructor(e, t) {
		this.session = e, this.kind = t;
	}
	async iceServers() {
		return (await this.session.rehearse(this.kind))?.ice_servers ?? [];
	}
	offer(e) {
		return this.session.offerRehearsal(e);
	}
	candidate() {
		return Promise.resolve([]);
	}
	status() {
		return this.session.status();
	}
	action() {
		return Promise.reject(/* @__PURE__ */ Error("there is no connection"));
	}
	end() {
		return this.session.endRehearsal();
	}
}, f = 500, p = 1e4;
function m(e, t, n = null) {
	let r = Math.min(p, f * 2 ** Math.min(e, 16));
	return Math.max(Math.round(r / 2 + r / 2 * t), n ?? 0);
}
// src/client/events.ts
var h = [
	"created",
	"connecting",
	"active",
	"reconnecting",
	"closing",
	"ended"
], g = [
	"listening",
	"thinking",
	"speaking",
	"idle"
], _ = [
	"info",
	"warning",
	"error"
], v = [
	"final",
	"interim",
	"missing"
];
function y(e) {
	let t;
	try {
		t = JSON.parse(e);
	} catch {
		return null;
	}
	if (!k(t) || typeof t.type != "string") return null;
	let n = k(t.data) ? t.data : {};
	return ee(t.type, n, O(t.at_ms));
}
function ee(e, t, n) {
	switch (e) {
		case "session.state": return b(t, n);
		case "turn": return {
			type: e,
			speaker: T(t.speaker),
			state: E(g, t.state) ?? "idle"
		};
		case "question": return te(t);
		case "transcript.item": return x(t);
		case "quality": return {
			type: e,
			lossRatio: O(t.loss_ratio),
			jitterMs: O(t.jitter_ms),
			rttMs: O(t.rtt_ms)
		};
		case "notice": return S(t);
		case "session.ended": return {
			type: e,
			endReason: D(t.end_reason),
			saved: t.saved === !0,
			resultsUrl: w(t.results_url)
		};
		default: return null;
	}
}
function b(e, t) {
	let n = E(h, e.status);
	return n === null ? null : {
		type: "session.state",
		status: n,
		endReason: D(e.end_reason),
		engine: D(e.engine),
		question: C(e.question),
		speaker: T(e.speaker),
		timeLimitMs: O(e.time_limit_ms),
		atMs: t
	};
}
function te(e) {
	let t = C(e);
	return t === null ? null : {
		type: "question",
		...t,
		text: D(e.text) ?? ""
	};
}
function x(e) {
	let t = T(e.role), n = D(e.item_id);
	return t === null || n === null ? null : {
		type: "transcript.item",
		item: {
			item_id: n,
			role: t,
			content: D(e.content) ?? "",
			generated_content: D(e.generated_content),
			start_ms: O(e.start_ms) ?? 0,
			end_ms: O(e.end_ms),
			state: E(v, e.state) ?? "final",
			question: O(e.question),
			revision: O(e.revision) ?? 0
		}
	};
}
function S(e) {
	let t = D(e.text);
	return t === null || t === "" ? null : {
		type: "notice",
		code: D(e.code) ?? "",
		text: t,
		level: E(_, e.level) ?? "info"
	};
}
function C(e) {
	if (!k(e)) return null;
	let t = O(e.number), n = O(e.total);
	return t === null || n === null ? null : {
		number: t,
		total: n
	};
}
function w(e) {
	let t = D(e);
	return t !== null && /^(https?:\/\/|\/(?!\/))/.test(t) ? t : null;
}
function T(e) {
	return e === "user" || e === "assistant" ? e : null;
}
function E(e, t) {
	return e.find((e) => e === t) ?? null;
}
function D(e) {
	return typeof e == "string" ? e : null;
}
function O(e) {
	return typeof e == "number" && Number.isFinite(e) ? e : null;
}
function k(e) {
	return typeof e == "object" && !!e && !Array.isArray(e);
}
// src/client/sdp.ts
function A(e) {
	let t = e.split("\r\n"), n = j(t);
	if (n === null) return e;
	let r = `a=rtcp-fb:${n} nack`, i = `a=fmtp:${n} `, a = t.includes(r), o = t.some((e) => e.startsWith(i)), s = [];
	for (let e of t) e.startsWith(i) ? s.push(i + M(e.slice(i.length))) : (s.push(e), e.startsWith(`a=rtpmap:${n} `) && (a || s.push(r), o || s.push(i + M(""))));
	return s.join("\r\n");
}
function j(e) {
	for (let t of e) {
		let e = /^a=rtpmap:(\d+) opus\/48000/i.exec(t);
		if (e?.[1]) return e[1];
	}
	return null;
}
function M(e) {
	return [
		...e.split(";").map((e) => e.trim()).filter((e) => e !== "" && !/^(useinbandfec|usedtx)=/.test(e)),
		"useinbandfec=1",
		"usedtx=0"
	].join(";");
}
function N(e) {
	let t = (e) => e.mimeType.toLowerCase() === "audio/red", n = e.filter(t);
	return n.length === 0 ? null : [...n, ...e.filter((e) => !t(e))];
}
// src/client/uplinkRate.ts
var P = [
	null,
	14e3,
	1e4
], ne = 150, re = 100, ie = 75, ae = 4, oe = 2, se = .2, ce = .1, F = 2e4, le = 32e4, ue = 6e4, de = 15e3, fe = {
	step: 0,
	atMs: null,
	roundTripsMs: [],
	wasGrown: !1,
	settles: !1,
	calmMs: 0,
	sinceRiseMs: null,
	patienceMs: F
};
function pe(e, t) {
	if (e.atMs !== null && t.atMs <= e.atMs) return e;
	let n = [...e.roundTripsMs, t.roundTripMs].slice(-32), r = t.roundTripMs - me(n), i = (e, n) => r > e + n * t.jitterMs, a = i(ne, ae), o = {
		...e,
		atMs: t.atMs,
		roundTripsMs: n,
		wasGrown: a,
		settles: !1
	};
	if (e.settles) return {
		...o,
		wasGrown: !1
	};
	if (t.lossRatio >= se && i(re, ae) || a && e.wasGrown) return he(o);
	if (a || i(ie, oe) || t.lossRatio >= ce) return o;
	let s = e.atMs === null ? 0 : t.atMs - e.atMs;
	return ge(o, s <= de ? s : 0);
}
function me(e) {
	let t = [...e].sort((e, t) => e - t);
	return t[Math.floor(t.length / 4)] ?? 0;
}
function he(e) {
	let { sinceRiseMs: t } = e, { patienceMs: n } = e;
	t !== null && (n = t < ue ? Math.min(2 * n, le) : F);
	let r = Math.min(e.step + 1, P.length - 1);
	return I({
		...e,
		calmMs: 0,
		sinceRiseMs: null,
		patienceMs: n
	}, r);
}
function ge(e, t) {
	let n = e.calmMs + t, r = e.sinceRiseMs === null ? null : e.sinceRiseMs + t;
	return e.step === 0 || n < e.patienceMs ? {
		...e,
		calmMs: n,
		sinceRiseMs: r
	} : I({
		...e,
		calmMs: 0,
		sinceRiseMs: 0
	}, e.step - 1);
}
function I(e, t) {
	return t === e.step ? e : {
		...e,
		step: t,
		settles: !0,
		wasGrown: !1
	};
}
function _e(e) {
	for (let { type: t, kind: n, timestamp: r, roundTripTime: i, jitter: a, fractionLost: o } of e) if (t === "remote-inbound-rtp" && n === "audio" && typeof r == "number" && typeof i == "number") return {
		atMs: r,
		roundTripMs: i * 1e3,
		jitterMs: typeof a == "number" ? a * 1e3 : 0,
		lossRatio: typeof o == "number" ? o : 0
	};
	return null;
}
async function ve(e, t) {
	let n = e.getParameters(), [r] = n.encodings;
	if (r === void 0) return !1;
	let i = P[t] ?? null;
	i === null ? delete r.maxBitrate : r.maxBitrate = i;
	try {
		return await e.setParameters(n), !0;
	} catch {
		return !1;
	}
}
// src/client/peer.ts
var L = class extends Error {
	constructor() {
		super("no connection for audio"), this.name = "NoMediaPath";
	}
}, ye = "viva-events";
function be(e) {
	let t = N(RTCRtpReceiver.getCapabilities?.("audio")?.codecs ?? []);
	if (t !== null) try {
		e.setCodecPreferences(t);
	} catch {}
}
var xe = class {
	api;
	handlers;
	connection;
	channel;
	sender;
	knownCandidates = /* @__PURE__ */ new Set();
	outgoing = Promise.resolve();
	closed = !1;
	rate = fe;
	constructor(e, t, n, r) {
		this.api = e, this.handlers = r, this.connection = new RTCPeerConnection({
			iceServers: t,
			bundlePolicy: "max-bundle"
		}), this.channel = this.connection.createDataChannel(ye, { ordered: !0 });
		let i = n.getAudioTracks()[0], a = this.connection.addTransceiver(i ?? "audio", {
			direction: "sendrecv",
			streams: [n]
		});
		this.sender = a.sender, be(a), this.listen();
	}
	listen() {
		let e = (e) => () => {
			this.closed || e();
		};
		this.channel.onopen = e(() => this.handlers.onChannel(!0)), this.channel.onclose = e(() => this.handlers.onChannel(!1)), this.channel.onmessage = (e) => {
			!this.closed && typeof e.data == "string" && this.handlers.onMessage(e.data);
		}, this.connection.onconnectionstatechange = e(() => this.handlers.onConnection(this.connection.connectionState)), this.connection.ontrack = (e) => {
			this.closed || this.handlers.onAudio(e.streams[0] ?? new MediaStream([e.track]));
		}, this.connection.onicecandidate = (e) => this.sendCandidate(e.candidate);
	}
	async negotiate(e = !1) {
		let t = await this.connection.createOffer({ iceRestart: e }), n = this.exchange(t.sdp ?? "");
		this.outgoing = n.catch(() => void 0), await n;
	}
	async exchange(e) {
		let t = await this.setLocal(e), n = await this.api.offer(t);
		this.closed || await this.connection.setRemoteDescription({
			type: "answer",
			sdp: n.sdp
		});
	}
	async setLocal(e) {
		let t = A(e);
		try {
			return await this.connection.setLocalDescription({
				type: "offer",
				sdp: t
			}), t;
		} catch {
			return await this.connection.setLocalDescription({
				type: "offer",
				sdp: e
			}), e;
		}
	}
	sendCandidate(e) {
		if (e !== null && e.candidate === "") return;
		let { candidate: t, sdpMid: n, sdpMLineIndex: r } = e?.toJSON() ?? {}, i = e === null ? null : {
			candidate: t ?? "",
			sdpMid: n,
			sdpMLineIndex: r
		};
		this.outgoing = this.outgoing.then(() => this.closed ? [] : this.api.candidate(i)).then((e) => this.addRemote(e)).catch(() => void 0);
	}
	async addRemote(e) {
		let t = this.connection.remoteDescription?.sdp ?? "";
		for (let n of e) {
			let e = n.candidate ?? "";
			this.closed || e === "" || this.knownCandidates.has(e) || t.includes(e) || (this.knownCandidates.add(e), await this.connection.addIceCandidate(n));
		}
	}
	send(e) {
		return this.closed || this.channel.readyState !== "open" ? !1 : (this.channel.send(JSON.stringify(e)), !0);
	}
	get state() {
		return this.closed ? "closed" : this.connection.connectionState;
	}
	get channelOpen() {
		return !this.closed && this.channel.readyState === "open";
	}
	whenConnected(e) {
		return new Promise((t, n) => {
			let r = () => {
				this.state === "connected" ? i(t) : (this.state === "failed" || this.state === "closed") && i(() => n(new L()));
			}, i = (e) => {
				clearTimeout(a), this.connection.removeEventListener("connectionstatechange", r), e();
			}, a = setTimeout(() => i(() => n(new L())), e);
			this.connection.addEventListener("connectionstatechange", r), r();
		});
	}
	async replaceTrack(e) {
		this.closed || await this.sender.replaceTrack(e);
	}
	async adapt() {
		let e = _e(Array.from((await this.statistics()).values()));
		if (e === null || this.closed) return;
		let t = pe(this.rate, e);
		(t.step === this.rate.step || await ve(this.sender, t.step)) && (this.rate = t);
	}
	statistics() {
		return this.connection.getStats();
	}
	close() {
		this.closed || (this.closed = !0, this.connection.close());
	}
}, Se = {
	phase: { name: "idle" },
	status: "created",
	engine: null,
	question: null,
	speaker: null,
	turnState: "idle",
	captions: [],
	notices: [],
	weakConnection: !1,
	cameBack: !1,
	deadlineMs: null
};
function Ce(e) {
	return e.name === "ended" || e.name === "refused" || e.name === "elsewhere";
}
var we = .05, Te = 2e3;
function Ee(e, t, n = Date.now()) {
	switch (t.type) {
		case "session.state": return {
			...e,
			status: t.status,
			engine: t.engine ?? e.engine,
			question: je(e.question, t.question),
			deadlineMs: ke(e.deadlineMs, t, n)
		};
		case "turn": return {
			...e,
			speaker: t.speaker,
			turnState: t.state
		};
		case "question": return {
			...e,
			question: {
				number: t.number,
				total: t.total,
				text: t.text
			}
		};
		case "transcript.item": return {
			...e,
			captions: Ne(e.captions, t.item),
			cameBack: e.cameBack && t.item.state !== "final"
		};
		case "quality": return t.lossRatio === null ? e : {
			...e,
			weakConnection: t.lossRatio > we
		};
		case "notice": return t.code === "continued_elsewhere" ? R(e, { name: "elsewhere" }) : Me(e, t.code, t.text, t.level);
		case "session.ended": return Ae(e, t.saved, t.endReason, t.resultsUrl);
	}
}
function De(e, t) {
	return t.status === "ended" ? Ae(e, !0, t.end_reason, t.results_url ?? null) : {
		...e,
		status: t.status,
		engine: t.engine ?? e.engine,
		question: je(e.question, t.question),
		speaker: t.speaker,
		turnState: t.speaker === "user" ? "listening" : t.speaker === "assistant" ? "speaking" : "idle"
	};
}
function R(e, t) {
	if (e.phase.name === "ended") return e;
	if (t.name !== "live") return {
		...e,
		phase: t,
		cameBack: !1
	};
	let n = e.phase.name === "reconnecting" || e.cameBack, r = n ? e.notices.filter(({ code: e }) => e !== "connection_unstable") : e.notices;
	return {
		...e,
		phase: t,
		cameBack: n,
		notices: r
	};
}
function Oe(e, t) {
	return {
		...e,
		notices: e.notices.filter((e) => e.id !== t)
	};
}
function ke(e, t, n) {
	if (t.timeLimitMs === null || t.atMs === null) return e;
	if (t.status === "created" || t.status === "connecting") return null;
	let r = n + t.timeLimitMs - t.atMs;
	return e !== null && Math.abs(r - e) < Te ? e : r;
}
function Ae(e, t, n, r) {
	let i = e.phase.name === "ended" ? e.phase : null, a = {
		name: "ended",
		saved: t || i?.saved === !0,
		endReason: n ?? i?.endReason ?? null,
		resultsUrl: r ?? i?.resultsUrl ?? null
	};
	return {
		...e,
		phase: a,
		status: "ended",
		speaker: null,
		turnState: "idle"
	};
}
function je(e, t) {
	if (t === null || t.number < 1) return e;
	let n = e?.number === t.number ? e.text : "";
	return {
		...t,
		text: n
	};
}
function Me(e, t, n, r) {
	let i = (e.notices.at(-1)?.id ?? 0) + 1, a = e.notices.filter((e) => e.code === "" || e.code !== t);
	return {
		...e,
		notices: [...a, {
			id: i,
			code: t,
			text: n,
			level: r
		}].slice(-3)
	};
}
function Ne(e, t) {
	let n = e.find((e) => e.item_id === t.item_id);
	return n && n.revision > t.revision ? e : [...n ? e.map((e) => e === n ? t : e) : [...e, t]].sort((e, t) => e.start_ms - t.start_ms);
}
// src/client/stats.ts
var Pe = [
	"jitterBufferDelay",
	"jitterBufferEmittedCount",
	"packetsLost",
	"packetsReceived",
	"concealedSamples",
	"silentConcealedSamples",
	"totalSamplesReceived"
];
function Fe(e) {
	let t = null, n = null;
	for (let r of e) r.type === "inbound-rtp" && r.kind === "audio" && (t = r), r.type === "candidate-pair" && r.nominated === !0 && r.currentRoundTripTime !== void 0 && (n = r.currentRoundTripTime);
	if (t === null) return null;
	let r = { type: "candidate.stats" };
	for (let e of Pe) {
		let n = t[e];
		typeof n == "number" && Number.isFinite(n) && (r[e] = n);
	}
	return typeof n == "number" && Number.isFinite(n) && (r.roundTripTime = n), r;
}
// src/client/call.ts
var Ie = 12e3, Le = 6e3, Re = 2e4, ze = 2500, Be = 2e3, Ve = 5e3, He = 2e3, Ue = 1500, We = 4, Ge = class {
	api;
	iceServers;
	onAudio;
	onEvent;
	state = Se;
	listeners = /* @__PURE__ */ new Set();
	peer = null;
	stream = null;
	effort = 0;
	lossTimer;
	timers = [];
	asking = null;
	wake = null;
	disposed = !1;
	constructor(e, t, n, r = () => void 0) {
		this.api = e, this.iceServers = t, this.onAudio = n, this.onEvent = r;
	}
	subscribe = (e) => (this.listeners.add(e), () => this.listeners.delete(e));
	snapshot = () => this.state;
	begin(e) {
		this.stream = e, this.stopTimers(), this.set(R(this.state, { name: "connecting" })), this.timers.push(setInterval(() => void this.followStatus(), Be)), this.timers.push(setInterval(() => void this.reportStatistics(), Ve)), this.timers.push(setInterval(() => void this.peer?.adapt(), He)), this.connect();
	}
	async replaceMicrophone(e) {
		this.stream = e;
		let t = e.getAudioTracks()[0];
		t && await this.peer?.replaceTrack(t);
	}
	async tell(e) {
		if (this.peer?.send(e)) return !0;
		try {
			return await this.api.action(e), !0;
		} catch {
			return !1;
		}
	}
	async end() {
		this.set(R(this.state, { name: "ending" }));
		for (let t = 0; t < We && !this.over; t += 1) try {
			await this.api.end(), await this.followStatus();
			return;
		} catch (n) {
			if (n instanceof e && n.status < 500 && n.status !== 429) return this.followStatus();
			await this.pause(m(t, Math.random()));
		}
		this.over || this.recover();
	}
	retryNow() {
		this.wake?.();
	}
	dismissNotice(e) {
		this.set(Oe(this.state, e));
	}
	dispose() {
		this.disposed = !0, this.effort += 1, this.stopTimers(), this.wake?.(), this.peer?.close();
	}
	get over() {
		return this.disposed || Ce(this.state.phase);
	}
	set(e) {
		this.disposed || e === this.state || (this.state = e, Ce(e.phase) && this.conclude(), this.listeners.forEach((e) => e()));
	}
	conclude() {
		if (this.timers.length === 0 && this.peer === null) return;
		this.stopTimers(), this.effort += 1, this.wake?.();
		let e = this.peer;
		if (this.peer = null, this.state.phase.name !== "elsewhere") return void setTimeout(() => e?.close(), Ue);
		e?.close(), this.iceServers = null;
	}
	stopTimers() {
		clearTimeout(this.lossTimer), this.timers.forEach(clearInterval), this.timers = [];
	}
	async connect() {
		this.effort += 1;
		let e = this.effort;
		for (let t = 0; e === this.effort && !this.over; t += 1) {
			let n = await this.attempt(e);
			if (n === null || e !== this.effort || this.over) return;
			let r = m(t, Math.random(), n.serverAskedMs);
			this.set(R(this.state, {
				name: "reconnecting",
				trouble: n.trouble,
				retryInMs: r
			})), await this.pause(r);
		}
	}
	async attempt(e) {
		this.peer?.close(), this.peer = null;
		try {
			if (this.iceServers ??= await this.api.iceServers(), e !== this.effort || this.stream === null) return null;
			let t = this.newPeer(this.iceServers, this.stream);
			return await t.negotiate(), await t.whenConnected(Ie), this.peer === t && this.set(R(this.state, { name: "live" })), null;
		} catch (t) {
			return e === this.effort ? this.judge(t) : null;
		}
	}
	newPeer(e, t) {
		let n = (e) => {
			this.peer === r && e();
		}, r = new xe(this.api, e, t, {
			onMessage: (e) => n(() => this.receive(e)),
			onChannel: (e) => n(() => e || this.channelClosed()),
			onConnection: (e) => n(() => this.connectionChanged(e)),
			onAudio: (e) => n(() => this.onAudio(e))
		});
		return this.peer = r, r;
	}
	receive(e) {
		let t = y(e);
		t !== null && (this.set(Ee(this.state, t)), this.onEvent(t));
	}
	connectionChanged(e) {
		this.state.phase.name === "live" && (clearTimeout(this.lossTimer), e === "failed" && this.recover(), e === "disconnected" && (this.lossTimer = setTimeout(() => void this.recover(), ze)));
	}
	channelClosed() {
		this.state.phase.name === "live" && this.followStatus().then(() => this.recover());
	}
	async recover() {
		if (this.over) return;
		clearTimeout(this.lossTimer), this.set(R(this.state, {
			name: "reconnecting",
			trouble: "lost",
			retryInMs: null
		}));
		let e = this.peer;
		this.effort += 1;
		let t = this.effort;
		e?.channelOpen && await this.revived(e, t) ? t === this.effort && this.set(R(this.state, { name: "live" })) : t === this.effort && !this.over && await this.connect();
	}
	async revived(e, t) {
		let n = !1, r = this.offerNewPath(e, () => t === this.effort && !this.over && !n), i = e.whenConnected(Re).catch(() => r);
		return Promise.race([i, r]).then(() => n = !0, () => !1);
	}
	async offerNewPath(e, n) {
		let r = Date.now() + Re;
		for (let i = 0; n() && e.channelOpen && Date.now() < r; i += 1) try {
			return await this.api.status(), n() ? (await e.negotiate(!0), await e.whenConnected(Le)) : void 0;
		} catch (e) {
			if (!(e instanceof t)) throw e;
			let r = m(i, Math.random());
			if (!n()) return;
			this.set(R(this.state, {
				name: "reconnecting",
				trouble: "unreachable",
				retryInMs: r
			})), await this.pause(r);
		}
		throw new L();
	}
	async judge(n) {
		return n instanceof t ? {
			trouble: "unreachable",
			serverAskedMs: null
		} : n instanceof e ? n.status >= 500 || n.status === 429 ? {
			trouble: "busy",
			serverAskedMs: n.retryAfterMs
		} : (await this.followStatus(), this.over || this.refuse(n), null) : {
			trouble: "no_media_path",
			serverAskedMs: null
		};
	}
	refuse(e) {
		this.set(R(this.state, {
			name: "refused",
			code: e.code,
			detail: e.message
		}));
	}
	followStatus() {
		let e = this.state.phase.name;
		return this.over || e === "live" && this.peer?.channelOpen ? Promise.resolve() : (this.asking ??= this.askStatus().finally(() => {
			this.asking = null;
		}), this.asking);
	}
	async askStatus() {
		try {
			let e = await this.api.status();
			(e.status === "ended" || this.state.phase.name === "live") && this.set(De(this.state, e));
		} catch (t) {
			t instanceof e && [
				401,
				403,
				404,
				410
			].includes(t.status) && this.refuse(t);
		}
	}
	async reportStatistics() {
		let e = this.peer;
		if (!e?.channelOpen) return;
		let t = await e.statistics(), n = Fe(Array.from(t.values()));
		n !== null && e.send(n);
	}
	pause(e) {
		return new Promise((t) => {
			let n = () => {
				clearTimeout(r), this.wake = null, t();
			}, r = setTimeout(n, e);
			this.wake = n;
		});
	}
};
// src/client/memory.ts
function Ke(e) {
	let t = new URLSearchParams(e.replace(/^#/, "")).get("token");
	return t === null || t === "" ? null : t;
}
// src/client/route.ts
var qe = {
	"sign-in": { page: "signIn" },
	interviews: { page: "interviews" },
	sessions: { page: "sessions" },
	rooms: { page: "rooms" },
	status: { page: "status" }
};
function Je(e) {
	let t = e.split("/").filter((e) => e !== ""), [n, r, i] = t.map(Ye);
	if (t.length === 0) return { page: "home" };
	if (t.length === 1) return Object.hasOwn(qe, n ?? "") && qe[n ?? ""] || { page: "unknown" };
	if (t.length === 3 && n === "embed" && r === "i" && i) return {
		page: "embedded",
		code: i
	};
	if (t.length !== 2 || !r) return { page: "unknown" };
	switch (n) {
		case "i": return {
			page: "invite",
			code: r
		};
		case "interview": return {
			page: "interview",
			sessionId: r
		};
		case "results": return {
			page: "results",
			sessionId: r
		};
		case "interviews": return {
			page: "editor",
			interviewId: r
		};
		case "sessions": return {
			page: "liveSession",
			sessionId: r
		};
		case "rooms": return {
			page: "room",
			code: r
		};
		default: return { page: "unknown" };
	}
}
function Ye(e) {
	try {
		return decodeURIComponent(e);
	} catch {
		return null;
	}
}
// src/kit/listeners.ts
var Xe = class {
	byName = /* @__PURE__ */ new Map();
	on(e, t) {
		let n = this.byName.get(e) ?? /* @__PURE__ */ new Set();
		return this.byName.set(e, n), n.add(t), () => void n.delete(t);
	}
	tell(e, t) {
		for (let n of [...this.byName.get(e) ?? []]) try {
			n(t);
		} catch (e) {
			queueMicrotask(() => {
				throw e;
			});
		}
	}
}, Ze = 1e3, Qe = class {
	onLeave;
	waiting = [];
	wake = null;
	finished = !1;
	constructor(e = () => void 0) {
		this.onLeave = e;
	}
	push(e) {
		this.finished || (this.waiting.push(e), this.waiting.length > Ze && this.waiting.shift(), this.wake?.());
	}
	finish() {
		this.finished = !0, this.wake?.();
	}
	async next() {
		for (; this.waiting.length === 0 && !this.finished;) await new Promise((e) => {
			this.wake = e;
		}), this.wake = null;
		return this.waiting.length > 0 ? {
			done: !1,
			value: this.waiting.shift()
		} : {
			done: !0,
			value: void 0
		};
	}
	return() {
		return this.waiting.length = 0, this.finish(), this.onLeave(), Promise.resolve({
			done: !0,
			value: void 0
		});
	}
	[Symbol.asyncIterator]() {
		return this;
	}
}, z = class extends Error {
	code;
	constructor(e, t) {
		super(t), this.code = e, this.name = "NotConnectedError";
	}
}, B = /* @__PURE__ */ new Set([
	"connecting",
	"live",
	"reconnecting",
	"ending"
]), $e = class e {
	sessionId;
	consent;
	server;
	call;
	session;
	listeners = new Xe();
	feeds = /* @__PURE__ */ new Set();
	seen;
	stream = null;
	isMuted = !1;
	over = !1;
	constructor(e, t) {
		this.sessionId = e.sessionId, this.consent = t, this.server = e.server.replace(/\/+$/, ""), this.session = new u(e.sessionId, { bearer: e.token }, this.server), this.call = new Ge(this.session, e.iceServers ?? null, (e) => this.listeners.tell("audio", e), (e) => this.hear(e)), this.seen = this.call.snapshot(), this.call.subscribe(() => this.follow(this.call.snapshot()));
	}
	static take(t) {
		return new e(t, null);
	}
	static fromLink(t) {
		let { origin: n, pathname: r, hash: i } = new URL(t), a = Je(r), o = Ke(i);
		if (a.page !== "interview" || o === null) throw TypeError("this is no link to an interview");
		return new e({
			server: n,
			sessionId: a.sessionId,
			token: o
		}, null);
	}
	static async start(t, n, r = null) {
		let { session_id: i, token: a, ice_servers: o, consent: s } = await new l(t.replace(/\/+$/, ""), r).start(n);
		return new e({
			server: t,
			sessionId: i,
			token: a,
			iceServers: o
		}, s);
	}
	get state() {
		return this.seen;
	}
	get muted() {
		return this.isMuted;
	}
	on(e, t) {
		return this.listeners.on(e, t);
	}
	[Symbol.asyncIterator]() {
		let e = new Qe(() => this.feeds.delete(e));
		return this.feeds.add(e), this.over && e.finish(), e;
	}
	async giveConsent(e = this.consent?.version ?? "") {
		await this.session.consent(e);
	}
	async connect(e) {
		if (typeof RTCPeerConnection > "u") throw new z("no_webrtc", "there is no WebRTC here");
		if (B.has(this.seen.phase.name)) throw new z("conflict", "connect was called before");
		this.stream = e, this.applyMute();
		let t = this.whenConnected();
		this.call.begin(e), await t;
	}
	async replaceMicrophone(e) {
		this.stream = e, this.applyMute(), await this.call.replaceMicrophone(e);
	}
	mute(e = !0) {
		this.isMuted = e, this.applyMute();
	}
	finished() {
		return this.call.tell({ type: "candidate.finished" });
	}
	wait() {
		return this.call.tell({ type: "candidate.wait" });
	}
	repeat() {
		return this.call.tell({ type: "candidate.repeat" });
	}
	text(e) {
		return this.call.tell({
			type: "candidate.text",
			text: e
		});
	}
	retryNow() {
		this.call.retryNow();
	}
	end() {
		return this.call.end();
	}
	leave() {
		this.call.dispose(), this.conclude();
	}
	status() {
		return this.session.status();
	}
	results() {
		return this.session.results();
	}
	whenConnected() {
		return new Promise((e, t) => {
			let n = this.on("phase", (r) => {
				if (r.name === "live") e();
				else if (r.name === "refused") t(new z(r.code, r.detail));
				else if (B.has(r.name)) return;
				else t(new z(r.name, "the interview does not go on here"));
				n();
			});
		});
	}
	hear(e) {
		e.type !== "session.ended" && this.pass(e);
	}
	follow(e) {
		let t = this.seen;
		if (this.seen = e, this.listeners.tell("state", e), e.phase !== t.phase && (this.listeners.tell("phase", e.phase), !this.over)) {
			if (e.phase.name === "ended") {
				let { saved: t, endReason: n, resultsUrl: r } = e.phase;
				this.pass({
					type: "session.ended",
					saved: t,
					endReason: n,
					resultsUrl: r
				});
			}
			(e.phase.name === "ended" || e.phase.name === "refused") && this.conclude();
		}
	}
	pass(e) {
		this.listeners.tell(e.type, e), this.feeds.forEach((t) => t.push(e));
	}
	conclude() {
		this.over = !0, this.feeds.forEach((e) => e.finish()), this.feeds.clear();
	}
	applyMute() {
		this.stream?.getAudioTracks().forEach((e) => {
			e.enabled = !this.isMuted;
		});
	}
}, et = /\{[^{}]+\}/g, tt = () => typeof process == "object" && Number.parseInt(process?.versions?.node?.substring(0, 2)) >= 18 && process.versions.undici;
function nt() {
	return Math.random().toString(36).slice(2, 11);
}
function rt(e) {
	let { baseUrl: t = "", Request: n = globalThis.Request, fetch: r = globalThis.fetch, querySerializer: i, bodySerializer: a, pathSerializer: o, headers: s, requestInitExt: c = void 0, ...l } = { ...e };
	c = tt() ? c : void 0, t = st(t);
	let u = [];
	async function d(e, d) {
		let { baseUrl: f, fetch: p = r, Request: m = n, headers: h, params: g = {}, parseAs: _ = "json", querySerializer: v, bodySerializer: y = a ?? at, pathSerializer: ee, body: b, middleware: te = [], ...x } = d || {}, S = t;
		f && (S = st(f) ?? t);
		let C = typeof i == "function" ? i : W(i);
		v && (C = typeof v == "function" ? v : W({
			...typeof i == "object" ? i : {},
			...v
		}));
		let w = ee || o || it, T = b === void 0 ? void 0 : y(b, G(s, h, g.header)), E = G(T === void 0 || T instanceof FormData ? {} : { "Content-Type": "application/json" }, s, h, g.header), D = [...u, ...te], O = {
			redirect: "follow",
			...l,
			...x,
			body: T,
			headers: E
		}, k, A, j = new m(ot(e, {
			baseUrl: S,
			params: g,
			querySerializer: C,
			pathSerializer: w
		}), O), M;
		for (let e in x) e in j || (j[e] = x[e]);
		if (D.length) {
			k = nt(), A = Object.freeze({
				baseUrl: S,
				fetch: p,
				parseAs: _,
				querySerializer: C,
				bodySerializer: y,
				pathSerializer: w
			});
			for (let t of D) if (t && typeof t == "object" && typeof t.onRequest == "function") {
				let n = await t.onRequest({
					request: j,
					schemaPath: e,
					params: g,
					options: A,
					id: k
				});
				if (n) {
					if (n instanceof m) j = n;
					else if (n instanceof Response) {
						M = n;
						break;
					} else throw Error("onRequest: must return new Request() or Response() when modifying the request");
				}
			}
		}
		if (!M) {
			try {
				M = await p(j, c);
			} catch (t) {
				let n = t;
				if (D.length) for (let t = D.length - 1; t >= 0; t--) {
					let r = D[t];
					if (r && typeof r == "object" && typeof r.onError == "function") {
						let t = await r.onError({
							request: j,
							error: n,
							schemaPath: e,
							params: g,
							options: A,
							id: k
						});
						if (t) {
							if (t instanceof Response) {
								n = void 0, M = t;
								break;
							}
							if (t instanceof Error) {
								n = t;
								continue;
							}
							throw Error("onError: must return new Response() or instance of Error");
						}
					}
				}
				if (n) throw n;
			}
			if (D.length) for (let t = D.length - 1; t >= 0; t--) {
				let n = D[t];
				if (n && typeof n == "object" && typeof n.onResponse == "function") {
					let t = await n.onResponse({
						request: j,
						response: M,
						schemaPath: e,
						params: g,
						options: A,
						id: k
					});
					if (t) {
						if (!(t instanceof Response)) throw Error("onResponse: must return new Response() when modifying the response");
						M = t;
					}
				}
			}
		}
		let N = M.headers.get("Content-Length");
		if (M.status === 204 || j.method === "HEAD" || N === "0" && !M.headers.get("Transfer-Encoding")?.includes("chunked")) return M.ok ? {
			data: void 0,
			response: M
		} : {
			error: void 0,
			response: M
		};
		if (M.ok) return {
			data: await (async () => {
				if (_ === "stream") return M.body;
				if (_ === "json" && !N) {
					let e = await M.text();
					return e ? JSON.parse(e) : void 0;
				}
				return await M[_]();
			})(),
			response: M
		};
		let P = await M.text();
		try {
			P = JSON.parse(P);
		} catch {}
		return {
			error: P,
			response: M
		};
	}
	return {
		request(e, t, n) {
			return d(t, {
				...n,
				method: e.toUpperCase()
			});
		},
		GET(e, t) {
			return d(e, {
				...t,
				method: "GET"
			});
		},
		PUT(e, t) {
			return d(e, {
				...t,
				method: "PUT"
			});
		},
		POST(e, t) {
			return d(e, {
				...t,
				method: "POST"
			});
		},
		DELETE(e, t) {
			return d(e, {
				...t,
				method: "DELETE"
			});
		},
		OPTIONS(e, t) {
			return d(e, {
				...t,
				method: "OPTIONS"
			});
		},
		HEAD(e, t) {
			return d(e, {
				...t,
				method: "HEAD"
			});
		},
		PATCH(e, t) {
			return d(e, {
				...t,
				method: "PATCH"
			});
		},
		TRACE(e, t) {
			return d(e, {
				...t,
				method: "TRACE"
			});
		},
		use(...e) {
			for (let t of e) if (t) {
				if (typeof t != "object" || !("onRequest" in t || "onResponse" in t || "onError" in t)) throw Error("Middleware must be an object with one of `onRequest()`, `onResponse() or `onError()`");
				u.push(t);
			}
		},
		eject(...e) {
			for (let t of e) {
				let e = u.indexOf(t);
				e !== -1 && u.splice(e, 1);
			}
		}
	};
}
function V(e, t, n) {
	if (t == null) return "";
	if (typeof t == "object") throw Error("Deeply-nested arrays/objects aren’t supported. Provide your own `querySerializer()` to handle these.");
	return `${e}=${n?.allowReserved === !0 ? t : encodeURIComponent(t)}`;
}
function H(e, t, n) {
	if (!t || typeof t != "object") return "";
	let r = [], i = {
		simple: ",",
		label: ".",
		matrix: ";"
	}[n.style] || "&";
	if (n.style !== "deepObject" && n.explode === !1) {
		for (let e in t) r.push(e, n.allowReserved === !0 ? t[e] : encodeURIComponent(t[e]));
		let i = r.join(",");
		switch (n.style) {
			case "form": return `${e}=${i}`;
			case "label": return `.${i}`;
			case "matrix": return `;${e}=${i}`;
			default: return i;
		}
	}
	for (let i in t) {
		let a = n.style === "deepObject" ? `${e}[${i}]` : i;
		r.push(V(a, t[i], n));
	}
	let a = r.join(i);
	return n.style === "label" || n.style === "matrix" ? `${i}${a}` : a;
}
function U(e, t, n) {
	if (!Array.isArray(t)) return "";
	if (n.explode === !1) {
		let r = {
			form: ",",
			spaceDelimited: "%20",
			pipeDelimited: "|"
		}[n.style] || ",", i = (n.allowReserved === !0 ? t : t.map((e) => encodeURIComponent(e))).join(r);
		switch (n.style) {
			case "simple": return i;
			case "label": return `.${i}`;
			case "matrix": return `;${e}=${i}`;
			default: return `${e}=${i}`;
		}
	}
	let r = {
		simple: ",",
		label: ".",
		matrix: ";"
	}[n.style] || "&", i = [];
	for (let r of t) n.style === "simple" || n.style === "label" ? i.push(n.allowReserved === !0 ? r : encodeURIComponent(r)) : i.push(V(e, r, n));
	return n.style === "label" || n.style === "matrix" ? `${r}${i.join(r)}` : i.join(r);
}
function W(e) {
	return function(t) {
		let n = [];
		if (t && typeof t == "object") for (let r in t) {
			let i = t[r];
			if (i != null) {
				if (Array.isArray(i)) {
					if (i.length === 0) continue;
					n.push(U(r, i, {
						style: "form",
						explode: !0,
						...e?.array,
						allowReserved: e?.allowReserved || !1
					}));
				} else typeof i == "object" ? n.push(H(r, i, {
					style: "deepObject",
					explode: !0,
					...e?.object,
					allowReserved: e?.allowReserved || !1
				})) : n.push(V(r, i, e));
			}
		}
		return n.join("&");
	};
}
function it(e, t) {
	let n = e;
	for (let r of e.match(et) ?? []) {
		let e = r.substring(1, r.length - 1), i = !1, a = "simple";
		if (e.endsWith("*") && (i = !0, e = e.substring(0, e.length - 1)), e.startsWith(".") ? (a = "label", e = e.substring(1)) : e.startsWith(";") && (a = "matrix", e = e.substring(1)), !t || t[e] === void 0 || t[e] === null) continue;
		let o = t[e];
		n = Array.isArray(o) ? n.replace(r, U(e, o, {
			style: a,
			explode: i
		})) : typeof o == "object" ? n.replace(r, H(e, o, {
			style: a,
			explode: i
		})) : a === "matrix" ? n.replace(r, `;${V(e, o)}`) : n.replace(r, a === "label" ? `.${encodeURIComponent(o)}` : encodeURIComponent(o));
	}
	return n;
}
function at(e, t) {
	return e instanceof FormData ? e : t && (t.get instanceof Function ? t.get("Content-Type") ?? t.get("content-type") : t["Content-Type"] ?? t["content-type"]) === "application/x-www-form-urlencoded" ? new URLSearchParams(e).toString() : JSON.stringify(e);
}
function ot(e, t) {
	let n = `${t.baseUrl}${e}`;
	t.params?.path && (n = t.pathSerializer(n, t.params.path));
	let r = t.querySerializer(t.params.query ?? {});
	return r.startsWith("?") && (r = r.substring(1)), r && (n += `?${r}`), n;
}
function G(...e) {
	let t = new Headers();
	for (let n of e) {
		if (!n || typeof n != "object") continue;
		let e = n instanceof Headers ? n.entries() : Object.entries(n);
		for (let [n, r] of e) if (r === null) t.delete(n);
		else if (Array.isArray(r)) for (let e of r) t.append(n, e);
		else r !== void 0 && t.set(n, r);
	}
	return t;
}
function st(e) {
	return e.endsWith("/") ? e.substring(0, e.length - 1) : e;
}
// src/client/rest.ts
var ct = 15e3;
function lt(e = () => null, t = "") {
	let n = rt({
		baseUrl: t || (globalThis.location?.origin ?? ""),
		cache: "no-store",
		fetch: ut
	});
	return n.use({
		onRequest({ request: t }) {
			let n = e();
			n !== null && ("bearer" in n ? t.headers.set("Authorization", `Bearer ${n.bearer}`) : t.headers.set("X-API-Key", n.apiKey));
		},
		async onResponse({ response: e }) {
			if (!e.ok) throw i(e, await e.text());
		}
	}), n;
}
async function ut(e) {
	try {
		return await fetch(e, { signal: AbortSignal.any([e.signal, AbortSignal.timeout(ct)]) });
	} catch (n) {
		throw e.signal.aborted ? n : new t(n);
	}
}
function dt(e) {
	return e.data;
}
// src/client/microphone.ts
var K = class extends Error {
	problem;
	constructor(e, t) {
		super(`microphone: ${e}`, { cause: t }), this.problem = e, this.name = "MicrophoneError";
	}
};
function ft() {
	return typeof RTCPeerConnection > "u" ? "unsupported" : navigator.mediaDevices === void 0 ? globalThis.isSecureContext ? "unsupported" : "insecure_page" : null;
}
async function pt(e) {
	let t = ft();
	if (t !== null) throw new K(t);
	let n = {
		echoCancellation: !0,
		noiseSuppression: !0,
		autoGainControl: !0
	}, r = e ? { deviceId: { exact: e } } : {};
	try {
		return await navigator.mediaDevices.getUserMedia({ audio: {
			...n,
			...r
		} });
	} catch (e) {
		throw new K(mt(e), e);
	}
}
function mt(e) {
	switch (e instanceof Error || e instanceof DOMException ? e.name : "") {
		case "NotAllowedError":
		case "SecurityError": return "denied";
		case "NotFoundError":
		case "OverconstrainedError":
		case "DevicesNotFoundError": return "none";
		case "NotReadableError":
		case "AbortError": return "busy";
		default: return "unsupported";
	}
}
async function ht() {
	return navigator.mediaDevices?.enumerateDevices ? (await navigator.mediaDevices.enumerateDevices()).filter((e) => e.kind === "audioinput" && e.deviceId !== "").map((e, t) => ({
		id: e.deviceId,
		label: e.label || `Microphone ${t + 1}`
	})) : [];
}
function gt() {
	let e = new AudioContext(), t = e.createMediaStreamDestination().stream;
	return t.getAudioTracks()[0]?.addEventListener("ended", () => void e.close()), t;
}
function _t(e) {
	e?.getTracks().forEach((e) => e.stop());
}
// src/client/level.ts
var vt = -60;
function q(e) {
	if (e <= 0) return 0;
	let t = 20 * Math.log10(e);
	return Math.round(Math.min(100, Math.max(0, (t - vt) / 60 * 100)));
}
function J(e) {
	let t = 0;
	for (let n of e) t += n * n;
	return e.length === 0 ? 0 : Math.sqrt(t / e.length);
}
var yt = 100;
function bt(e, t) {
	let n = new AudioContext(), r = n.createAnalyser();
	r.fftSize = 2048;
	let i = n.createMediaStreamSource(e);
	i.connect(r);
	let a = new Float32Array(r.fftSize), o = setInterval(() => {
		n.state === "suspended" && n.resume().catch(() => void 0), r.getFloatTimeDomainData(a), t(q(J(a)));
	}, yt);
	return () => {
		clearInterval(o), i.disconnect(), n.close();
	};
}
// src/client/checkup.ts
var xt = 30, St = 45, Ct = 92, wt = [.02, .08], Tt = [450, 1e3], Et = [40, 120];
function Dt(e, t = !1) {
	return e < xt ? "silent" : t || e > Ct ? "loud" : e < St ? "quiet" : "good";
}
function Ot(e) {
	let t = [], n = (e, n) => void (n !== "good" && t.push([e, n]));
	e.path === "none" && n("no_path", "poor"), e.path === "unavailable" && n("unavailable", "usable");
	let r = Dt(e.voiceLevel, e.clipped);
	r === "silent" ? n("not_heard", "poor") : e.returnedLevel !== null && e.returnedLevel < xt && n("nothing_back", "poor"), r === "quiet" && n("too_quiet", "usable"), r === "loud" && n("too_loud", "usable"), n("loss", Y(Math.max(e.lossUp ?? 0, e.lossDown ?? 0), wt)), n("delay", Y(e.voiceDelayMs ?? e.roundTripMs ?? 0, Tt)), n("jitter", Y(e.jitterMs ?? 0, Et));
	let i = t.map(([, e]) => e);
	return {
		grade: i.includes("poor") ? "poor" : i.includes("usable") ? "usable" : "good",
		findings: t.map(([e]) => e)
	};
}
function Y(e, [t, n]) {
	return e <= t ? "good" : e <= n ? "usable" : "poor";
}
function kt(e, t) {
	let n = e + t;
	return t + Math.max(0, e) <= 0 ? null : Math.max(0, e) / Math.max(1, n);
}
function At(e) {
	let t = [...e], n = t.find((e) => e.type === "candidate-pair" && e.nominated === !0) ?? {}, r = t.find((e) => e.id !== void 0 && e.id === n.localCandidateId), i = t.find((e) => e.id !== void 0 && e.id === n.remoteCandidateId), a = t.find((e) => e.type === "inbound-rtp" && e.kind === "audio") ?? {};
	return {
		path: r?.candidateType === "relay" || i?.candidateType === "relay" ? "relay" : "direct",
		lossDown: kt(Z(a.packetsLost) ?? 0, Z(a.packetsReceived) ?? 0),
		jitterMs: X(a.jitter),
		roundTripMs: X(n.currentRoundTripTime)
	};
}
function X(e) {
	let t = Z(e);
	return t === null ? null : Math.round(t * 1e3);
}
function Z(e) {
	return typeof e == "number" && Number.isFinite(e) ? e : null;
}
// src/client/marks.ts
var jt = 1e3, Mt = [
	0,
	260,
	670,
	1e3,
	1520
], Nt = 5, Pt = .08, Ft = .03, It = 40, Lt = 45, Rt = 2500, zt = 3;
function Bt(e, t, n = jt) {
	let r = Math.round(t * Nt / 1e3), i = 2 * Math.cos(2 * Math.PI * n / t), a = [];
	for (let t = 0; t + r <= e.length; t += r) {
		let n = 0, o = 0;
		for (let a = t; a < t + r; a += 1) {
			let t = (e[a] ?? 0) + i * o - n;
			n = o, o = t;
		}
		let s = o * o + n * n - i * o * n;
		a.push(2 * Math.sqrt(Math.max(0, s)) / r);
	}
	return a;
}
function Vt(e, t = Nt) {
	let n = [], r = !1;
	return e.forEach((i, a) => {
		if (i < Ft && (r = !0), i <= Pt || !r) return;
		let o = e[a - 1] ?? 0;
		n.push((o >= Ft ? a - 1 : a) * t), r = !1;
	}), n;
}
function Ht(e, t) {
	let n = t.filter((t) => !e.some((e) => Math.abs(e - t) < It));
	return [...e, ...n].sort((e, t) => e - t);
}
function Ut(e, t) {
	let n = [];
	for (let r of t) for (let i of e) {
		let a = r - i;
		if (a < 0 || a > Rt) continue;
		let o = Wt(e, t, a);
		o.length > n.length && (n = o);
	}
	return n.length < Math.min(zt, e.length) ? null : Math.round(Gt(n));
}
function Wt(e, t, n) {
	return e.flatMap((e) => {
		let r = (t) => Math.abs(t - e - n), i = t.filter((e) => r(e) <= Lt).sort((e, t) => r(e) - r(t));
		return i[0] === void 0 ? [] : [i[0] - e];
	});
}
function Gt(e) {
	let t = [...e].sort((e, t) => e - t);
	return t[Math.floor(t.length / 2)] ?? 0;
}
// src/client/soundCheck.ts
var Kt = 4e3, qt = 6e3, Jt = 3200, Yt = .4, Xt = 300, Zt = 32768, Qt = 50, Q = 2048, $t = .985, en = 400;
async function tn(e) {
	let { session: t, microphone: n, onStage: r, signal: i } = e, a = new sn(n), o = {
		stream: null,
		losses: [],
		jitterMs: null
	}, s = null;
	try {
		r("connecting");
		let t = await nn(e, a, o);
		s = t.peer;
		let n = null;
		s !== null && o.stream !== null && (r("measuring"), n = await a.measureDelay(o.stream, i)), r("speaking");
		let c = await a.listen(s === null ? null : o.stream, n ?? 0, i), l = s === null ? null : At(an(await s.statistics()));
		return {
			checkup: {
				path: l?.path ?? t.failure,
				lossUp: on(o.losses),
				lossDown: l?.lossDown ?? null,
				jitterMs: l === null ? null : Math.max(l.jitterMs ?? 0, Math.round(o.jitterMs ?? 0)),
				roundTripMs: l?.roundTripMs ?? null,
				voiceDelayMs: n,
				voiceLevel: c.voiceLevel,
				returnedLevel: c.returnedLevel,
				clipped: c.clipped
			},
			sentence: c.sentence
		};
	} finally {
		s?.close(), a.close(), t.endRehearsal().catch(() => void 0);
	}
}
async function nn(n, r, i) {
	let a = new d(n.session, "check"), o = null;
	try {
		return o = new xe(a, await a.iceServers(), r.outgoing, {
			onMessage: (e) => rn(e, i),
			onChannel: () => void 0,
			onConnection: () => void 0,
			onAudio: (e) => {
				i.stream = e, n.onReturn(e);
			}
		}), await o.negotiate(), await ln(o.whenConnected(qt), n.signal), {
			peer: o,
			failure: "none"
		};
	} catch (r) {
		return o?.close(), n.signal.throwIfAborted(), {
			peer: null,
			failure: r instanceof e || r instanceof t ? "unavailable" : "none"
		};
	}
}
function rn(e, t) {
	let n = y(e);
	n?.type === "quality" && (n.lossRatio !== null && t.losses.push(n.lossRatio), n.jitterMs !== null && (t.jitterMs = Math.max(t.jitterMs ?? 0, n.jitterMs)));
}
function an(e) {
	return Array.from(e.values());
}
function on(e) {
	return e.length === 0 ? null : e.reduce((e, t) => e + t, 0) / e.length;
}
var sn = class {
	microphone;
	context = new AudioContext();
	output = this.context.createMediaStreamDestination();
	voice = this.context.createGain();
	constructor(e) {
		this.microphone = e, this.voice.gain.value = 0, e.getAudioTracks().length > 0 && this.context.createMediaStreamSource(e).connect(this.voice).connect(this.output), this.context.resume().catch(() => void 0);
	}
	get outgoing() {
		return this.output.stream;
	}
	async measureDelay(e, t) {
		let n = this.analyserOf(e, Zt), r = new Float32Array(n.fftSize), i = n.fftSize / this.context.sampleRate * 1e3, a = this.context.currentTime * 1e3 + 250, o = Mt.map((e) => a + e);
		o.forEach((e) => this.mark(e / 1e3));
		let s = performance.now() + Jt, c = [];
		for (; performance.now() < s;) {
			await un(Xt, t), n.getFloatTimeDomainData(r);
			let e = this.context.currentTime * 1e3 - i, a = Vt(Bt(r, this.context.sampleRate));
			if (c = Ht(c, a.map((t) => e + t)), c.length >= o.length) break;
		}
		return Ut(o, c);
	}
	async listen(e, t, n) {
		let r = cn(e ?? this.microphone), i = this.analyserOf(this.microphone, Q), a = e === null ? null : this.analyserOf(e, Q), o = new Float32Array(Q), s = {
			voiceLevel: 0,
			returnedLevel: a === null ? null : 0,
			clipped: !1,
			sentence: null
		};
		this.voice.gain.value = 1;
		let c = performance.now(), l = Kt + (e === null ? 0 : t + en);
		try {
			for (; performance.now() - c < l;) await un(Qt, n), performance.now() - c > 4e3 && (this.voice.gain.value = 0), i.getFloatTimeDomainData(o), s.voiceLevel = Math.max(s.voiceLevel, q(J(o))), s.clipped ||= o.some((e) => Math.abs(e) >= $t), a !== null && (a.getFloatTimeDomainData(o), s.returnedLevel = Math.max(s.returnedLevel ?? 0, q(J(o))));
		} finally {
			s.sentence = await r?.() ?? null;
		}
		return s;
	}
	close() {
		this.output.stream.getTracks().forEach((e) => e.stop()), this.context.close().catch(() => void 0);
	}
	mark(e) {
		let t = this.context.createOscillator(), n = this.context.createGain(), r = e + 60 / 1e3;
		t.frequency.value = jt, n.gain.setValueAtTime(0, e), n.gain.linearRampToValueAtTime(Yt, e + .004), n.gain.setValueAtTime(Yt, r - .004), n.gain.linearRampToValueAtTime(0, r), t.connect(n).connect(this.output), t.start(e), t.stop(r);
	}
	analyserOf(e, t) {
		let n = this.context.createAnalyser();
		return n.fftSize = t, n.smoothingTimeConstant = 0, e.getAudioTracks().length > 0 && this.context.createMediaStreamSource(e).connect(n), n;
	}
};
function cn(e) {
	if (typeof MediaRecorder > "u" || e.getAudioTracks().length === 0) return null;
	let t, n = [];
	try {
		t = new MediaRecorder(new MediaStream(e.getAudioTracks())), t.ondataavailable = ({ data: e }) => void (e.size > 0 && n.push(e)), t.start();
	} catch {
		return null;
	}
	return () => new Promise((e) => {
		let r = () => e(n.length === 0 ? null : new Blob(n, { type: t.mimeType }));
		if (t.state === "inactive") return r();
		t.onstop = r, t.stop();
	});
}
function ln(e, t) {
	return new Promise((n, r) => {
		t.throwIfAborted(), t.addEventListener("abort", () => r(t.reason), { once: !0 }), e.then(n, r);
	});
}
function un(e, t) {
	return new Promise((n, r) => {
		t.throwIfAborted();
		let i = () => {
			clearTimeout(a), r(t.reason);
		}, a = setTimeout(() => {
			t.removeEventListener("abort", i), n();
		}, e);
		t.addEventListener("abort", i, { once: !0 });
	});
}
// src/client/timeLeft.ts
var $ = 6e4;
function dn(e) {
	return e <= 0 ? { unit: "over" } : e <= $ ? {
		unit: "seconds",
		count: Math.ceil(e / 1e3)
	} : {
		unit: "minutes",
		count: Math.ceil(e / $)
	};
}
var fn = [5, 1], pn = 1e4;
function mn(e) {
	return fn.find((t) => e <= t * $ && e > t * $ - pn) ?? null;
}
export { z as _, Dt as a, t as b, K as c, pt as d, gt as f, $e as g, lt as h, tn as i, ht as l, dt as m, dn as n, Ot as o, _t as p, Kt as r, bt as s, mn as t, ft as u, m as v, e as y };
