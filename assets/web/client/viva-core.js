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
	if (!A(t) || typeof t.type != "string") return null;
	let n = A(t.data) ? t.data : {};
	return ee(t.type, n, k(t.at_ms));
}
function ee(e, t, n) {
	switch (e) {
		case "session.state": return b(t, n);
		case "turn": return {
			type: e,
			speaker: E(t.speaker),
			state: D(g, t.state) ?? "idle"
		};
		case "question": return x(t);
		case "transcript.item": return S(t);
		case "quality": return {
			type: e,
			lossRatio: k(t.loss_ratio),
			jitterMs: k(t.jitter_ms),
			rttMs: k(t.rtt_ms)
		};
		case "notice": return C(t);
		case "session.ended": return {
			type: e,
			endReason: O(t.end_reason),
			saved: t.saved === !0,
			resultsUrl: T(t.results_url)
		};
		default: return null;
	}
}
function b(e, t) {
	let n = D(h, e.status);
	return n === null ? null : {
		type: "session.state",
		status: n,
		endReason: O(e.end_reason),
		engine: O(e.engine),
		question: w(e.question),
		speaker: E(e.speaker),
		timeLimitMs: k(e.time_limit_ms),
		atMs: t
	};
}
function x(e) {
	let t = w(e);
	return t === null ? null : {
		type: "question",
		...t,
		text: O(e.text) ?? ""
	};
}
function S(e) {
	let t = E(e.role), n = O(e.item_id);
	return t === null || n === null ? null : {
		type: "transcript.item",
		item: {
			item_id: n,
			role: t,
			content: O(e.content) ?? "",
			generated_content: O(e.generated_content),
			start_ms: k(e.start_ms) ?? 0,
			end_ms: k(e.end_ms),
			state: D(v, e.state) ?? "final",
			question: k(e.question),
			revision: k(e.revision) ?? 0
		}
	};
}
function C(e) {
	let t = O(e.text);
	return t === null || t === "" ? null : {
		type: "notice",
		code: O(e.code) ?? "",
		text: t,
		level: D(_, e.level) ?? "info"
	};
}
function w(e) {
	if (!A(e)) return null;
	let t = k(e.number), n = k(e.total);
	return t === null || n === null ? null : {
		number: t,
		total: n
	};
}
function T(e) {
	let t = O(e);
	return t !== null && /^(https?:\/\/|\/(?!\/))/.test(t) ? t : null;
}
function E(e) {
	return e === "user" || e === "assistant" ? e : null;
}
function D(e, t) {
	return e.find((e) => e === t) ?? null;
}
function O(e) {
	return typeof e == "string" ? e : null;
}
function k(e) {
	return typeof e == "number" && Number.isFinite(e) ? e : null;
}
function A(e) {
	return typeof e == "object" && !!e && !Array.isArray(e);
}
// src/client/sdp.ts
function j(e) {
	let t = e.split("\r\n"), n = M(t);
	if (n === null) return e;
	let r = `a=rtcp-fb:${n} nack`, i = `a=fmtp:${n} `, a = t.includes(r), o = t.some((e) => e.startsWith(i)), s = [];
	for (let e of t) e.startsWith(i) ? s.push(i + N(e.slice(i.length))) : (s.push(e), e.startsWith(`a=rtpmap:${n} `) && (a || s.push(r), o || s.push(i + N(""))));
	return s.join("\r\n");
}
function M(e) {
	for (let t of e) {
		let e = /^a=rtpmap:(\d+) opus\/48000/i.exec(t);
		if (e?.[1]) return e[1];
	}
	return null;
}
function N(e) {
	return [
		...e.split(";").map((e) => e.trim()).filter((e) => e !== "" && !/^(useinbandfec|usedtx)=/.test(e)),
		"useinbandfec=1",
		"usedtx=0"
	].join(";");
}
function P(e) {
	let t = (e) => e.mimeType.toLowerCase() === "audio/red", n = e.filter(t);
	return n.length === 0 ? null : [...n, ...e.filter((e) => !t(e))];
}
// src/client/uplinkRate.ts
var F = [
	null,
	14e3,
	1e4
], te = 150, ne = 100, re = 75, I = 4, ie = 2, ae = .2, oe = .1, se = 3, ce = 300, le = 2e4, ue = 32e4, de = 6e4, fe = 15e3, pe = {
	step: 0,
	atMs: null,
	roundTripsMs: [],
	wasGrown: !1,
	stuck: 0,
	settles: !1,
	calmMs: 0,
	sinceRiseMs: null,
	patienceMs: le
};
function me(e, t) {
	if (e.atMs !== null && t.atMs <= e.atMs) return e;
	let n = [...e.roundTripsMs, t.roundTripMs].slice(-32), r = t.roundTripMs - he(n), i = (e, n) => r > e + n * t.jitterMs, a = i(te, I), o = t.lossRatio >= ae, s = t.roundTripMs > ce + I * t.jitterMs, c = o && s ? e.stuck + 1 : 0, l = {
		...e,
		atMs: t.atMs,
		roundTripsMs: n,
		wasGrown: a,
		stuck: c,
		settles: !1
	};
	if (e.settles) return {
		...l,
		wasGrown: !1,
		stuck: 0
	};
	if (o && i(ne, I) || c >= se || a && e.wasGrown) return ge(l);
	if (a || i(re, ie) || t.lossRatio >= oe) return l;
	let u = e.atMs === null ? 0 : t.atMs - e.atMs;
	return _e(l, u <= fe ? u : 0);
}
function he(e) {
	let t = [...e].sort((e, t) => e - t);
	return t[Math.floor(t.length / 4)] ?? 0;
}
function ge(e) {
	let { sinceRiseMs: t } = e, { patienceMs: n } = e;
	t !== null && (n = t < de ? Math.min(2 * n, ue) : le);
	let r = Math.min(e.step + 1, F.length - 1);
	return L({
		...e,
		calmMs: 0,
		sinceRiseMs: null,
		patienceMs: n
	}, r);
}
function _e(e, t) {
	let n = e.calmMs + t, r = e.sinceRiseMs === null ? null : e.sinceRiseMs + t;
	return e.step === 0 || n < e.patienceMs ? {
		...e,
		calmMs: n,
		sinceRiseMs: r
	} : L({
		...e,
		calmMs: 0,
		sinceRiseMs: 0
	}, e.step - 1);
}
function L(e, t) {
	return t === e.step ? e : {
		...e,
		step: t,
		settles: !0,
		wasGrown: !1,
		stuck: 0
	};
}
function ve(e) {
	for (let { type: t, kind: n, timestamp: r, roundTripTime: i, jitter: a, fractionLost: o } of e) if (t === "remote-inbound-rtp" && n === "audio" && typeof r == "number" && typeof i == "number") return {
		atMs: r,
		roundTripMs: i * 1e3,
		jitterMs: typeof a == "number" ? a * 1e3 : 0,
		lossRatio: typeof o == "number" ? o : 0
	};
	return null;
}
async function ye(e, t) {
	let n = e.getParameters(), [r] = n.encodings;
	if (r === void 0) return !1;
	let i = F[t] ?? null;
	i === null ? delete r.maxBitrate : r.maxBitrate = i;
	try {
		return await e.setParameters(n), !0;
	} catch {
		return !1;
	}
}
// src/client/peer.ts
var R = class extends Error {
	constructor() {
		super("no connection for audio"), this.name = "NoMediaPath";
	}
}, be = "viva-events";
function xe(e) {
	let t = P(RTCRtpReceiver.getCapabilities?.("audio")?.codecs ?? []);
	if (t !== null) try {
		e.setCodecPreferences(t);
	} catch {}
}
var z = class {
	api;
	handlers;
	connection;
	channel;
	sender;
	knownCandidates = /* @__PURE__ */ new Set();
	outgoing = Promise.resolve();
	closed = !1;
	rate = pe;
	constructor(e, t, n, r) {
		this.api = e, this.handlers = r, this.connection = new RTCPeerConnection({
			iceServers: t,
			bundlePolicy: "max-bundle"
		}), this.channel = this.connection.createDataChannel(be, { ordered: !0 });
		let i = n.getAudioTracks()[0], a = this.connection.addTransceiver(i ?? "audio", {
			direction: "sendrecv",
			streams: [n]
		});
		this.sender = a.sender, xe(a), this.listen();
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
		let t = j(e);
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
				this.state === "connected" ? i(t) : (this.state === "failed" || this.state === "closed") && i(() => n(new R()));
			}, i = (e) => {
				clearTimeout(a), this.connection.removeEventListener("connectionstatechange", r), e();
			}, a = setTimeout(() => i(() => n(new R())), e);
			this.connection.addEventListener("connectionstatechange", r), r();
		});
	}
	async replaceTrack(e) {
		this.closed || await this.sender.replaceTrack(e);
	}
	async adapt() {
		let e = ve(Array.from((await this.statistics()).values()));
		if (e === null || this.closed) return;
		let t = me(this.rate, e);
		(t.step === this.rate.step || await ye(this.sender, t.step)) && (this.rate = t);
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
function B(e) {
	return e.name === "ended" || e.name === "refused" || e.name === "elsewhere";
}
var Ce = .05, we = 2e3;
function Te(e, t, n = Date.now()) {
	switch (t.type) {
		case "session.state": return {
			...e,
			status: t.status,
			engine: t.engine ?? e.engine,
			question: ke(e.question, t.question),
			deadlineMs: Oe(e.deadlineMs, t, n)
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
			captions: je(e.captions, t.item),
			cameBack: e.cameBack && t.item.state !== "final"
		};
		case "quality": return t.lossRatio === null ? e : {
			...e,
			weakConnection: t.lossRatio > Ce
		};
		case "notice": return t.code === "continued_elsewhere" ? V(e, { name: "elsewhere" }) : Ae(e, t.code, t.text, t.level);
		case "session.ended": return H(e, t.saved, t.endReason, t.resultsUrl);
	}
}
function Ee(e, t) {
	return t.status === "ended" ? H(e, !0, t.end_reason, t.results_url ?? null) : {
		...e,
		status: t.status,
		engine: t.engine ?? e.engine,
		question: ke(e.question, t.question),
		speaker: t.speaker,
		turnState: t.speaker === "user" ? "listening" : t.speaker === "assistant" ? "speaking" : "idle"
	};
}
function V(e, t) {
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
function De(e, t) {
	return {
		...e,
		notices: e.notices.filter((e) => e.id !== t)
	};
}
function Oe(e, t, n) {
	if (t.timeLimitMs === null || t.atMs === null) return e;
	if (t.status === "created" || t.status === "connecting") return null;
	let r = n + t.timeLimitMs - t.atMs;
	return e !== null && Math.abs(r - e) < we ? e : r;
}
function H(e, t, n, r) {
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
function ke(e, t) {
	if (t === null || t.number < 1) return e;
	let n = e?.number === t.number ? e.text : "";
	return {
		...t,
		text: n
	};
}
function Ae(e, t, n, r) {
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
function je(e, t) {
	let n = e.find((e) => e.item_id === t.item_id);
	return n && n.revision > t.revision ? e : [...n ? e.map((e) => e === n ? t : e) : [...e, t]].sort((e, t) => e.start_ms - t.start_ms);
}
// src/client/stats.ts
var Me = [
	"jitterBufferDelay",
	"jitterBufferEmittedCount",
	"packetsLost",
	"packetsReceived",
	"concealedSamples",
	"silentConcealedSamples",
	"totalSamplesReceived"
];
function Ne(e) {
	let t = null, n = null;
	for (let r of e) r.type === "inbound-rtp" && r.kind === "audio" && (t = r), r.type === "candidate-pair" && r.nominated === !0 && r.currentRoundTripTime !== void 0 && (n = r.currentRoundTripTime);
	if (t === null) return null;
	let r = { type: "candidate.stats" };
	for (let e of Me) {
		let n = t[e];
		typeof n == "number" && Number.isFinite(n) && (r[e] = n);
	}
	return typeof n == "number" && Number.isFinite(n) && (r.roundTripTime = n), r;
}
// src/client/call.ts
var Pe = 12e3, Fe = 6e3, Ie = 2e4, Le = 2500, Re = 2e3, ze = 5e3, Be = 2e3, Ve = 1500, He = 4, Ue = class {
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
		this.stream = e, this.stopTimers(), this.set(V(this.state, { name: "connecting" })), this.timers.push(setInterval(() => void this.followStatus(), Re)), this.timers.push(setInterval(() => void this.reportStatistics(), ze)), this.timers.push(setInterval(() => void this.peer?.adapt(), Be)), this.connect();
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
		this.set(V(this.state, { name: "ending" }));
		for (let t = 0; t < He && !this.over; t += 1) try {
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
		this.set(De(this.state, e));
	}
	dispose() {
		this.disposed = !0, this.effort += 1, this.stopTimers(), this.wake?.(), this.peer?.close();
	}
	get over() {
		return this.disposed || B(this.state.phase);
	}
	set(e) {
		this.disposed || e === this.state || (this.state = e, B(e.phase) && this.conclude(), this.listeners.forEach((e) => e()));
	}
	conclude() {
		if (this.timers.length === 0 && this.peer === null) return;
		this.stopTimers(), this.effort += 1, this.wake?.();
		let e = this.peer;
		if (this.peer = null, this.state.phase.name !== "elsewhere") return void setTimeout(() => e?.close(), Ve);
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
			this.set(V(this.state, {
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
			return await t.negotiate(), await t.whenConnected(Pe), this.peer === t && this.set(V(this.state, { name: "live" })), null;
		} catch (t) {
			return e === this.effort ? this.judge(t) : null;
		}
	}
	newPeer(e, t) {
		let n = (e) => {
			this.peer === r && e();
		}, r = new z(this.api, e, t, {
			onMessage: (e) => n(() => this.receive(e)),
			onChannel: (e) => n(() => e || this.channelClosed()),
			onConnection: (e) => n(() => this.connectionChanged(e)),
			onAudio: (e) => n(() => this.onAudio(e))
		});
		return this.peer = r, r;
	}
	receive(e) {
		let t = y(e);
		t !== null && (this.set(Te(this.state, t)), this.onEvent(t));
	}
	connectionChanged(e) {
		this.state.phase.name === "live" && (clearTimeout(this.lossTimer), e === "failed" && this.recover(), e === "disconnected" && (this.lossTimer = setTimeout(() => void this.recover(), Le)));
	}
	channelClosed() {
		this.state.phase.name === "live" && this.followStatus().then(() => this.recover());
	}
	async recover() {
		if (this.over) return;
		clearTimeout(this.lossTimer), this.set(V(this.state, {
			name: "reconnecting",
			trouble: "lost",
			retryInMs: null
		}));
		let e = this.peer;
		this.effort += 1;
		let t = this.effort;
		e?.channelOpen && await this.revived(e, t) ? t === this.effort && this.set(V(this.state, { name: "live" })) : t === this.effort && !this.over && await this.connect();
	}
	async revived(e, t) {
		let n = !1, r = this.offerNewPath(e, () => t === this.effort && !this.over && !n), i = e.whenConnected(Ie).catch(() => r);
		return Promise.race([i, r]).then(() => n = !0, () => !1);
	}
	async offerNewPath(e, n) {
		let r = Date.now() + Ie;
		for (let i = 0; n() && e.channelOpen && Date.now() < r; i += 1) try {
			return await this.api.status(), n() ? (await e.negotiate(!0), await e.whenConnected(Fe)) : void 0;
		} catch (e) {
			if (!(e instanceof t)) throw e;
			let r = m(i, Math.random());
			if (!n()) return;
			this.set(V(this.state, {
				name: "reconnecting",
				trouble: "unreachable",
				retryInMs: r
			})), await this.pause(r);
		}
		throw new R();
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
		this.set(V(this.state, {
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
			(e.status === "ended" || this.state.phase.name === "live") && this.set(Ee(this.state, e));
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
		let t = await e.statistics(), n = Ne(Array.from(t.values()));
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
function We(e) {
	let t = new URLSearchParams(e.replace(/^#/, "")).get("token");
	return t === null || t === "" ? null : t;
}
// src/client/route.ts
var U = {
	"sign-in": { page: "signIn" },
	interviews: { page: "interviews" },
	sessions: { page: "sessions" },
	rooms: { page: "rooms" },
	status: { page: "status" }
};
function Ge(e) {
	let t = e.split("/").filter((e) => e !== ""), [n, r, i] = t.map(Ke);
	if (t.length === 0) return { page: "home" };
	if (t.length === 1) return Object.hasOwn(U, n ?? "") && U[n ?? ""] || { page: "unknown" };
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
function Ke(e) {
	try {
		return decodeURIComponent(e);
	} catch {
		return null;
	}
}
// src/kit/listeners.ts
var qe = class {
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
}, Je = 1e3, Ye = class {
	onLeave;
	waiting = [];
	wake = null;
	finished = !1;
	constructor(e = () => void 0) {
		this.onLeave = e;
	}
	push(e) {
		this.finished || (this.waiting.push(e), this.waiting.length > Je && this.waiting.shift(), this.wake?.());
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
}, W = class extends Error {
	code;
	constructor(e, t) {
		super(t), this.code = e, this.name = "NotConnectedError";
	}
}, Xe = /* @__PURE__ */ new Set([
	"connecting",
	"live",
	"reconnecting",
	"ending"
]), Ze = class e {
	sessionId;
	consent;
	server;
	call;
	session;
	listeners = new qe();
	feeds = /* @__PURE__ */ new Set();
	seen;
	stream = null;
	isMuted = !1;
	over = !1;
	constructor(e, t) {
		this.sessionId = e.sessionId, this.consent = t, this.server = e.server.replace(/\/+$/, ""), this.session = new u(e.sessionId, { bearer: e.token }, this.server), this.call = new Ue(this.session, e.iceServers ?? null, (e) => this.listeners.tell("audio", e), (e) => this.hear(e)), this.seen = this.call.snapshot(), this.call.subscribe(() => this.follow(this.call.snapshot()));
	}
	static take(t) {
		return new e(t, null);
	}
	static fromLink(t) {
		let { origin: n, pathname: r, hash: i } = new URL(t), a = Ge(r), o = We(i);
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
		let e = new Ye(() => this.feeds.delete(e));
		return this.feeds.add(e), this.over && e.finish(), e;
	}
	async giveConsent(e = this.consent?.version ?? "") {
		await this.session.consent(e);
	}
	async connect(e) {
		if (typeof RTCPeerConnection > "u") throw new W("no_webrtc", "there is no WebRTC here");
		if (Xe.has(this.seen.phase.name)) throw new W("conflict", "connect was called before");
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
				else if (r.name === "refused") t(new W(r.code, r.detail));
				else if (Xe.has(r.name)) return;
				else t(new W(r.name, "the interview does not go on here"));
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
}, Qe = /\{[^{}]+\}/g, $e = () => typeof process == "object" && Number.parseInt(process?.versions?.node?.substring(0, 2)) >= 18 && process.versions.undici;
function et() {
	return Math.random().toString(36).slice(2, 11);
}
function tt(e) {
	let { baseUrl: t = "", Request: n = globalThis.Request, fetch: r = globalThis.fetch, querySerializer: i, bodySerializer: a, pathSerializer: o, headers: s, requestInitExt: c = void 0, ...l } = { ...e };
	c = $e() ? c : void 0, t = lt(t);
	let u = [];
	async function d(e, d) {
		let { baseUrl: f, fetch: p = r, Request: m = n, headers: h, params: g = {}, parseAs: _ = "json", querySerializer: v, bodySerializer: y = a ?? ot, pathSerializer: ee, body: b, middleware: x = [], ...S } = d || {}, C = t;
		f && (C = lt(f) ?? t);
		let w = typeof i == "function" ? i : it(i);
		v && (w = typeof v == "function" ? v : it({
			...typeof i == "object" ? i : {},
			...v
		}));
		let T = ee || o || at, E = b === void 0 ? void 0 : y(b, ct(s, h, g.header)), D = ct(E === void 0 || E instanceof FormData ? {} : { "Content-Type": "application/json" }, s, h, g.header), O = [...u, ...x], k = {
			redirect: "follow",
			...l,
			...S,
			body: E,
			headers: D
		}, A, j, M = new m(st(e, {
			baseUrl: C,
			params: g,
			querySerializer: w,
			pathSerializer: T
		}), k), N;
		for (let e in S) e in M || (M[e] = S[e]);
		if (O.length) {
			A = et(), j = Object.freeze({
				baseUrl: C,
				fetch: p,
				parseAs: _,
				querySerializer: w,
				bodySerializer: y,
				pathSerializer: T
			});
			for (let t of O) if (t && typeof t == "object" && typeof t.onRequest == "function") {
				let n = await t.onRequest({
					request: M,
					schemaPath: e,
					params: g,
					options: j,
					id: A
				});
				if (n) {
					if (n instanceof m) M = n;
					else if (n instanceof Response) {
						N = n;
						break;
					} else throw Error("onRequest: must return new Request() or Response() when modifying the request");
				}
			}
		}
		if (!N) {
			try {
				N = await p(M, c);
			} catch (t) {
				let n = t;
				if (O.length) for (let t = O.length - 1; t >= 0; t--) {
					let r = O[t];
					if (r && typeof r == "object" && typeof r.onError == "function") {
						let t = await r.onError({
							request: M,
							error: n,
							schemaPath: e,
							params: g,
							options: j,
							id: A
						});
						if (t) {
							if (t instanceof Response) {
								n = void 0, N = t;
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
			if (O.length) for (let t = O.length - 1; t >= 0; t--) {
				let n = O[t];
				if (n && typeof n == "object" && typeof n.onResponse == "function") {
					let t = await n.onResponse({
						request: M,
						response: N,
						schemaPath: e,
						params: g,
						options: j,
						id: A
					});
					if (t) {
						if (!(t instanceof Response)) throw Error("onResponse: must return new Response() when modifying the response");
						N = t;
					}
				}
			}
		}
		let P = N.headers.get("Content-Length");
		if (N.status === 204 || M.method === "HEAD" || P === "0" && !N.headers.get("Transfer-Encoding")?.includes("chunked")) return N.ok ? {
			data: void 0,
			response: N
		} : {
			error: void 0,
			response: N
		};
		if (N.ok) return {
			data: await (async () => {
				if (_ === "stream") return N.body;
				if (_ === "json" && !P) {
					let e = await N.text();
					return e ? JSON.parse(e) : void 0;
				}
				return await N[_]();
			})(),
			response: N
		};
		let F = await N.text();
		try {
			F = JSON.parse(F);
		} catch {}
		return {
			error: F,
			response: N
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
function G(e, t, n) {
	if (t == null) return "";
	if (typeof t == "object") throw Error("Deeply-nested arrays/objects aren’t supported. Provide your own `querySerializer()` to handle these.");
	return `${e}=${n?.allowReserved === !0 ? t : encodeURIComponent(t)}`;
}
function nt(e, t, n) {
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
		r.push(G(a, t[i], n));
	}
	let a = r.join(i);
	return n.style === "label" || n.style === "matrix" ? `${i}${a}` : a;
}
function rt(e, t, n) {
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
	for (let r of t) n.style === "simple" || n.style === "label" ? i.push(n.allowReserved === !0 ? r : encodeURIComponent(r)) : i.push(G(e, r, n));
	return n.style === "label" || n.style === "matrix" ? `${r}${i.join(r)}` : i.join(r);
}
function it(e) {
	return function(t) {
		let n = [];
		if (t && typeof t == "object") for (let r in t) {
			let i = t[r];
			if (i != null) {
				if (Array.isArray(i)) {
					if (i.length === 0) continue;
					n.push(rt(r, i, {
						style: "form",
						explode: !0,
						...e?.array,
						allowReserved: e?.allowReserved || !1
					}));
				} else typeof i == "object" ? n.push(nt(r, i, {
					style: "deepObject",
					explode: !0,
					...e?.object,
					allowReserved: e?.allowReserved || !1
				})) : n.push(G(r, i, e));
			}
		}
		return n.join("&");
	};
}
function at(e, t) {
	let n = e;
	for (let r of e.match(Qe) ?? []) {
		let e = r.substring(1, r.length - 1), i = !1, a = "simple";
		if (e.endsWith("*") && (i = !0, e = e.substring(0, e.length - 1)), e.startsWith(".") ? (a = "label", e = e.substring(1)) : e.startsWith(";") && (a = "matrix", e = e.substring(1)), !t || t[e] === void 0 || t[e] === null) continue;
		let o = t[e];
		n = Array.isArray(o) ? n.replace(r, rt(e, o, {
			style: a,
			explode: i
		})) : typeof o == "object" ? n.replace(r, nt(e, o, {
			style: a,
			explode: i
		})) : a === "matrix" ? n.replace(r, `;${G(e, o)}`) : n.replace(r, a === "label" ? `.${encodeURIComponent(o)}` : encodeURIComponent(o));
	}
	return n;
}
function ot(e, t) {
	return e instanceof FormData ? e : t && (t.get instanceof Function ? t.get("Content-Type") ?? t.get("content-type") : t["Content-Type"] ?? t["content-type"]) === "application/x-www-form-urlencoded" ? new URLSearchParams(e).toString() : JSON.stringify(e);
}
function st(e, t) {
	let n = `${t.baseUrl}${e}`;
	t.params?.path && (n = t.pathSerializer(n, t.params.path));
	let r = t.querySerializer(t.params.query ?? {});
	return r.startsWith("?") && (r = r.substring(1)), r && (n += `?${r}`), n;
}
function ct(...e) {
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
function lt(e) {
	return e.endsWith("/") ? e.substring(0, e.length - 1) : e;
}
// src/client/rest.ts
var ut = 15e3;
function dt(e = () => null, t = "") {
	let n = tt({
		baseUrl: t || (globalThis.location?.origin ?? ""),
		cache: "no-store",
		fetch: ft
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
async function ft(e) {
	try {
		return await fetch(e, { signal: AbortSignal.any([e.signal, AbortSignal.timeout(ut)]) });
	} catch (n) {
		throw e.signal.aborted ? n : new t(n);
	}
}
function pt(e) {
	return e.data;
}
// src/client/microphone.ts
var K = class extends Error {
	problem;
	constructor(e, t) {
		super(`microphone: ${e}`, { cause: t }), this.problem = e, this.name = "MicrophoneError";
	}
};
function mt() {
	return typeof RTCPeerConnection > "u" ? "unsupported" : navigator.mediaDevices === void 0 ? globalThis.isSecureContext ? "unsupported" : "insecure_page" : null;
}
async function ht(e) {
	let t = mt();
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
		throw new K(gt(e), e);
	}
}
function gt(e) {
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
async function _t() {
	return navigator.mediaDevices?.enumerateDevices ? (await navigator.mediaDevices.enumerateDevices()).filter((e) => e.kind === "audioinput" && e.deviceId !== "").map((e, t) => ({
		id: e.deviceId,
		label: e.label || `Microphone ${t + 1}`
	})) : [];
}
function vt() {
	let e = new AudioContext(), t = e.createMediaStreamDestination().stream;
	return t.getAudioTracks()[0]?.addEventListener("ended", () => void e.close()), t;
}
function yt(e) {
	e?.getTracks().forEach((e) => e.stop());
}
// src/client/level.ts
var bt = -60;
function q(e) {
	if (e <= 0) return 0;
	let t = 20 * Math.log10(e);
	return Math.round(Math.min(100, Math.max(0, (t - bt) / 60 * 100)));
}
function J(e) {
	let t = 0;
	for (let n of e) t += n * n;
	return e.length === 0 ? 0 : Math.sqrt(t / e.length);
}
var xt = 100;
function St(e, t) {
	let n = new AudioContext(), r = n.createAnalyser();
	r.fftSize = 2048;
	let i = n.createMediaStreamSource(e);
	i.connect(r);
	let a = new Float32Array(r.fftSize), o = setInterval(() => {
		n.state === "suspended" && n.resume().catch(() => void 0), r.getFloatTimeDomainData(a), t(q(J(a)));
	}, xt);
	return () => {
		clearInterval(o), i.disconnect(), n.close();
	};
}
// src/client/checkup.ts
var Ct = 30, wt = 45, Tt = 92, Et = [.02, .08], Dt = [450, 1e3], Ot = [40, 120];
function kt(e, t = !1) {
	return e < Ct ? "silent" : t || e > Tt ? "loud" : e < wt ? "quiet" : "good";
}
function At(e) {
	let t = [], n = (e, n) => void (n !== "good" && t.push([e, n]));
	e.path === "none" && n("no_path", "poor"), e.path === "unavailable" && n("unavailable", "usable");
	let r = kt(e.voiceLevel, e.clipped);
	r === "silent" ? n("not_heard", "poor") : e.returnedLevel !== null && e.returnedLevel < Ct && n("nothing_back", "poor"), r === "quiet" && n("too_quiet", "usable"), r === "loud" && n("too_loud", "usable"), n("loss", Y(Math.max(e.lossUp ?? 0, e.lossDown ?? 0), Et)), n("delay", Y(e.voiceDelayMs ?? e.roundTripMs ?? 0, Dt)), n("jitter", Y(e.jitterMs ?? 0, Ot));
	let i = t.map(([, e]) => e);
	return {
		grade: i.includes("poor") ? "poor" : i.includes("usable") ? "usable" : "good",
		findings: t.map(([e]) => e)
	};
}
function Y(e, [t, n]) {
	return e <= t ? "good" : e <= n ? "usable" : "poor";
}
function jt(e, t) {
	let n = e + t;
	return t + Math.max(0, e) <= 0 ? null : Math.max(0, e) / Math.max(1, n);
}
function Mt(e) {
	let t = [...e], n = t.find((e) => e.type === "candidate-pair" && e.nominated === !0) ?? {}, r = t.find((e) => e.id !== void 0 && e.id === n.localCandidateId), i = t.find((e) => e.id !== void 0 && e.id === n.remoteCandidateId), a = t.find((e) => e.type === "inbound-rtp" && e.kind === "audio") ?? {};
	return {
		path: r?.candidateType === "relay" || i?.candidateType === "relay" ? "relay" : "direct",
		lossDown: jt(X(a.packetsLost) ?? 0, X(a.packetsReceived) ?? 0),
		jitterMs: Nt(a.jitter),
		roundTripMs: Nt(n.currentRoundTripTime)
	};
}
function Nt(e) {
	let t = X(e);
	return t === null ? null : Math.round(t * 1e3);
}
function X(e) {
	return typeof e == "number" && Number.isFinite(e) ? e : null;
}
// src/client/marks.ts
var Pt = 1e3, Ft = [
	0,
	260,
	670,
	1e3,
	1520
], It = 5, Lt = .08, Rt = .03, zt = 40, Bt = 45, Vt = 2500, Ht = 3;
function Ut(e, t, n = Pt) {
	let r = Math.round(t * It / 1e3), i = 2 * Math.cos(2 * Math.PI * n / t), a = [];
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
function Wt(e, t = It) {
	let n = [], r = !1;
	return e.forEach((i, a) => {
		if (i < Rt && (r = !0), i <= Lt || !r) return;
		let o = e[a - 1] ?? 0;
		n.push((o >= Rt ? a - 1 : a) * t), r = !1;
	}), n;
}
function Gt(e, t) {
	let n = t.filter((t) => !e.some((e) => Math.abs(e - t) < zt));
	return [...e, ...n].sort((e, t) => e - t);
}
function Kt(e, t) {
	let n = [];
	for (let r of t) for (let i of e) {
		let a = r - i;
		if (a < 0 || a > Vt) continue;
		let o = qt(e, t, a);
		o.length > n.length && (n = o);
	}
	return n.length < Math.min(Ht, e.length) ? null : Math.round(Jt(n));
}
function qt(e, t, n) {
	return e.flatMap((e) => {
		let r = (t) => Math.abs(t - e - n), i = t.filter((e) => r(e) <= Bt).sort((e, t) => r(e) - r(t));
		return i[0] === void 0 ? [] : [i[0] - e];
	});
}
function Jt(e) {
	let t = [...e].sort((e, t) => e - t);
	return t[Math.floor(t.length / 2)] ?? 0;
}
// src/client/soundCheck.ts
var Yt = 4e3, Xt = 6e3, Zt = 3200, Qt = .4, $t = 300, en = 32768, tn = 50, Z = 2048, nn = .985, rn = 400;
async function an(e) {
	let { session: t, microphone: n, onStage: r, signal: i } = e, a = new un(n), o = {
		stream: null,
		losses: [],
		jitterMs: null
	}, s = null;
	try {
		r("connecting");
		let t = await on(e, a, o);
		s = t.peer;
		let n = null;
		s !== null && o.stream !== null && (r("measuring"), n = await a.measureDelay(o.stream, i)), r("speaking");
		let c = await a.listen(s === null ? null : o.stream, n ?? 0, i), l = s === null ? null : Mt(cn(await s.statistics()));
		return {
			checkup: {
				path: l?.path ?? t.failure,
				lossUp: ln(o.losses),
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
async function on(n, r, i) {
	let a = new d(n.session, "check"), o = null;
	try {
		return o = new z(a, await a.iceServers(), r.outgoing, {
			onMessage: (e) => sn(e, i),
			onChannel: () => void 0,
			onConnection: () => void 0,
			onAudio: (e) => {
				i.stream = e, n.onReturn(e);
			}
		}), await o.negotiate(), await fn(o.whenConnected(Xt), n.signal), {
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
function sn(e, t) {
	let n = y(e);
	n?.type === "quality" && (n.lossRatio !== null && t.losses.push(n.lossRatio), n.jitterMs !== null && (t.jitterMs = Math.max(t.jitterMs ?? 0, n.jitterMs)));
}
function cn(e) {
	return Array.from(e.values());
}
function ln(e) {
	return e.length === 0 ? null : e.reduce((e, t) => e + t, 0) / e.length;
}
var un = class {
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
		let n = this.analyserOf(e, en), r = new Float32Array(n.fftSize), i = n.fftSize / this.context.sampleRate * 1e3, a = this.context.currentTime * 1e3 + 250, o = Ft.map((e) => a + e);
		o.forEach((e) => this.mark(e / 1e3));
		let s = performance.now() + Zt, c = [];
		for (; performance.now() < s;) {
			await Q($t, t), n.getFloatTimeDomainData(r);
			let e = this.context.currentTime * 1e3 - i, a = Wt(Ut(r, this.context.sampleRate));
			if (c = Gt(c, a.map((t) => e + t)), c.length >= o.length) break;
		}
		return Kt(o, c);
	}
	async listen(e, t, n) {
		let r = dn(e ?? this.microphone), i = this.analyserOf(this.microphone, Z), a = e === null ? null : this.analyserOf(e, Z), o = new Float32Array(Z), s = {
			voiceLevel: 0,
			returnedLevel: a === null ? null : 0,
			clipped: !1,
			sentence: null
		};
		this.voice.gain.value = 1;
		let c = performance.now(), l = Yt + (e === null ? 0 : t + rn);
		try {
			for (; performance.now() - c < l;) await Q(tn, n), performance.now() - c > 4e3 && (this.voice.gain.value = 0), i.getFloatTimeDomainData(o), s.voiceLevel = Math.max(s.voiceLevel, q(J(o))), s.clipped ||= o.some((e) => Math.abs(e) >= nn), a !== null && (a.getFloatTimeDomainData(o), s.returnedLevel = Math.max(s.returnedLevel ?? 0, q(J(o))));
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
		t.frequency.value = Pt, n.gain.setValueAtTime(0, e), n.gain.linearRampToValueAtTime(Qt, e + .004), n.gain.setValueAtTime(Qt, r - .004), n.gain.linearRampToValueAtTime(0, r), t.connect(n).connect(this.output), t.start(e), t.stop(r);
	}
	analyserOf(e, t) {
		let n = this.context.createAnalyser();
		return n.fftSize = t, n.smoothingTimeConstant = 0, e.getAudioTracks().length > 0 && this.context.createMediaStreamSource(e).connect(n), n;
	}
};
function dn(e) {
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
function fn(e, t) {
	return new Promise((n, r) => {
		t.throwIfAborted(), t.addEventListener("abort", () => r(t.reason), { once: !0 }), e.then(n, r);
	});
}
function Q(e, t) {
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
function pn(e) {
	return e <= 0 ? { unit: "over" } : e <= $ ? {
		unit: "seconds",
		count: Math.ceil(e / 1e3)
	} : {
		unit: "minutes",
		count: Math.ceil(e / $)
	};
}
var mn = [5, 1], hn = 1e4;
function gn(e) {
	return mn.find((t) => e <= t * $ && e > t * $ - hn) ?? null;
}
export { W as _, kt as a, t as b, K as c, ht as d, vt as f, Ze as g, dt as h, an as i, _t as l, pt as m, pn as n, At as o, yt as p, Yt as r, St as s, gn as t, mt as u, m as v, e as y };
