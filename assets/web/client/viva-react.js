import { _ as e, a as t, b as n, c as r, d as i, f as a, g as o, h as s, i as c, l, m as u, n as d, o as f, p, r as m, s as h, t as g, u as _, v, y } from "./viva-core.js";
import "./viva-client.js";
import b, { createContext as x, forwardRef as S, useCallback as C, useContext as w, useEffect as T, useMemo as E, useReducer as ee, useRef as D, useState as O, useSyncExternalStore as te, version as ne } from "react";
import { Fragment as k, jsx as A, jsxs as j } from "react/jsx-runtime";
import re, { flushSync as ie } from "react-dom";
// node_modules/i18next/dist/esm/i18next.js
var M = (e) => typeof e == "string", ae = () => {
	let e, t, n = new Promise((n, r) => {
		e = n, t = r;
	});
	return n.resolve = e, n.reject = t, n;
}, oe = (e) => e == null ? "" : String(e), se = (e) => M(e) && /^[A-Za-z0-9_@.-]{1,128}$/.test(e) && !e.includes("..") && ![
	"__proto__",
	"constructor",
	"prototype"
].includes(e), ce = (e) => e?.callbackApi ?? e?.constructor?.callbackApi, le = (e, t, n) => {
	e.forEach((e) => {
		t[e] && (n[e] = t[e]);
	});
}, ue = /###/g, de = (e) => e && e.includes("###") ? e.replace(ue, ".") : e, fe = (e) => !e || M(e), pe = (e, t, n) => {
	let r = M(t) ? t.split(".") : t, i = 0;
	for (; i < r.length - 1;) {
		if (fe(e)) return {};
		let t = de(r[i]);
		!e[t] && n && (e[t] = new n()), e = Object.prototype.hasOwnProperty.call(e, t) ? e[t] : {}, ++i;
	}
	return fe(e) ? {} : {
		obj: e,
		k: de(r[i])
	};
}, me = (e, t, n) => {
	let { obj: r, k: i } = pe(e, t, Object);
	if (r !== void 0 || t.length === 1) {
		r[i] = n;
		return;
	}
	let a = t[t.length - 1], o = t.slice(0, t.length - 1), s = pe(e, o, Object);
	for (; s.obj === void 0 && o.length;) a = `${o[o.length - 1]}.${a}`, o = o.slice(0, o.length - 1), s = pe(e, o, Object), s?.obj && s.obj[`${s.k}.${a}`] !== void 0 && (s.obj = void 0);
	s.obj[`${s.k}.${a}`] = n;
}, he = (e, t, n, r) => {
	let { obj: i, k: a } = pe(e, t, Object);
	i[a] = i[a] || [], i[a].push(n);
}, ge = (e, t) => {
	let { obj: n, k: r } = pe(e, t);
	if (n && Object.prototype.hasOwnProperty.call(n, r)) return n[r];
}, _e = (e, t, n) => {
	let r = ge(e, n);
	return r === void 0 ? ge(t, n) : r;
}, ve = (e, t, n) => {
	for (let r in t) r !== "__proto__" && r !== "constructor" && (Object.prototype.hasOwnProperty.call(e, r) ? M(e[r]) || e[r] instanceof String || M(t[r]) || t[r] instanceof String ? n && (e[r] = t[r]) : ve(e[r], t[r], n) : e[r] = t[r]);
	return e;
}, ye = (e) => e.replace(/[\-\[\]\/\{\}\(\)\*\+\?\.\\\^\$\|]/g, "\\$&"), be = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	"\"": "&quot;",
	"'": "&#39;",
	"/": "&#x2F;"
}, xe = (e) => M(e) ? e.replace(/[&<>"'\/]/g, (e) => be[e]) : e, Se = class {
	constructor(e) {
		this.capacity = e, this.regExpMap = /* @__PURE__ */ new Map(), this.regExpQueue = [];
	}
	getRegExp(e) {
		let t = this.regExpMap.get(e);
		if (t !== void 0) return t;
		let n = new RegExp(e);
		return this.regExpQueue.length === this.capacity && this.regExpMap.delete(this.regExpQueue.shift()), this.regExpMap.set(e, n), this.regExpQueue.push(e), n;
	}
}, Ce = [
	" ",
	",",
	"?",
	"!",
	";"
], we = new Se(20), Te = (e, t, n) => {
	t ||= "", n ||= "";
	let r = Ce.filter((e) => !t.includes(e) && !n.includes(e));
	if (r.length === 0) return !0;
	let i = we.getRegExp(`(${r.map((e) => e === "?" ? "\\?" : e).join("|")})`), a = !i.test(e);
	if (!a) {
		let t = e.indexOf(n);
		t > 0 && !i.test(e.substring(0, t)) && (a = !0);
	}
	return a;
}, Ee = (e, t, n = ".") => {
	if (!e) return;
	if (e[t]) return Object.prototype.hasOwnProperty.call(e, t) ? e[t] : void 0;
	let r = t.split(n), i = e;
	for (let e = 0; e < r.length;) {
		if (!i || typeof i != "object") return;
		let t, a = "";
		for (let o = e; o < r.length; ++o) if (o !== e && (a += n), a += r[o], t = i[a], typeof t != "function" && a !== "__proto__" || Object.prototype.hasOwnProperty.call(i, a) || (t = void 0), t !== void 0) {
			if ([
				"string",
				"number",
				"boolean"
			].includes(typeof t) && o < r.length - 1) continue;
			e += o - e + 1;
			break;
		}
		i = t;
	}
	return i;
}, De = (e) => e?.replace(/_/g, "-"), Oe = {
	type: "logger",
	log(e) {
		this.output("log", e);
	},
	warn(e) {
		this.output("warn", e);
	},
	error(e) {
		this.output("error", e);
	},
	output(e, t) {
		console?.[e]?.apply?.(console, t);
	}
}, N = new class e {
	constructor(e, t = {}) {
		this.init(e, t);
	}
	init(e, t = {}) {
		this.prefix = t.prefix || "i18next:", this.logger = e || Oe, this.options = t, this.debug = t.debug, this.seen = /* @__PURE__ */ new Set();
	}
	log(...e) {
		return this.forward(e, "log", "", !0);
	}
	warn(...e) {
		return this.forward(e, "warn", "", !0);
	}
	error(...e) {
		return this.forward(e, "error", "");
	}
	deprecate(...e) {
		return this.forward(e, "warn", "WARNING DEPRECATED: ", !0);
	}
	once(e, t, ...n) {
		return !this.debug || this.seen.has(e) || this.seen.size >= 1e3 ? null : (this.seen.add(e), this[t](...n));
	}
	forward(e, t, n, r) {
		return r && !this.debug ? null : (e = e.map((e) => M(e) ? e.replace(/[\r\n\x00-\x1F\x7F]/g, " ") : e), M(e[0]) && (e[0] = `${n}${this.prefix} ${e[0]}`), this.logger[t](e));
	}
	create(t) {
		return new e(this.logger, {
			prefix: `${this.prefix}:${t}:`,
			...this.options
		});
	}
	clone(t) {
		return t ||= this.options, t.prefix = t.prefix || this.prefix, new e(this.logger, t);
	}
}(), ke = class {
	constructor() {
		this.observers = {};
	}
	on(e, t) {
		return e.split(" ").forEach((e) => {
			this.observers[e] || (this.observers[e] = /* @__PURE__ */ new Map());
			let n = this.observers[e].get(t) || 0;
			this.observers[e].set(t, n + 1);
		}), this;
	}
	off(e, t) {
		(typeof e == "string" ? e.split(" ") : [e]).forEach((e) => {
			this.observers[e] && (t ? this.observers[e].delete(t) : delete this.observers[e]);
		});
	}
	once(e, t) {
		let n = (...r) => {
			t(...r), this.off(e, n);
		};
		return this.on(e, n), this;
	}
	emit(e, ...t) {
		this.observers[e] && Array.from(this.observers[e].entries()).forEach(([e, n]) => {
			for (let r = 0; r < n; r++) e(...t);
		}), this.observers["*"] && Array.from(this.observers["*"].entries()).forEach(([n, r]) => {
			for (let i = 0; i < r; i++) n(e, ...t);
		});
	}
}, Ae = /* @__PURE__ */ new WeakSet(), je = class extends ke {
	constructor(e, t = {
		ns: ["translation"],
		defaultNS: "translation"
	}) {
		super(), this.data = e || {}, this.options = t, this.logger = N.create("resourceStore"), this.options.keySeparator === void 0 && (this.options.keySeparator = "."), this.options.ignoreJSONStructure === void 0 && (this.options.ignoreJSONStructure = !0);
	}
	addNamespaces(e) {
		this.options.ns.includes(e) || this.options.ns.push(e);
	}
	removeNamespaces(e) {
		let t = this.options.ns.indexOf(e);
		t > -1 && this.options.ns.splice(t, 1);
	}
	deprecateDottedLng(e) {
		this.logger.once(e, "deprecate", `${e}: a dotted language ('en.translation.key') that carries the namespace and key is removed in v27; pass language, namespace and key as separate arguments`);
	}
	getResource(e, t, n, r = {}) {
		let i = r.keySeparator === void 0 ? this.options.keySeparator : r.keySeparator, a = r.ignoreJSONStructure === void 0 ? this.options.ignoreJSONStructure : r.ignoreJSONStructure, o;
		e.includes(".") ? (this.deprecateDottedLng("getResource"), o = e.split(".")) : (o = [e, t], n && (Array.isArray(n) ? o.push(...n) : M(n) && i ? o.push(...n.split(i)) : o.push(n)));
		let s = ge(this.data, o);
		return s == null && !t && !n && e.includes(".") && (e = o[0], t = o[1], n = o.slice(2).join(".")), s != null || !a || !M(n) ? s : Ee(this.data?.[e]?.[t], n, i);
	}
	addResource(e, t, n, r, i = { silent: !1 }) {
		let a = i.keySeparator === void 0 ? this.options.keySeparator : i.keySeparator, o = [e, t];
		n && (o = o.concat(a ? n.split(a) : n)), e.includes(".") && (this.deprecateDottedLng("addResource"), o = e.split("."), r = t, t = o[1]), this.addNamespaces(t), me(this.data, o, r), i.silent || this.emit("added", e, t, n, r);
	}
	addResources(e, t, n, r = { silent: !1 }) {
		for (let r in n) (M(n[r]) || Array.isArray(n[r])) && this.addResource(e, t, r, n[r], { silent: !0 });
		r.silent || this.emit("added", e, t, n);
	}
	addResourceBundle(e, t, n, r, i, a = {
		silent: !1,
		skipCopy: !1
	}) {
		let o = [e, t];
		e.includes(".") && (this.deprecateDottedLng("addResourceBundle"), o = e.split("."), r = n, n = t, t = o[1]), this.addNamespaces(t);
		let s = ge(this.data, o) || {};
		a.skipCopy || (n = JSON.parse(JSON.stringify(n))), r ? ve(s, n, i) : s = {
			...s,
			...n
		}, me(this.data, o, s), a.silent || this.emit("added", e, t, n);
	}
	removeResourceBundle(e, t) {
		this.hasResourceBundle(e, t) && delete this.data[e][t], this.removeNamespaces(t), this.emit("removed", e, t);
	}
	hasResourceBundle(e, t) {
		return this.getResource(e, t) !== void 0;
	}
	getResourceBundle(e, t) {
		return t ||= this.options.defaultNS, this.getResource(e, t);
	}
	getDataByLanguage(e) {
		return this.data[e];
	}
	hasLanguageSomeTranslations(e) {
		let t = this.getDataByLanguage(e);
		return !!(t && Object.keys(t) || []).find((e) => {
			let n = t[e];
			return Ae.has(n) ? !0 : !n || Object.keys(n).length === 0 ? !1 : (typeof n == "object" && Ae.add(n), !0);
		});
	}
	toJSON() {
		return this.data;
	}
}, Me = {
	processors: {},
	addPostProcessor(e) {
		this.processors[e.name] = e;
	},
	handle(e, t, n, r, i) {
		return e.forEach((e) => {
			t = this.processors[e]?.process(t, n, r, i) ?? t;
		}), t;
	}
}, Ne = Symbol("i18next/PATH_KEY");
function Pe() {
	let e = [], t = Object.create(null), n;
	return t.get = (r, i) => (n?.revoke?.(), i === Ne ? e : (e.push(i), n = Proxy.revocable(r, t), n.proxy)), Proxy.revocable(Object.create(null), t).proxy;
}
function Fe(e, t) {
	let { [Ne]: n } = e(Pe()), r = t?.keySeparator ?? ".", i = t?.nsSeparator ?? ":", a = t?.enableSelector === "strict";
	if (n.length > 1 && i) {
		let e = t?.ns, o = a ? Array.isArray(e) ? e : e ? [e] : null : Array.isArray(e) ? e : null;
		if (o && (a ? o : o.length > 1 ? o.slice(1) : []).includes(n[0])) return `${n[0]}${i}${n.slice(1).join(r)}`;
	}
	return n.join(r);
}
var Ie = (e) => !M(e) && typeof e != "boolean" && typeof e != "number", Le = class e extends ke {
	constructor(e, t = {}) {
		super(), le([
			"resourceStore",
			"languageUtils",
			"pluralResolver",
			"interpolator",
			"backendConnector",
			"i18nFormat",
			"utils",
			"ownPostProcessors"
		], e, this), this.options = t, this.options.keySeparator === void 0 && (this.options.keySeparator = "."), this.logger = N.create("translator"), this.checkedLoadedFor = {};
	}
	changeLanguage(e) {
		e && (this.language = e);
	}
	exists(e, t = { interpolation: {} }) {
		let n = { ...t };
		if (e == null) return !1;
		let r = this.resolve(e, n);
		if (r?.res === void 0) return !1;
		let i = Ie(r.res);
		return !(n.returnObjects === !1 && i);
	}
	extractFromKey(e, t) {
		let n = t.nsSeparator === void 0 ? this.options.nsSeparator : t.nsSeparator;
		n === void 0 && (n = ":");
		let r = t.keySeparator === void 0 ? this.options.keySeparator : t.keySeparator, i = t.ns || this.options.defaultNS || [], a = n && e.includes(n), o = !this.options.userDefinedKeySeparator && !t.keySeparator && !this.options.userDefinedNsSeparator && !t.nsSeparator && !Te(e, n, r);
		if (a && !o) {
			let t = e.match(this.interpolator.nestingRegexp);
			if (t && t.length > 0) return {
				key: e,
				namespaces: M(i) ? [i] : i
			};
			let a = e.split(n);
			(n !== r || n === r && this.options.ns.includes(a[0])) && (i = a.shift()), e = a.join(r);
		}
		return {
			key: e,
			namespaces: M(i) ? [i] : i
		};
	}
	translate(t, n, r) {
		let i = typeof n == "object" ? { ...n } : n;
		if (typeof i != "object" && this.options.overloadTranslationOptionHandler && (i = this.options.overloadTranslationOptionHandler(arguments)), typeof i == "object" && (i = { ...i }), i ||= {}, t == null) return "";
		typeof t == "function" && (t = Fe(t, {
			...this.options,
			...i
		})), Array.isArray(t) || (t = [String(t)]), t = t.map((e) => typeof e == "function" ? Fe(e, {
			...this.options,
			...i
		}) : String(e));
		let a = i.returnDetails === void 0 ? this.options.returnDetails : i.returnDetails, o = i.keySeparator === void 0 ? this.options.keySeparator : i.keySeparator, { key: s, namespaces: c } = this.extractFromKey(t[t.length - 1], i), l = c[c.length - 1], u = i.nsSeparator === void 0 ? this.options.nsSeparator : i.nsSeparator;
		u === void 0 && (u = ":");
		let d = i.lng || this.language, f = i.appendNamespaceToCIMode || this.options.appendNamespaceToCIMode;
		if (d?.toLowerCase() === "cimode") return f ? a ? {
			res: `${l}${u}${s}`,
			usedKey: s,
			exactUsedKey: s,
			usedLng: d,
			usedNS: l,
			usedParams: this.getUsedParamsDetails(i)
		} : `${l}${u}${s}` : a ? {
			res: s,
			usedKey: s,
			exactUsedKey: s,
			usedLng: d,
			usedNS: l,
			usedParams: this.getUsedParamsDetails(i)
		} : s;
		let p = this.resolve(t, i), m = p?.res, h = p?.usedKey || s, g = p?.exactUsedKey || s, _ = [
			"[object Number]",
			"[object Function]",
			"[object RegExp]"
		], v = i.joinArrays === void 0 ? this.options.joinArrays : i.joinArrays, y = !this.i18nFormat || this.i18nFormat.handleAsObject, b = i.count !== void 0 && !M(i.count), x = e.hasDefaultValue(i), S = b ? this.pluralResolver.getSuffix(d, i.count, i) : "", C = i.ordinal && b ? this.pluralResolver.getSuffix(d, i.count, { ordinal: !1 }) : "", w = b && !i.ordinal && i.count === 0, T = w && i[`defaultValue${this.options.pluralSeparator}zero`] || i[`defaultValue${S}`] || i[`defaultValue${C}`] || i.defaultValue, E = m;
		y && !m && x && (E = T);
		let ee = Ie(E), D = Object.prototype.toString.apply(E);
		if (y && E && ee && !_.includes(D) && !(M(v) && Array.isArray(E))) {
			if (!i.returnObjects && !this.options.returnObjects) {
				this.options.returnedObjectHandler || (this.logger.warn("accessing an object - but returnObjects options is not enabled!"), this.logger.once("returnedObject", "deprecate", "accessing an object without returnObjects returns a sentence about it today; from v27 t() returns the key, as for a missing key (returnedObjectHandler can keep today's text)"));
				let e = this.options.returnedObjectHandler ? this.options.returnedObjectHandler(h, E, {
					...i,
					ns: c
				}) : `key '${s} (${this.language})' returned an object instead of string.`;
				return a ? (p.res = e, p.usedParams = this.getUsedParamsDetails(i), p) : e;
			}
			if (o) {
				let e = Array.isArray(E), t = e ? [] : {}, n = e ? g : h;
				for (let e in E) if (Object.prototype.hasOwnProperty.call(E, e)) {
					let r = `${n}${o}${e}`;
					t[e] = x && !m ? this.translate(r, {
						...i,
						defaultValue: Ie(T) ? T[e] : void 0,
						joinArrays: !1,
						ns: c
					}) : this.translate(r, {
						...i,
						joinArrays: !1,
						ns: c
					}), t[e] === r && (t[e] = E[e]);
				}
				m = t;
			}
		} else if (y && M(v) && Array.isArray(m)) m = m.join(v), m &&= this.extendTranslation(m, t, i, p, r);
		else {
			let e = !1, n = !1;
			!this.isValidLookup(m) && x && (e = !0, m = T), this.isValidLookup(m) || (n = !0, m = s);
			let a = (i.missingKeyNoValueFallbackToKey || this.options.missingKeyNoValueFallbackToKey) && n ? void 0 : m, c = x && T !== m && this.options.updateMissing;
			if (n || e || c) {
				if (this.logger.log(c ? "updateKey" : "missingKey", d, l, b && !c ? `${s}${this.pluralResolver.getSuffix(d, i.count, i)}` : s, c ? T : m), o) {
					let e = this.resolve(s, {
						...i,
						keySeparator: !1
					});
					e && e.res && this.logger.warn("Seems the loaded translations were in flat JSON format instead of nested. Either set keySeparator: false on init or make sure your translations are published in nested format.");
				}
				let e = [], t = this.languageUtils.getFallbackCodes(this.options.fallbackLng, i.lng || this.language);
				if (this.options.saveMissingTo === "fallback" && t && t[0]) for (let n = 0; n < t.length; n++) e.push(t[n]);
				else this.options.saveMissingTo === "all" ? e = this.languageUtils.toResolveHierarchy(i.lng || this.language) : e.push(i.lng || this.language);
				let n = (e, t, n) => {
					let r = x && n !== m ? n : a;
					this.options.missingKeyHandler ? this.options.missingKeyHandler(e, l, t, r, c, i) : this.backendConnector?.saveMissing && this.backendConnector.saveMissing(e, l, t, r, c, i, void 0, this.utils?.hasLoadedNamespace), this.emit("missingKey", e, l, t, m);
				};
				this.options.saveMissing && (this.options.saveMissingPlurals && b ? e.forEach((e) => {
					let t = this.pluralResolver.getSuffixes(e, i);
					w && i[`defaultValue${this.options.pluralSeparator}zero`] && !t.includes(`${this.options.pluralSeparator}zero`) && t.push(`${this.options.pluralSeparator}zero`), t.forEach((t) => {
						n([e], s + t, i[`defaultValue${t}`] || T);
					});
				}) : n(e, s, T));
			}
			m = this.extendTranslation(m, t, i, p, r), n && m === s && this.options.appendNamespaceToMissingKey && (m = `${l}${u}${s}`), (n || e) && this.options.parseMissingKeyHandler && (m = this.options.parseMissingKeyHandler(this.options.appendNamespaceToMissingKey ? `${l}${u}${s}` : s, e ? m : void 0, i));
		}
		return a ? (p.res = m, p.usedParams = this.getUsedParamsDetails(i), p) : m;
	}
	extendTranslation(e, t, n, r, i) {
		if (this.i18nFormat?.parse) e = this.i18nFormat.parse(e, {
			...this.options.interpolation.defaultVariables,
			...n
		}, n.lng || this.language || r.usedLng, r.usedNS, r.usedKey, { resolved: r });
		else if (!n.skipInterpolation) {
			n.interpolation && this.interpolator.init({
				...n,
				interpolation: {
					...this.options.interpolation,
					...n.interpolation
				}
			});
			let a = M(e) && (n?.interpolation?.skipOnVariables === void 0 ? this.options.interpolation.skipOnVariables : n.interpolation.skipOnVariables), o;
			if (a) {
				let t = e.match(this.interpolator.nestingRegexp);
				o = t && t.length;
			}
			let s = n.replace && !M(n.replace) ? n.replace : n;
			if (this.options.interpolation.defaultVariables && (s = {
				...this.options.interpolation.defaultVariables,
				...s
			}), e = this.interpolator.interpolate(e, s, n.lng || this.language || r.usedLng, n), a) {
				let t = e.match(this.interpolator.nestingRegexp), r = t && t.length;
				o < r && (n.nest = !1);
			}
			!n.lng && r && r.res && (n.lng = this.language || r.usedLng), n.nest !== !1 && (e = this.interpolator.nest(e, (...e) => i?.[0] === e[0] && !n.context ? (this.logger.warn(`It seems you are nesting recursively key: ${e[0]} in key: ${t[0]}`), null) : this.translate(...e, t), n)), n.interpolation && this.interpolator.reset();
		}
		let a = n.postProcess || this.options.postProcess, o = M(a) ? [a] : a;
		return e != null && o?.length && n.applyPostProcessor !== !1 && (o.forEach((e) => {
			this.logger.debug && Me.processors[e] && this.ownPostProcessors && !this.ownPostProcessors.has(e) && this.logger.once(e, "deprecate", `postProcess: '${e}' was registered with use() on another i18next instance; from v27 post-processors are per instance, so call use() with it on this instance too`);
		}), e = Me.handle(o, e, t, this.options && this.options.postProcessPassResolved ? {
			i18nResolved: {
				...r,
				usedParams: this.getUsedParamsDetails(n)
			},
			...n
		} : n, this)), e;
	}
	resolve(e, t = {}) {
		let n, r, i, a, o;
		return M(e) && (e = [e]), Array.isArray(e) && (e = e.map((e) => typeof e == "function" ? Fe(e, {
			...this.options,
			...t
		}) : e)), e.forEach((e) => {
			if (this.isValidLookup(n)) return;
			let s = this.extractFromKey(e, t), c = s.key;
			r = c;
			let l = s.namespaces;
			this.options.fallbackNS && (l = l.concat(this.options.fallbackNS));
			let u = t.count !== void 0 && !M(t.count), d = u && !t.ordinal && t.count === 0, f = t.context !== void 0 && (M(t.context) || typeof t.context == "number") && t.context !== "", p = t.lngs ? t.lngs : this.languageUtils.toResolveHierarchy(t.lng || this.language, t.fallbackLng);
			l.forEach((e) => {
				this.isValidLookup(n) || (o = e, !this.checkedLoadedFor[`${p[0]}-${e}`] && this.utils?.hasLoadedNamespace && !this.utils?.hasLoadedNamespace(o) && (this.checkedLoadedFor[`${p[0]}-${e}`] = !0, this.logger.warn(`key "${r}" for languages "${p.join(", ")}" won't get resolved as namespace "${o}" was not yet loaded`, "This means something IS WRONG in your setup. You access the t function before i18next.init / i18next.loadNamespace / i18next.changeLanguage was done. Wait for the callback or Promise to resolve before accessing it!!!")), p.forEach((r) => {
					if (this.isValidLookup(n)) return;
					a = r;
					let o = [c];
					if (this.i18nFormat?.addLookupKeys) this.i18nFormat.addLookupKeys(o, c, r, e, t);
					else {
						let e;
						u && (e = this.pluralResolver.getSuffix(r, t.count, t));
						let n = `${this.options.pluralSeparator}zero`, i = `${this.options.pluralSeparator}ordinal${this.options.pluralSeparator}`;
						if (u && (t.ordinal && e.startsWith(i) && o.push(c + e.replace(i, this.options.pluralSeparator)), o.push(c + e), d && o.push(c + n)), f) {
							let r = `${c}${this.options.contextSeparator || "_"}${t.context}`;
							o.push(r), u && (t.ordinal && e.startsWith(i) && o.push(r + e.replace(i, this.options.pluralSeparator)), o.push(r + e), d && o.push(r + n));
						}
					}
					let s;
					for (; s = o.pop();) this.isValidLookup(n) || (i = s, n = this.getResource(r, e, s, t));
				}));
			});
		}), {
			res: n,
			usedKey: r,
			exactUsedKey: i,
			usedLng: a,
			usedNS: o
		};
	}
	isValidLookup(e) {
		return e !== void 0 && !(!this.options.returnNull && e === null) && !(!this.options.returnEmptyString && e === "");
	}
	getResource(e, t, n, r = {}) {
		return this.i18nFormat?.getResource ? this.i18nFormat.getResource(e, t, n, r) : this.resourceStore.getResource(e, t, n, r);
	}
	getUsedParamsDetails(e = {}) {
		let t = [
			"defaultValue",
			"ordinal",
			"context",
			"replace",
			"lng",
			"lngs",
			"fallbackLng",
			"ns",
			"keySeparator",
			"nsSeparator",
			"returnObjects",
			"returnDetails",
			"joinArrays",
			"postProcess",
			"interpolation"
		], n = e.replace && !M(e.replace), r = n ? e.replace : e;
		if (n && e.count !== void 0 && (r = {
			...r,
			count: e.count
		}), this.options.interpolation.defaultVariables && (r = {
			...this.options.interpolation.defaultVariables,
			...r
		}), !n) {
			r = { ...r };
			for (let e of t) delete r[e];
		}
		return r;
	}
	static hasDefaultValue(e) {
		for (let t in e) if (Object.prototype.hasOwnProperty.call(e, t) && t.startsWith("defaultValue") && e[t] !== void 0) return !0;
		return !1;
	}
}, Re = class {
	constructor(e) {
		this.options = e, this.supportedLngs = this.options.supportedLngs || !1, this.logger = N.create("languageUtils"), this.resolveHierarchyCache = {};
	}
	clearCache() {
		this.resolveHierarchyCache = {};
	}
	getScriptPartFromCode(e) {
		if (e = De(e), !e || !e.includes("-")) return null;
		let t = e.split("-");
		return t.length === 2 || (t.pop(), t[t.length - 1].toLowerCase() === "x") ? null : this.formatLanguageCode(t.join("-"));
	}
	getLanguagePartFromCode(e) {
		if (e = De(e), !e || !e.includes("-")) return e;
		let t = e.split("-");
		return this.formatLanguageCode(t[0]);
	}
	formatLanguageCode(e) {
		if (M(e) && e.includes("-")) {
			let t;
			try {
				t = Intl.getCanonicalLocales(e)[0];
			} catch {}
			return t && this.options.lowerCaseLng && (t = t.toLowerCase()), t || (this.options.lowerCaseLng ? e.toLowerCase() : e);
		}
		let t = this.options.cleanCode || this.options.lowerCaseLng ? e.toLowerCase() : e;
		return this.logger.debug && M(e) && this.deprecateBareCode(e, t), t;
	}
	deprecateBareCode(e, t) {
		let n;
		try {
			n = Intl.getCanonicalLocales(e)[0];
		} catch {
			return;
		}
		let r = n.toLowerCase() === e.toLowerCase() ? n : e.toLowerCase();
		this.options.lowerCaseLng && (r = r.toLowerCase()), r !== t && this.logger.once(e, "deprecate", `language code '${e}' is used as '${t}'; i18next v27 gives it the canonical casing '${r}', use '${r}' in lng, fallbackLng, supportedLngs and the resources`);
	}
	isSupportedCode(e) {
		return (this.options.load === "languageOnly" || this.options.nonExplicitSupportedLngs) && (e = this.getLanguagePartFromCode(e)), !this.supportedLngs || !this.supportedLngs.length || this.supportedLngs.includes(e);
	}
	getBestMatchFromCodes(e) {
		if (!e) return null;
		let t;
		return e.forEach((e) => {
			if (t) return;
			let n = this.formatLanguageCode(e);
			(!this.options.supportedLngs || this.isSupportedCode(n)) && (t = n);
		}), !t && this.options.supportedLngs && e.forEach((e) => {
			if (t) return;
			let n = this.getScriptPartFromCode(e);
			if (this.isSupportedCode(n)) return t = n;
			let r = this.getLanguagePartFromCode(e);
			if (this.isSupportedCode(r)) return t = r;
			t = this.options.supportedLngs.find((e) => e === r ? !0 : !e.includes("-") && !r.includes("-") ? !1 : !(!e.includes("-") || r.includes("-") || e.slice(0, e.indexOf("-")) !== r));
		}), t ||= this.getFallbackCodes(this.options.fallbackLng)[0], t;
	}
	getFallbackCodes(e, t) {
		if (!e) return [];
		if (typeof e == "function" && (e = e(t)), M(e) && (e = [e]), Array.isArray(e)) return e;
		if (!t) return e.default || [];
		let n = e[t];
		return n ||= e[this.getScriptPartFromCode(t)], n ||= e[this.formatLanguageCode(t)], n ||= e[this.getLanguagePartFromCode(t)], n ||= e.default, n || [];
	}
	toResolveHierarchy(e, t) {
		let n = this.options.fallbackLng, r = Array.isArray(n) ? n.join("|") : n;
		r !== this._cachedFallbackLng && (this.resolveHierarchyCache = {}, this._cachedFallbackLng = r);
		let i = t === void 0 || t === !1 || M(t), a = t === void 0 && typeof this.options.fallbackLng == "function", o = M(e) && i && !a, s = null;
		if (o) {
			let n;
			n = t === void 0 ? "undefined" : t === !1 ? "boolean:false" : `string:${t}`, s = `${e.length}:${e}|${n}`;
		}
		if (s !== null) {
			let e = this.resolveHierarchyCache[s];
			if (e !== void 0) return e.slice();
		}
		let c = this.getFallbackCodes((t === !1 ? [] : t) || this.options.fallbackLng || [], e), l = [], u = (e) => {
			e && (this.isSupportedCode(e) ? l.push(e) : this.logger.warn(`rejecting language code not found in supportedLngs: ${e}`));
		};
		return M(e) && (e.includes("-") || e.includes("_")) ? (this.options.load !== "languageOnly" && u(this.formatLanguageCode(e)), this.options.load !== "languageOnly" && this.options.load !== "currentOnly" && u(this.getScriptPartFromCode(e)), this.options.load !== "currentOnly" && u(this.getLanguagePartFromCode(e))) : M(e) && u(this.formatLanguageCode(e)), c.forEach((e) => {
			let t = this.formatLanguageCode(e);
			l.includes(t) || u(t);
		}), s === null ? l : (this.resolveHierarchyCache[s] = l, l.slice());
	}
}, ze = {
	zero: 0,
	one: 1,
	two: 2,
	few: 3,
	many: 4,
	other: 5
}, Be = {
	select: (e) => e === 1 ? "one" : "other",
	resolvedOptions: () => ({ pluralCategories: ["one", "other"] })
}, Ve = class {
	constructor(e, t = {}) {
		this.languageUtils = e, this.options = t, this.logger = N.create("pluralResolver"), this.pluralRulesCache = {};
	}
	clearCache() {
		this.pluralRulesCache = {};
	}
	getRule(e, t = {}) {
		let n = De(e === "dev" ? "en" : e), r = t.ordinal ? "ordinal" : "cardinal", i = JSON.stringify({
			cleanedCode: n,
			type: r
		});
		if (i in this.pluralRulesCache) return this.pluralRulesCache[i];
		let a;
		try {
			a = new Intl.PluralRules(n, { type: r });
		} catch {
			if (typeof Intl > "u") return this.logger.error("No Intl support, please use an Intl polyfill!"), Be;
			if (!e.match(/-|_/)) return Be;
			let n = this.languageUtils.getLanguagePartFromCode(e);
			a = this.getRule(n, t);
		}
		return this.pluralRulesCache[i] = a, a;
	}
	needsPlural(e, t = {}) {
		let n = this.getRule(e, t);
		return n ||= this.getRule("dev", t), n?.resolvedOptions().pluralCategories.length > 1;
	}
	getPluralFormsOfKey(e, t, n = {}) {
		return this.getSuffixes(e, n).map((e) => `${t}${e}`);
	}
	getSuffixes(e, t = {}) {
		let n = this.getRule(e, t);
		return n ||= this.getRule("dev", t), n ? n.resolvedOptions().pluralCategories.sort((e, t) => ze[e] - ze[t]).map((e) => `${this.options.prepend}${t.ordinal ? `ordinal${this.options.prepend}` : ""}${e}`) : [];
	}
	getSuffix(e, t, n = {}) {
		let r = this.getRule(e, n);
		return r ? `${this.options.prepend}${n.ordinal ? `ordinal${this.options.prepend}` : ""}${r.select(t)}` : (this.logger.warn(`no plural rule found for: ${e}`), this.getSuffix("dev", t, n));
	}
}, He = (e, t, n, r = ".", i = !0) => {
	let a = _e(e, t, n);
	return a == null && i && M(n) && (a = Ee(e, n, r), a === void 0 && (a = Ee(t, n, r))), a;
}, Ue = class {
	constructor(e = {}) {
		this.logger = N.create("interpolator"), this.options = e, this.format = e?.interpolation?.format || ((e) => e), this.init(e);
	}
	init(e = {}) {
		e.interpolation ||= { escapeValue: !0 };
		let { escape: t, escapeValue: n, useRawValueToEscape: r, prefix: i, prefixEscaped: a, suffix: o, suffixEscaped: s, formatSeparator: c, unescapeSuffix: l, unescapePrefix: u, nestingPrefix: d, nestingPrefixEscaped: f, nestingSuffix: p, nestingSuffixEscaped: m, nestingOptionsSeparator: h, maxReplaces: g, alwaysFormat: _ } = e.interpolation;
		if (a || s || f || m) {
			let e = Object.entries({
				prefixEscaped: a,
				suffixEscaped: s,
				nestingPrefixEscaped: f,
				nestingSuffixEscaped: m
			}).filter(([, e]) => e).map(([e]) => e);
			this.logger.once(e.join(), "deprecate", `interpolation.${e.join(", interpolation.")}: the regex-escaped delimiter options are removed in v27; pass the literal delimiters as prefix, suffix, nestingPrefix and nestingSuffix`);
		}
		this.escape = t === void 0 ? xe : t, this.escapeValue = n === void 0 || n, this.useRawValueToEscape = r !== void 0 && r, this.prefix = i ? ye(i) : a || "{{", this.suffix = o ? ye(o) : s || "}}", this.formatSeparator = c || ",", this.unescapePrefix = l ? "" : u ? ye(u) : "-", this.unescapeSuffix = this.unescapePrefix ? "" : l ? ye(l) : "", this.nestingPrefix = d ? ye(d) : f || ye("$t("), this.nestingSuffix = p ? ye(p) : m || ye(")"), this.nestingOptionsSeparator = h || ",", this.maxReplaces = g || 1e3, this.alwaysFormat = _ !== void 0 && _, this.resetRegExp();
	}
	reset() {
		this.options && this.init(this.options);
	}
	resetRegExp() {
		let e = (e, t) => e?.source === t ? (e.lastIndex = 0, e) : new RegExp(t, "g");
		this.regexp = e(this.regexp, `${this.prefix}(.+?)${this.suffix}`), this.regexpUnescape = e(this.regexpUnescape, `${this.prefix}${this.unescapePrefix}(.+?)${this.unescapeSuffix}${this.suffix}`), this.nestingRegexp = e(this.nestingRegexp, `${this.nestingPrefix}((?:[^()"']|"[^"]*"|'[^']*'|\\((?:[^()"']|"[^"]*"|'[^']*')*\\))*?)${this.nestingSuffix}`);
	}
	interpolate(e, t, n, r) {
		let i, a, o, s = e, c = this.options && this.options.interpolation && this.options.interpolation.defaultVariables || {}, l = (e) => {
			if (!e.includes(this.formatSeparator)) {
				let i = He(t, c, e, this.options.keySeparator, this.options.ignoreJSONStructure);
				return this.alwaysFormat ? this.format(i, void 0, n, {
					...r,
					...t,
					interpolationkey: e
				}) : i;
			}
			let i = e.split(this.formatSeparator), a = i.shift().trim(), o = i.join(this.formatSeparator).trim();
			return this.format(He(t, c, a, this.options.keySeparator, this.options.ignoreJSONStructure), o, n, {
				...r,
				...t,
				interpolationkey: a
			});
		};
		this.resetRegExp(), !this.escapeValue && typeof e == "string" && /\$t\([^)]*\{[^}]*\{\{/.test(e) && this.logger.warn("nesting options string contains interpolated variables with escapeValue: false — if any of those values are attacker-controlled they can inject additional nesting options (e.g. redirect lng/ns). Sanitise untrusted input before passing it to t(), or keep escapeValue: true.");
		let u = r?.missingInterpolationHandler || this.options.missingInterpolationHandler, d = r?.interpolation?.skipOnVariables === void 0 ? this.options.interpolation.skipOnVariables : r.interpolation.skipOnVariables, f = [{
			regex: this.regexpUnescape,
			safeValue: (e) => e
		}, {
			regex: this.regexp,
			safeValue: (e) => this.escapeValue ? (this.escape === xe && this.options?.interpolation?.escapeValue !== !1 && M(e) && e.includes("/") && this.logger.once("/", "deprecate", "escapeValue renders '/' in a value as '&#x2F;' today; from v27 the default escape leaves '/' as it is"), this.escape(e)) : e
		}], p = [], m = 0;
		return f.forEach((t) => {
			for (o = 0; i = t.regex.exec(e);) {
				let n = i.index - m, c = p.find(([e, t]) => n >= e && n < t);
				if (c) {
					t.regex.lastIndex = c[1] + m;
					continue;
				}
				let f = i[1].trim();
				if (a = l(f), a === void 0) {
					if (typeof u == "function") {
						let t = u(e, i, r);
						a = M(t) ? t : "";
					} else if (r && Object.prototype.hasOwnProperty.call(r, f)) a = "";
					else if (d) {
						this.logger.debug && this.logger.once(`${s}\u0000${i[0]}`, "warn", `missed to pass in variable ${f} for interpolating ${s}`), a = i[0];
						continue;
					} else this.logger.warn(`missed to pass in variable ${f} for interpolating ${e}`), a = "";
				} else !M(a) && !this.useRawValueToEscape && (a = oe(a));
				let h = oe(t.safeValue(a));
				if (e = e.slice(0, i.index) + h + e.slice(i.index + i[0].length), d ? (t.regex === this.regexpUnescape ? p.push([i.index, i.index + h.length]) : m += h.length - i[0].length, t.regex.lastIndex += h.length, t.regex.lastIndex -= i[0].length) : t.regex.lastIndex = 0, o++, o >= this.maxReplaces) break;
			}
		}), e;
	}
	nest(e, t, n = {}) {
		let r, i, a, o = (e, t) => {
			let n = this.nestingOptionsSeparator;
			if (!e.includes(n)) return e;
			let r = e.split(RegExp(`${ye(n)}[ ]*{`)), i = `{${r[1]}`;
			e = r[0], i = this.interpolate(i, a);
			let o = i.match(/'/g), s = i.match(/"/g);
			((o?.length ?? 0) % 2 == 0 && !s || (s?.length ?? 0) % 2 != 0) && (i = i.replace(/'/g, "\""));
			try {
				a = JSON.parse(i), t && (a = {
					...t,
					...a
				});
			} catch (t) {
				return this.logger.warn(`failed parsing options string in nesting for key ${e}`, t), `${e}${n}${i}`;
			}
			return a.defaultValue && a.defaultValue.includes(this.prefix) && delete a.defaultValue, e;
		}, s = new RegExp(this.nestingRegexp), c = "", l = 0;
		for (; r = s.exec(e);) {
			let u = [];
			a = { ...n }, a = a.replace && !M(a.replace) ? a.replace : a, a.applyPostProcessor = !1, delete a.defaultValue;
			let d = /{.*}/s.test(r[1]) ? r[1].lastIndexOf("}") + 1 : r[1].indexOf(this.formatSeparator);
			if (d !== -1 && (u = r[1].slice(d).split(this.formatSeparator).map((e) => e.trim()).filter(Boolean), r[1] = r[1].slice(0, d)), i = t(o.call(this, r[1].trim(), a), a), i && r[0] === e && !M(i)) return i;
			M(i) || (i = oe(i)), i ||= (this.logger.warn(`missed to resolve ${r[1]} for nesting ${e}`), ""), u.length && (i = u.reduce((e, t) => this.format(e, t, n.lng, {
				...n,
				interpolationkey: r[1].trim()
			}), i.trim())), c += e.slice(l, r.index) + oe(i), l = s.lastIndex, this.regexp.lastIndex = 0;
		}
		return l ? c + e.slice(l) : e;
	}
}, We = (e) => {
	let t = e.toLowerCase().trim(), n = {};
	if (e.includes("(")) {
		let r = e.split("(");
		t = r[0].toLowerCase().trim();
		let i = r[1].slice(0, -1);
		t === "currency" && !i.includes(":") ? n.currency ||= i.trim() : t === "relativetime" && !i.includes(":") ? n.range ||= i.trim() : i.split(";").forEach((e) => {
			if (e) {
				let [t, ...r] = e.split(":"), i = r.join(":").trim().replace(/^'+|'+$/g, ""), a = t.trim();
				n[a] || (n[a] = i), i === "false" && (n[a] = !1), i === "true" && (n[a] = !0), isNaN(i) || (n[a] = parseInt(i, 10));
			}
		});
	}
	return {
		formatName: t,
		formatOptions: n
	};
}, Ge = (e) => {
	let t = {};
	return (n, r, i) => {
		let a = i;
		i && i.interpolationkey && i.formatParams && i.formatParams[i.interpolationkey] && i[i.interpolationkey] && (a = {
			...a,
			[i.interpolationkey]: void 0
		});
		let o;
		try {
			o = r + JSON.stringify(a);
		} catch {
			return e(De(r), i)(n);
		}
		let s = t[o];
		return s || (s = e(De(r), i), t[o] = s), s(n);
	};
}, Ke = (e) => (t, n, r) => e(De(n), r)(t), qe = class {
	constructor(e = {}) {
		this.logger = N.create("formatter"), this.options = e, this.init(e);
	}
	init(e, t = { interpolation: {} }) {
		this.formatSeparator = t.interpolation.formatSeparator || ",";
		let n = t.cacheInBuiltFormats ? Ge : Ke;
		this.formats = {
			number: n((e, t) => {
				let n = new Intl.NumberFormat(e, { ...t });
				return (e) => n.format(e);
			}),
			currency: n((e, t) => {
				let n = new Intl.NumberFormat(e, {
					...t,
					style: "currency"
				});
				return (e) => n.format(e);
			}),
			datetime: n((e, t) => {
				let n = new Intl.DateTimeFormat(e, { ...t });
				return (e) => n.format(e);
			}),
			relativetime: n((e, t) => {
				let n = new Intl.RelativeTimeFormat(e, { ...t });
				return (e) => n.format(e, t.range || "day");
			}),
			list: n((e, t) => {
				let n = new Intl.ListFormat(e, { ...t });
				return (e) => n.format(e);
			})
		};
	}
	add(e, t) {
		this.formats[e.toLowerCase().trim()] = t;
	}
	addCached(e, t) {
		this.formats[e.toLowerCase().trim()] = Ge(t);
	}
	format(e, t, n, r = {}) {
		if (!t || e == null) return e;
		let i = t.split(this.formatSeparator), a = [];
		for (let e = 0; e < i.length; e++) {
			let t = i[e];
			for (; t.indexOf("(") > -1 && !t.includes(")") && e + 1 < i.length;) t = `${t}${this.formatSeparator}${i[++e]}`;
			a.push(t);
		}
		return a.reduce((e, t) => {
			let { formatName: i, formatOptions: a } = We(t);
			if (this.formats[i]) {
				let t = e;
				try {
					let o = r?.formatParams?.[r.interpolationkey] || {}, s = o.locale || o.lng || r.locale || r.lng || n;
					t = this.formats[i](e, s, {
						...a,
						...r,
						...o
					});
				} catch (e) {
					this.logger.warn(e);
				}
				return t;
			}
			return this.logger.warn(`there was no format function for ${i}`), e;
		}, e);
	}
}, Je = (e, t) => {
	e.pending[t] !== void 0 && (delete e.pending[t], e.pendingCount--);
}, Ye = class extends ke {
	constructor(e, t, n, r = {}) {
		super(), this.backend = e, this.store = t, this.services = n, this.languageUtils = n.languageUtils, this.options = r, this.logger = N.create("backendConnector"), this.waitingReads = [], this.maxParallelReads = r.maxParallelReads || 10, this.readingCalls = 0, this.maxRetries = r.maxRetries >= 0 ? r.maxRetries : 5, this.retryTimeout = r.retryTimeout >= 1 ? r.retryTimeout : 350, this.state = {}, this.queue = [], this.backend?.init?.(n, r.backend, r), this.callbackApi = ce(this.backend), this.backend && this.callbackApi === void 0 && (this.backend.read || this.backend.create) && this.logger.deprecate("backend: set callbackApi to declare the calling convention (true: read(language, namespace, callback) and create(languages, namespace, key, fallbackValue, callback, options); false: both return a promise or a value); guessing it from the number of parameters is deprecated");
	}
	queueLoad(e, t, n, r) {
		let i = {}, a = {}, o = {}, s = {};
		return e.forEach((e) => {
			let r = !0;
			t.forEach((t) => {
				let o = `${e}|${t}`;
				!n.reload && this.store.hasResourceBundle(e, t) ? this.state[o] = 2 : !n.reload && this.state[o] < 0 || (this.state[o] === 1 ? a[o] === void 0 && (a[o] = !0) : (this.state[o] = 1, r = !1, a[o] === void 0 && (a[o] = !0), i[o] === void 0 && (i[o] = !0), s[t] === void 0 && (s[t] = !0)));
			}), r || (o[e] = !0);
		}), (Object.keys(i).length || Object.keys(a).length) && this.queue.push({
			pending: a,
			pendingCount: Object.keys(a).length,
			loaded: {},
			errors: [],
			callback: r
		}), {
			toLoad: Object.keys(i),
			pending: Object.keys(a),
			toLoadLanguages: Object.keys(o),
			toLoadNamespaces: Object.keys(s)
		};
	}
	loaded(e, t, n) {
		let r = e.split("|"), i = r[0], a = r[1];
		t && this.emit("failedLoading", i, a, t), !t && n && this.store.addResourceBundle(i, a, n, void 0, void 0, { skipCopy: !0 }), this.state[e] = t ? -1 : 2, t && n && (this.state[e] = 0);
		let o = {};
		this.queue.forEach((n) => {
			he(n.loaded, [i], a), Je(n, e), t && n.errors.push(t), n.pendingCount === 0 && !n.done && (Object.keys(n.loaded).forEach((e) => {
				o[e] || (o[e] = {});
				let t = n.loaded[e];
				t.length && t.forEach((t) => {
					o[e][t] === void 0 && (o[e][t] = !0);
				});
			}), n.done = !0, n.errors.length ? n.callback(n.errors) : n.callback());
		}), this.emit("loaded", o), this.queue = this.queue.filter((e) => !e.done);
	}
	read(e, t, n, r = 0, i = this.retryTimeout, a) {
		if (!e.length) return a(null, {});
		if (this.readingCalls >= this.maxParallelReads) {
			this.waitingReads.push({
				lng: e,
				ns: t,
				fcName: n,
				tried: r,
				wait: i,
				callback: a
			});
			return;
		}
		this.readingCalls++;
		let o = (o, s) => {
			if (this.readingCalls--, this.waitingReads.length > 0) {
				let e = this.waitingReads.shift();
				this.read(e.lng, e.ns, e.fcName, e.tried, e.wait, e.callback);
			}
			o && s && r < this.maxRetries ? setTimeout(() => {
				this.read(e, t, n, r + 1, i * 2, a);
			}, i) : a(o, s);
		}, s = this.backend[n].bind(this.backend);
		if (this.callbackApi === !1 || this.callbackApi === void 0 && s.length === 2) try {
			let n = s(e, t);
			n && typeof n.then == "function" ? n.then((e) => o(null, e)).catch(o) : o(null, n);
		} catch (e) {
			o(e);
		}
		else return s(e, t, o);
	}
	prepareLoading(e, t, n = {}, r) {
		if (!this.backend) return this.logger.warn("No backend was added via i18next.use. Will not load resources."), r && r();
		M(e) && (e = this.languageUtils.toResolveHierarchy(e)), M(t) && (t = [t]);
		let i = this.queueLoad(e, t, n, r);
		if (!i.toLoad.length) return i.pending.length || r(), null;
		i.toLoad.forEach((e) => {
			this.loadOne(e);
		});
	}
	load(e, t, n) {
		this.prepareLoading(e, t, {}, n);
	}
	reload(e, t, n) {
		this.prepareLoading(e, t, { reload: !0 }, n);
	}
	noticeDevFallback(e) {
		e === "dev" && this.devIsDefaultFallback && this.logger.once("dev", "warn", "language 'dev' is requested because fallbackLng is not set (its default is ['dev']); i18next v27 defaults to fallbackLng: false and loads and saves missing keys in the requested language instead. Set fallbackLng to your source language, or to 'dev' to keep this behavior");
	}
	loadOne(e, t = "") {
		let n = e.split("|"), r = n[0], i = n[1];
		this.noticeDevFallback(r), this.read(r, i, "read", void 0, void 0, (n, a) => {
			n && this.logger.warn(`${t}loading namespace ${i} for language ${r} failed`, n), !n && a && this.logger.log(`${t}loaded namespace ${i} for language ${r}`, a), this.loaded(e, n, a);
		});
	}
	saveMissing(e, t, n, r, i, a = {}, o = () => {}, s = this.newestCloneHasLoadedNamespace || this.services?.utils?.hasLoadedNamespace) {
		if (s && !s(t)) this.logger.warn(`did not save key "${n}" as the namespace "${t}" was not yet loaded`, "This means something IS WRONG in your setup. You access the t function before i18next.init / i18next.loadNamespace / i18next.changeLanguage was done. Wait for the callback or Promise to resolve before accessing it!!!");
		else if (n != null && n !== "") {
			if (this.backend?.create) {
				e?.forEach?.((e) => this.noticeDevFallback(e));
				let s = {
					...a,
					isUpdate: i
				}, c = this.backend.create.bind(this.backend);
				if (this.callbackApi === !1 || this.callbackApi === void 0 && c.length < 6) try {
					let i;
					i = this.callbackApi === !1 || c.length === 5 ? c(e, t, n, r, s) : c(e, t, n, r), i && typeof i.then == "function" ? i.then((e) => o(null, e)).catch(o) : o(null, i);
				} catch (e) {
					o(e);
				}
				else c(e, t, n, r, o, s);
			}
			e && e[0] && this.store.addResource(e[0], t, n, r);
		}
	}
}, Xe = () => ({
	debug: !1,
	initAsync: !0,
	ns: ["translation"],
	defaultNS: ["translation"],
	fallbackLng: ["dev"],
	fallbackNS: !1,
	supportedLngs: !1,
	nonExplicitSupportedLngs: !1,
	load: "all",
	preload: !1,
	keySeparator: ".",
	nsSeparator: ":",
	pluralSeparator: "_",
	contextSeparator: "_",
	enableSelector: !1,
	partialBundledLanguages: !1,
	saveMissing: !1,
	updateMissing: !1,
	saveMissingTo: "fallback",
	saveMissingPlurals: !0,
	missingKeyHandler: !1,
	missingInterpolationHandler: !1,
	postProcess: !1,
	postProcessPassResolved: !1,
	returnNull: !1,
	returnEmptyString: !0,
	returnObjects: !1,
	joinArrays: !1,
	returnedObjectHandler: !1,
	parseMissingKeyHandler: !1,
	appendNamespaceToMissingKey: !1,
	appendNamespaceToCIMode: !1,
	overloadTranslationOptionHandler: (e) => {
		let t = {};
		if (typeof e[1] == "object" && (t = e[1]), M(e[1]) && (t.defaultValue = e[1]), M(e[2]) && (t.tDescription = e[2]), typeof e[2] == "object" || typeof e[3] == "object") {
			let n = e[3] || e[2];
			Object.keys(n).forEach((e) => {
				t[e] = n[e];
			});
		}
		return t;
	},
	interpolation: {
		escapeValue: !0,
		prefix: "{{",
		suffix: "}}",
		formatSeparator: ",",
		unescapePrefix: "-",
		nestingPrefix: "$t(",
		nestingSuffix: ")",
		nestingOptionsSeparator: ",",
		maxReplaces: 1e3,
		skipOnVariables: !0
	},
	cacheInBuiltFormats: !0
}), Ze = (e) => (M(e.ns) && (e.ns = [e.ns]), M(e.fallbackLng) && (e.fallbackLng = [e.fallbackLng]), M(e.fallbackNS) && (e.fallbackNS = [e.fallbackNS]), e.supportedLngs && !e.supportedLngs.includes("cimode") && (e.supportedLngs = e.supportedLngs.concat(["cimode"])), e), Qe = () => {}, $e, et = (e) => {
	Object.getOwnPropertyNames(Object.getPrototypeOf(e)).forEach((t) => {
		typeof e[t] == "function" && (e[t] = e[t].bind(e));
	});
}, P = class e extends ke {
	constructor(e = {}, t) {
		if (super(), this.options = Ze(e), this.services = { ownPostProcessors: /* @__PURE__ */ new Set() }, this.logger = N, this.modules = { external: [] }, et(this), t && !this.isInitialized && !e.isClone) {
			if (!this.options.initAsync) return this.init(e, t), this;
			setTimeout(() => {
				this.init(e, t);
			}, 0);
		}
	}
	init(e = {}, t) {
		this.isInitializing = !0, typeof e == "function" && (t = e, e = {}), e.defaultNS == null && e.ns && (M(e.ns) ? e.defaultNS = e.ns : e.ns.includes("translation") || (e.defaultNS = e.ns[0]));
		let n = e.fallbackLng === void 0 && this.options.fallbackLng === void 0, r = Xe();
		this.options = {
			...r,
			...this.options,
			...Ze(e)
		}, this.options.interpolation = {
			...r.interpolation,
			...this.options.interpolation
		}, e.keySeparator !== void 0 && (this.options.userDefinedKeySeparator = e.keySeparator), e.nsSeparator !== void 0 && (this.options.userDefinedNsSeparator = e.nsSeparator), typeof this.options.overloadTranslationOptionHandler != "function" && (this.options.overloadTranslationOptionHandler = r.overloadTranslationOptionHandler);
		let i = (e) => e ? typeof e == "function" ? new e() : e : null;
		if (!this.options.isClone) {
			$e && $e !== this && $e.modules.logger !== this.modules.logger && N.deprecate("init: this init() replaces the logger another i18next instance set with use(), as the logger is shared in v26; from v27 each instance keeps its own logger"), $e = this.modules.logger ? this : void 0, this.modules.logger ? N.init(i(this.modules.logger), this.options) : N.init(null, this.options), this.pendingWarnings?.forEach((e) => this.logger.warn(e)), this.pendingWarnings = void 0;
			let e;
			e = this.modules.formatter ? this.modules.formatter : qe;
			let t = new Re(this.options);
			this.store = new je(this.options.resources, this.options);
			let r = this.services;
			r.logger = N, r.resourceStore = this.store, r.languageUtils = t, r.pluralResolver = new Ve(t, { prepend: this.options.pluralSeparator }), e && (r.formatter = i(e), r.formatter.init && r.formatter.init(r, this.options), this.options.interpolation.format = r.formatter.format.bind(r.formatter)), r.interpolator = new Ue(this.options), r.utils = {
				hasLoadedNamespace: this.hasLoadedNamespace.bind(this),
				reloadResources: this.reloadResources.bind(this)
			}, r.backendConnector = new Ye(i(this.modules.backend), r.resourceStore, r, this.options), r.backendConnector.devIsDefaultFallback = n, r.backendConnector.on("*", (e, ...t) => {
				this.emit(e, ...t);
			}), this.modules.languageDetector && (r.languageDetector = i(this.modules.languageDetector), r.languageDetector.init && r.languageDetector.init(r, this.options.detection, this.options), r.languageDetector.async && ce(r.languageDetector) === void 0 && this.logger.deprecate("languageDetector: set callbackApi to declare how the async detect() answers (true: detect(callback); false: detect() returns a promise); guessing it from the number of parameters is deprecated")), this.modules.i18nFormat && (r.i18nFormat = i(this.modules.i18nFormat), r.i18nFormat.init && r.i18nFormat.init(this)), this.translator = new Le(this.services, this.options), this.translator.on("*", (e, ...t) => {
				this.emit(e, ...t);
			}), this.modules.external.forEach((e) => {
				e.init && e.init(this);
			});
		}
		if (this.format = this.options.interpolation.format, t ||= Qe, this.options.fallbackLng && !this.services.languageDetector && !this.options.lng) {
			let e = this.services.languageUtils.getFallbackCodes(this.options.fallbackLng);
			e.length > 0 && e[0] !== "dev" && (this.options.lng = e[0]);
		}
		!this.services.languageDetector && !this.options.lng && this.logger.warn("init: no languageDetector is used and no lng is defined"), [
			"getResource",
			"hasResourceBundle",
			"getResourceBundle",
			"getDataByLanguage"
		].forEach((e) => {
			this[e] = (...t) => this.store[e](...t);
		}), [
			"addResource",
			"addResources",
			"addResourceBundle",
			"removeResourceBundle"
		].forEach((e) => {
			this[e] = (...t) => (this.store[e](...t), this);
		});
		let a = ae(), o = () => {
			let e = (e, n) => {
				this.isInitializing = !1, this.isInitialized && !this.initializedStoreOnce && this.logger.warn("init: i18next is already initialized. You should call init just once!"), this.isInitialized = !0, this.options.isClone || this.logger.log("initialized", this.options), this.emit("initialized", this.options), a.resolve(n), t(e, n);
			};
			if ((this.languages || this.isLanguageChangingTo) && !this.isInitialized) return e(null, this.t.bind(this));
			this.changeLanguage(this.options.lng, e);
		};
		return this.options.resources || !this.options.initAsync ? o() : setTimeout(o, 0), a;
	}
	loadResources(e, t = Qe) {
		let n = t, r = M(e) ? e : this.language;
		if (typeof e == "function" && (n = e), !this.options.resources || this.options.partialBundledLanguages) {
			if (r?.toLowerCase() === "cimode" && (!this.options.preload || this.options.preload.length === 0)) return n();
			let e = [], t = (t) => {
				t && t !== "cimode" && this.services.languageUtils.toResolveHierarchy(t).forEach((t) => {
					t !== "cimode" && (e.includes(t) || e.push(t));
				});
			};
			r ? t(r) : this.services.languageUtils.getFallbackCodes(this.options.fallbackLng).forEach((e) => t(e)), this.options.preload?.forEach?.((e) => t(e)), this.services.backendConnector.load(e, this.options.ns, (e) => {
				!e && !this.resolvedLanguage && this.language && this.setResolvedLanguage(this.language), n(e);
			});
		} else n(null);
	}
	reloadResources(e, t, n) {
		let r = ae();
		if (typeof e == "function" && (n = e, e = void 0), typeof t == "function" && (n = t, t = void 0), !e) {
			let t = Object.keys(this.services.backendConnector.state).map((e) => e.split("|")[0]);
			e = [.../* @__PURE__ */ new Set([...this.languages || [], ...t])].filter((e) => e !== "cimode");
		}
		return t ||= this.options.ns, n ||= Qe, this.services.backendConnector.reload(e, t, (e) => {
			r.resolve(), n(e);
		}), r;
	}
	use(e) {
		if (!e) throw Error("You are passing an undefined module! Please check the object you are passing to i18next.use()");
		if (!e.type) throw Error("You are passing a wrong module! Please check the object you are passing to i18next.use()");
		let t = (t) => {
			if (this.modules[t] && this.modules[t] !== e) {
				let e = `use: this ${t} replaces the ${t} passed to an earlier use() call; only one ${t} is used per instance`;
				this.isInitializing || this.isInitialized ? this.logger.warn(e) : (this.pendingWarnings = this.pendingWarnings || []).push(e);
			}
			this.modules[t] = e;
		};
		return e.type === "backend" && t("backend"), (e.type === "logger" || e.log && e.warn && e.error) && (this.modules.logger = e), e.type === "languageDetector" && t("languageDetector"), e.type === "i18nFormat" && t("i18nFormat"), e.type === "postProcessor" && (Me.addPostProcessor(e), this.services.ownPostProcessors?.add(e.name)), e.type === "formatter" && t("formatter"), e.type === "3rdParty" && this.modules.external.push(e), this;
	}
	hydrate(e, t) {
		return this.options.isClone ? this : this.services.resourceStore ? (e && !this.initializedStoreOnce && (this.services.resourceStore.data = e, Object.values(e).forEach((e) => {
			Object.keys(e).forEach((e) => {
				this.options.ns.includes(e) || this.options.ns.push(e);
			});
		}), this.initializedStoreOnce = !0, this.isInitialized = !0), t && !this.initializedLanguageOnce && (this.changeLanguage(t), this.initializedLanguageOnce = !0), this) : (this.logger.warn("hydrate: call init() first, the instance has no resource store yet"), this);
	}
	setResolvedLanguage(e) {
		if (e && this.languages && !["cimode", "dev"].includes(e)) {
			for (let e = 0; e < this.languages.length; e++) {
				let t = this.languages[e];
				if (!["cimode", "dev"].includes(t) && this.store.hasLanguageSomeTranslations(t)) {
					this.resolvedLanguage = t;
					break;
				}
			}
			!this.resolvedLanguage && !this.languages.includes(e) && this.store.hasLanguageSomeTranslations(e) && (this.resolvedLanguage = e, this.languages.unshift(e));
		}
	}
	changeLanguage(e, t) {
		this.isLanguageChangingTo = e;
		let n = ae();
		this.emit("languageChanging", e);
		let r = (e) => {
			this.language = e, this.languages = this.services.languageUtils.toResolveHierarchy(e), this.resolvedLanguage = void 0, this.setResolvedLanguage(e);
		}, i = (i, a) => {
			a ? this.isLanguageChangingTo === e && (r(a), this.translator.changeLanguage(a), this.isLanguageChangingTo = void 0, this.emit("languageChanged", a), this.logger.log("languageChanged", a)) : this.isLanguageChangingTo = void 0, n.resolve((...e) => this.t(...e)), t && t(i, (...e) => this.t(...e));
		}, a = (t) => {
			!e && !t && this.services.languageDetector && (t = []);
			let n = M(t) ? t : t && t[0], a = this.store.hasLanguageSomeTranslations(n) ? n : this.services.languageUtils.getBestMatchFromCodes(M(t) ? [t] : t);
			a && this.logger.debug && !se(a) && ![].concat(this.options.supportedLngs || [], this.services.languageUtils.getFallbackCodes(this.options.fallbackLng, a), this.options.preload || []).includes(a) && !Object.prototype.hasOwnProperty.call(this.store.data, a) && this.logger.once(`lng:${a}`, "deprecate", `changeLanguage: the language code '${a.slice(0, 64)}' comes from lng, changeLanguage() or the language detector and is not configured; from v27 such a code is refused unless it has only letters, digits, '-', '_', '@' and '.' (no '..'), at most 128 characters. Set supportedLngs, or check the code before passing it on`), a && (this.language || r(a), this.translator.language || this.translator.changeLanguage(a), this.services.languageDetector?.cacheUserLanguage?.(a)), this.loadResources(a, (e) => {
				i(e, a);
			});
		};
		if (!e && this.services.languageDetector && !this.services.languageDetector.async) a(this.services.languageDetector.detect());
		else if (!e && this.services.languageDetector && this.services.languageDetector.async) {
			let e = ce(this.services.languageDetector);
			e === !1 || e === void 0 && this.services.languageDetector.detect.length === 0 ? this.services.languageDetector.detect().then(a) : this.services.languageDetector.detect(a);
		} else a(e);
		return n;
	}
	getFixedT(e, t, n, r) {
		let i = r?.scopeNs, a = (e, t, ...r) => {
			let o;
			o = typeof t == "object" ? { ...t } : this.options.overloadTranslationOptionHandler([e, t].concat(r)), o.lng = o.lng || a.lng, o.lngs = o.lngs || a.lngs;
			let s = o.ns !== void 0 && o.ns !== null;
			o.ns = o.ns || a.ns, o.keyPrefix !== "" && (o.keyPrefix = o.keyPrefix || n || a.keyPrefix);
			let c = {
				...this.options,
				...o
			};
			Array.isArray(i) && !s && (c.ns = i), typeof o.keyPrefix == "function" && (o.keyPrefix = Fe(o.keyPrefix, c));
			let l = this.options.keySeparator || ".", u;
			return o.keyPrefix && Array.isArray(e) ? u = e.map((e) => (typeof e == "function" && (e = Fe(e, c)), `${o.keyPrefix}${l}${e}`)) : (typeof e == "function" && (e = Fe(e, c)), u = o.keyPrefix ? `${o.keyPrefix}${l}${e}` : e), this.t(u, o);
		};
		return M(e) ? a.lng = e : a.lngs = e, a.ns = t, a.keyPrefix = n, a;
	}
	t(...e) {
		return this.translator ? this.translator.translate(...e) : (this.logger.warn("t: called before init(); returning an empty string"), "");
	}
	exists(...e) {
		return this.translator?.exists(...e);
	}
	setDefaultNamespace(e) {
		this.options.defaultNS = e;
	}
	hasLoadedNamespace(e, t = {}) {
		if (!this.isInitialized) return this.logger.warn("hasLoadedNamespace: i18next was not initialized", this.languages), !1;
		if (!this.languages || !this.languages.length) return this.logger.warn("hasLoadedNamespace: i18n.languages were undefined or empty", this.languages), !1;
		let n = t.lng || this.resolvedLanguage || this.languages[0], r = this.options ? this.options.fallbackLng : !1, i = this.languages[this.languages.length - 1];
		if (n.toLowerCase() === "cimode") return !0;
		let a = (e, t) => {
			let n = this.services.backendConnector.state[`${e}|${t}`];
			return n === -1 || n === 0 || n === 2;
		};
		if (t.precheck) {
			let e = t.precheck(this, a);
			if (e !== void 0) return e;
		}
		if (this.hasResourceBundle(n, e) || !this.services.backendConnector.backend || this.options.resources && !this.options.partialBundledLanguages) return !0;
		let { languageUtils: o } = this.services, s = t.lng ? o.isSupportedCode(n) && o.toResolveHierarchy(n, !1)[0] : n;
		return !(s && !a(s, e) || r && !a(i, e));
	}
	loadNamespaces(e, t) {
		let n = ae();
		return this.options.ns ? (M(e) && (e = [e]), e.forEach((e) => {
			this.options.ns.includes(e) || this.options.ns.push(e);
		}), this.loadResources((e) => {
			n.resolve(), t && t(e);
		}), n) : (t && t(), Promise.resolve());
	}
	loadLanguages(e, t) {
		let n = ae();
		M(e) && (e = [e]);
		let r = this.options.preload || [], i = e.filter((e) => !r.includes(e) && this.services.languageUtils.isSupportedCode(e));
		return i.length ? (this.options.preload = r.concat(i), this.loadResources((e) => {
			n.resolve(), t && t(e);
		}), n) : (t && t(), Promise.resolve());
	}
	dir(e) {
		if (e ||= this.resolvedLanguage || (this.languages?.length > 0 ? this.languages[0] : this.language), !e) return "ltr";
		try {
			let t = new Intl.Locale(e);
			if (t && t.getTextInfo) {
				let e = t.getTextInfo();
				if (e && e.direction) return e.direction;
			}
		} catch {}
		let t = /* @__PURE__ */ "ar.shu.sqr.ssh.xaa.yhd.yud.aao.abh.abv.acm.acq.acw.acx.acy.adf.ads.aeb.aec.afb.ajp.apc.apd.arb.arq.ars.ary.arz.auz.avl.ayh.ayl.ayn.ayp.bbz.pga.he.iw.ps.pbt.pbu.pst.prp.prd.ug.ur.ydd.yds.yih.ji.yi.hbo.men.xmn.fa.jpr.peo.pes.prs.dv.sam.ckb".split("."), n = this.services?.languageUtils || new Re(Xe());
		return e.toLowerCase().indexOf("-latn") > 1 ? "ltr" : t.includes(n.getLanguagePartFromCode(e)) || e.toLowerCase().indexOf("-arab") > 1 ? "rtl" : "ltr";
	}
	static createInstance(t = {}, n) {
		let r = new e(t, n);
		return r.createInstance = e.createInstance, r;
	}
	cloneInstance(t = {}, n = Qe) {
		let r = t.forkResourceStore;
		r && (t = { ...t }, delete t.forkResourceStore);
		let i = {
			...this.options,
			preload: !1,
			...t,
			isClone: !0
		}, a = new e(i);
		if ((t.debug !== void 0 || t.prefix !== void 0) && (a.logger = a.logger.clone(t)), [
			"store",
			"services",
			"language"
		].forEach((e) => {
			a[e] = this[e];
		}), a.services = { ...this.services }, a.services.utils = {
			...a.services.utils,
			hasLoadedNamespace: a.hasLoadedNamespace.bind(a),
			reloadResources: a.reloadResources.bind(a)
		}, r) {
			let e = (t) => {
				let n = Array.isArray(t) ? [...t] : { ...t };
				return Object.keys(n).forEach((t) => {
					n[t] && typeof n[t] == "object" && (n[t] = e(n[t]));
				}), n;
			};
			a.store = new je(e(this.store.data), i), a.services.resourceStore = a.store;
		}
		if (t.interpolation) {
			let e = {
				...Xe().interpolation,
				...this.options.interpolation,
				...t.interpolation
			}, n = {
				...i,
				interpolation: e
			};
			a.services.interpolator = new Ue(n);
		}
		return a.translator = new Le(a.services, i), a.translator.on("*", (e, ...t) => {
			a.emit(e, ...t);
		}), a.init(i, n), a.translator.options = i, a.translator.backendConnector.newestCloneHasLoadedNamespace = a.hasLoadedNamespace.bind(a), a;
	}
	toJSON() {
		return {
			options: this.options,
			store: this.store,
			language: this.language,
			languages: this.languages,
			resolvedLanguage: this.resolvedLanguage
		};
	}
}.createInstance();
P.createInstance, P.dir, P.init, P.loadResources, P.reloadResources, P.use, P.changeLanguage, P.getFixedT, P.t, P.exists, P.setDefaultNamespace, P.hasLoadedNamespace, P.loadNamespaces, P.loadLanguages;
// node_modules/react-aria/dist/private/overlays/PortalProvider.mjs
var tt = /*#__PURE__*/ x({});
function nt(e) {
	let { getContainer: t } = e, { getContainer: n } = rt();
	return /*#__PURE__*/ b.createElement(tt.Provider, { value: { getContainer: t === null ? void 0 : t ?? n } }, e.children);
}
function rt() {
	return w(tt) ?? {};
}
// src/i18n/pseudo.ts
var it = {
	a: "á",
	e: "é",
	i: "í",
	o: "ö",
	u: "ü",
	A: "Á",
	E: "É",
	I: "Í",
	O: "Ö",
	U: "Ü",
	n: "ñ",
	c: "ç"
};
function at(e) {
	return `⟦${e.split(/(\{\{[^}]*\}\}|<[^>]*>)/).map((e, t) => t % 2 == 1 ? e : [...e].map((e) => it[e] ?? e).join("")).join("")}⟧`;
}
function ot(e) {
	let t = Object.entries(e).map(([e, t]) => typeof t == "string" ? [e, at(t)] : [e, typeof t == "object" && t ? ot(t) : t]);
	return Object.fromEntries(t);
}
// src/i18n/index.ts
var F = "en", st = "en-XA", ct = /* #__PURE__ */ Object.assign({
	"./locales/en/candidate.json": () => import("./texts/en-candidate.js").then((e) => e.default),
	"./locales/en/shared.json": () => import("./texts/en-shared.js").then((e) => e.default)
});
function lt() {
	let e = Object.keys(ct).map((e) => e.split("/")[2] ?? F);
	return [F, ...new Set(e.filter((e) => e !== F))];
}
function ut(e, t) {
	for (let n of e) {
		if (n === st) return st;
		let e = n.toLowerCase().split("-")[0], r = t.find((e) => e.toLowerCase() === n.toLowerCase()), i = t.find((t) => t.toLowerCase().split("-")[0] === e);
		if (r ?? i) return r ?? i ?? F;
	}
	return F;
}
async function dt(e, t = ft()) {
	let n = ut(t, lt());
	P.isInitialized || (await P.init({
		lng: n,
		fallbackLng: F,
		ns: [],
		defaultNS: "shared",
		interpolation: { escapeValue: !1 }
	}), typeof document < "u" && (document.documentElement.lang = n === st ? F : n));
	let r = async (e, t) => {
		let r = await ct[`./locales/${e}/${t}.json`]?.();
		r !== void 0 && (P.addResourceBundle(e, t, r), n === st && P.addResourceBundle(st, t, ot(r)));
	}, i = n === F || n === st ? [F] : [F, n];
	await Promise.all(i.flatMap((t) => e.map((e) => r(t, e))));
}
function ft() {
	let e = new URLSearchParams(globalThis.location?.search ?? "").get("lang");
	return [...e === null ? [] : [e], ...globalThis.navigator?.languages ?? []];
}
function I(e) {
	return P.getFixedT(null, e);
}
function pt() {
	let e = P.language ?? F;
	return e === st ? F : e;
}
// src/kit/Viva.tsx
var mt = null;
function ht(e, t) {
	let { lang: n } = document.documentElement;
	return mt ??= dt(["shared", "candidate"], e === void 0 ? void 0 : [e]).then(() => {
		document.documentElement.lang = n, t !== void 0 && P.addResourceBundle(P.language, "candidate", t, !0, !0);
	}), mt;
}
function gt({ language: e, texts: t, children: n }) {
	let [r, i] = O(!1), [a, o] = O(null);
	return T(() => {
		let n = !0;
		return ht(e, t).then(() => n && i(!0)), () => {
			n = !1;
		};
	}, []), /* @__PURE__ */ A("div", {
		className: "viva",
		ref: o,
		lang: r ? pt() : void 0,
		children: r && a !== null && /* @__PURE__ */ A(nt, {
			getContainer: () => a,
			children: n
		})
	});
}
// node_modules/react-aria/dist/private/utils/chain.mjs
function _t(...e) {
	return (...t) => {
		for (let n of e) typeof n == "function" && n(...t);
	};
}
// node_modules/react-aria/dist/private/utils/useLayoutEffect.mjs
var L = typeof document < "u" ? b.useLayoutEffect : () => {}, vt = {
	prefix: String(Math.round(Math.random() * 1e10)),
	current: 0
}, yt = /*#__PURE__*/ b.createContext(vt), bt = /*#__PURE__*/ b.createContext(!1);
typeof window < "u" && window.document && window.document.createElement;
var xt = /* @__PURE__ */ new WeakMap();
function St(e = !1) {
	let t = w(yt), n = D(null);
	if (n.current === null && !e) {
		let e = b.__SECRET_INTERNALS_DO_NOT_USE_OR_YOU_WILL_BE_FIRED?.ReactCurrentOwner?.current;
		if (e) {
			let n = xt.get(e);
			n == null ? xt.set(e, {
				id: t.current,
				state: e.memoizedState
			}) : e.memoizedState !== n.state && (t.current = n.id, xt.delete(e));
		}
		n.current = ++t.current;
	}
	return n.current;
}
function Ct(e) {
	let t = w(yt), n = St(!!e), r = `react-aria${t.prefix}`;
	return e || `${r}-${n}`;
}
function wt(e) {
	let t = b.useId(), [n] = O(kt()), r = n ? "react-aria" : `react-aria${vt.prefix}`;
	return e || `${r}-${t}`;
}
var Tt = typeof b.useId == "function" ? wt : Ct;
function Et() {
	return !1;
}
function Dt() {
	return !0;
}
function Ot(e) {
	return () => {};
}
function kt() {
	return typeof b.useSyncExternalStore == "function" ? b.useSyncExternalStore(Ot, Et, Dt) : w(bt);
}
// node_modules/react-aria/dist/private/utils/useValueEffect.mjs
function At(e) {
	let [t, n] = O(e), r = D(t), i = D(null), a = D(() => {
		if (!i.current) return;
		let e = i.current.next();
		e.done ? i.current = null : r.current === e.value ? a.current() : n(e.value);
	});
	return L(() => {
		r.current = t, i.current && a.current();
	}), [t, C((e) => {
		i.current = e(r.current), a.current();
	}, [a])];
}
// node_modules/react-aria/dist/private/utils/useId.mjs
var jt = !!(typeof window < "u" && window.document && window.document.createElement), Mt = /* @__PURE__ */ new Map(), Nt;
typeof FinalizationRegistry < "u" && (Nt = new FinalizationRegistry((e) => {
	Mt.delete(e);
}));
var Pt = /* @__PURE__ */ new WeakMap();
function Ft(e) {
	let [t, n] = O(e), r = D(null), i = Tt(t), a = D(null), o = Pt.get(a);
	if (Nt && o !== i && (o != null && Nt.unregister(a), Nt.register(a, i, a), Pt.set(a, i)), jt) {
		let e = Mt.get(i);
		e && !e.includes(r) ? e.push(r) : Mt.set(i, [r]);
	}
	return L(() => {
		let e = i;
		return () => {
			Nt && (Nt.unregister(a), Pt.delete(a)), Mt.delete(e);
		};
	}, [i]), T(() => {
		let e = r.current;
		return e && n(e), () => {
			e && (r.current = null);
		};
	}), i;
}
function It(e, t) {
	if (e === t) return e;
	let n = Mt.get(e);
	if (n) return n.forEach((e) => e.current = t), t;
	let r = Mt.get(t);
	return r ? (r.forEach((t) => t.current = e), e) : t;
}
function Lt(e = []) {
	let t = Ft(), [n, r] = At(t), i = C(() => {
		r(function* () {
			yield t, yield document.getElementById(t) ? t : void 0;
		});
	}, [t, r]);
	return L(i, [
		t,
		i,
		...e
	]), n;
}
// node_modules/react-aria/dist/private/utils/mergeRefs.mjs
function Rt(...e) {
	return e.length === 1 && e[0] ? e[0] : (t) => {
		let n = !1, r = e.map((e) => {
			let r = zt(e, t);
			return n ||= typeof r == "function", r;
		});
		if (n) return () => {
			r.forEach((t, n) => {
				typeof t == "function" ? t() : zt(e[n], null);
			});
		};
	};
}
function zt(e, t) {
	if (typeof e == "function") return e(t);
	e != null && (e.current = t);
}
// node_modules/clsx/dist/clsx.mjs
function Bt(e) {
	var t, n, r = "";
	if (typeof e == "string" || typeof e == "number") r += e;
	else if (typeof e == "object") {
		if (Array.isArray(e)) {
			var i = e.length;
			for (t = 0; t < i; t++) e[t] && (n = Bt(e[t])) && (r && (r += " "), r += n);
		} else for (n in e) e[n] && (r && (r += " "), r += n);
	}
	return r;
}
function Vt() {
	for (var e, t, n = 0, r = "", i = arguments.length; n < i; n++) (e = arguments[n]) && (t = Bt(e)) && (r && (r += " "), r += t);
	return r;
}
// node_modules/react-aria/dist/private/utils/mergeProps.mjs
function R(...e) {
	let t = { ...e[0] };
	for (let n = 1; n < e.length; n++) {
		let r = e[n];
		for (let e in r) {
			let n = t[e], i = r[e];
			typeof n == "function" && typeof i == "function" && e[0] === "o" && e[1] === "n" && e.charCodeAt(2) >= 65 && e.charCodeAt(2) <= 90 ? t[e] = _t(n, i) : (e === "className" || e === "UNSAFE_className") && typeof n == "string" && typeof i == "string" ? t[e] = Vt(n, i) : e === "id" && n && i ? t.id = It(n, i) : e === "ref" && n && i ? t.ref = Rt(n, i) : t[e] = i === void 0 ? n : i;
		}
	}
	return t;
}
// node_modules/react-aria/dist/private/utils/useObjectRef.mjs
function Ht(e) {
	let t = D(null), n = D(void 0), r = C((t) => {
		if (typeof e == "function") {
			let n = e, r = n(t);
			return () => {
				typeof r == "function" ? r() : n(null);
			};
		}
		if (e) return e.current = t, () => {
			e.current = null;
		};
	}, [e]);
	return E(() => ({
		get current() {
			return t.current;
		},
		set current(e) {
			t.current = e, n.current &&= (n.current(), void 0), e != null && (n.current = r(e));
		}
	}), [r]);
}
// node_modules/react-aria-components/dist/private/utils.mjs
var Ut = Symbol("default");
function Wt({ values: e, children: t }) {
	for (let [n, r] of e) t = /*#__PURE__*/ b.createElement(n.Provider, { value: r }, t);
	return t;
}
function Gt(e) {
	let { className: t, style: n, children: r, defaultClassName: i, defaultChildren: a, defaultStyle: o, values: s, render: c } = e;
	return E(() => {
		let e, l, u;
		return e = typeof t == "function" ? t({
			...s,
			defaultClassName: i
		}) : t, l = typeof n == "function" ? n({
			...s,
			defaultStyle: o || {}
		}) : n, u = typeof r == "function" ? r({
			...s,
			defaultChildren: a
		}) : r ?? a, {
			className: e ?? i,
			style: l || o ? {
				...o,
				...l
			} : void 0,
			children: u ?? a,
			"data-rac": "",
			render: c ? (e) => c(e, s) : void 0
		};
	}, [
		t,
		n,
		r,
		i,
		a,
		o,
		s,
		c
	]);
}
function Kt(e, t) {
	let n = w(e);
	if (t === null) return null;
	if (n && typeof n == "object" && "slots" in n && n.slots) {
		let e = t || Ut;
		if (!n.slots[e]) {
			let e = new Intl.ListFormat().format(Object.keys(n.slots).map((e) => `"${e}"`)), r = t ? `Invalid slot "${t}".` : "A slot prop is required.";
			throw Error(`${r} Valid slot names are ${e}.`);
		}
		return n.slots[e];
	}
	return n;
}
function qt(e, t, n) {
	let { ref: r, ...i } = Kt(n, e.slot) || {}, a = Ht(E(() => Rt(t, r), [t, r])), o = R(i, e);
	return "style" in i && i.style && "style" in e && e.style && (o.style = typeof i.style == "function" || typeof e.style == "function" ? (t) => {
		let n = typeof i.style == "function" ? i.style(t) : i.style, r = {
			...t.defaultStyle,
			...n
		}, a = typeof e.style == "function" ? e.style({
			...t,
			defaultStyle: r
		}) : e.style;
		return {
			...r,
			...a
		};
	} : {
		...i.style,
		...e.style
	}), [o, a];
}
function Jt(e = !0) {
	let [t, n] = O(e), r = D(!1), i = C((e) => {
		r.current = !0, n(!!e);
	}, []);
	return L(() => {
		r.current || n(!1);
	}, []), [i, t];
}
function Yt(e) {
	let t = /^(data-.*)$/, n = {};
	for (let r in e) t.test(r) || (n[r] = e[r]);
	return n;
}
function Xt(e, t, n) {
	let { render: r, ...i } = t, a = D(null), o = E(() => Rt(n, a), [n, a]);
	L(() => {}, [e, r]);
	let s = {
		...i,
		ref: o
	};
	return r ? r(s, void 0) : /*#__PURE__*/ b.createElement(e, s);
}
var Zt = {}, Qt = new Proxy({}, { get(e, t) {
	if (typeof t != "string") return;
	let n = Zt[t];
	return n || (n = /*#__PURE__*/ S(Xt.bind(null, t)), Zt[t] = n), n;
} });
// node_modules/react-aria/dist/private/collections/Hidden.mjs
typeof HTMLTemplateElement < "u" && (Object.defineProperty(HTMLTemplateElement.prototype, "firstChild", {
	configurable: !0,
	enumerable: !0,
	get: function() {
		return this.content.firstChild;
	}
}), Object.defineProperty(HTMLTemplateElement.prototype, "appendChild", {
	configurable: !0,
	enumerable: !0,
	value: function(e) {
		return this.content.appendChild(e);
	}
}), Object.defineProperty(HTMLTemplateElement.prototype, "removeChild", {
	configurable: !0,
	enumerable: !0,
	value: function(e) {
		return this.content.removeChild(e);
	}
}), Object.defineProperty(HTMLTemplateElement.prototype, "insertBefore", {
	configurable: !0,
	enumerable: !0,
	value: function(e, t) {
		return this.content.insertBefore(e, t);
	}
}));
var $t = /*#__PURE__*/ x(!1);
function en(e) {
	let t = (t, n) => w($t) ? null : e(t, n);
	return t.displayName = e.displayName || e.name, S(t);
}
function tn() {
	return w($t);
}
// node_modules/react-aria-components/dist/private/Label.mjs
var nn = /*#__PURE__*/ x({}), rn = /* @__PURE__ */ new Set(["id"]), an = /* @__PURE__ */ new Set([
	"aria-label",
	"aria-labelledby",
	"aria-describedby",
	"aria-details"
]), on = /* @__PURE__ */ new Set([
	"href",
	"hrefLang",
	"target",
	"rel",
	"download",
	"ping",
	"referrerPolicy"
]), sn = /* @__PURE__ */ new Set([
	"dir",
	"lang",
	"hidden",
	"inert",
	"translate",
	"suppressHydrationWarning"
]), cn = /* @__PURE__ */ new Set(/* @__PURE__ */ "onClick.onAuxClick.onContextMenu.onDoubleClick.onMouseDown.onMouseEnter.onMouseLeave.onMouseMove.onMouseOut.onMouseOver.onMouseUp.onTouchCancel.onTouchEnd.onTouchMove.onTouchStart.onPointerDown.onPointerMove.onPointerUp.onPointerCancel.onPointerEnter.onPointerLeave.onPointerOver.onPointerOut.onGotPointerCapture.onLostPointerCapture.onScroll.onWheel.onAnimationStart.onAnimationEnd.onAnimationIteration.onTransitionCancel.onTransitionEnd.onTransitionRun.onTransitionStart".split(".")), ln = /^(data-.*)$/;
function z(e, t = {}) {
	let { labelable: n, isLink: r, global: i, events: a = i, propNames: o } = t, s = {};
	for (let t in e) Object.prototype.hasOwnProperty.call(e, t) && (rn.has(t) || n && an.has(t) || r && on.has(t) || i && sn.has(t) || a && (cn.has(t) || t.endsWith("Capture") && cn.has(t.slice(0, -7))) || o?.has(t) || ln.test(t)) && (s[t] = e[t]);
	return s;
}
// node_modules/react-aria/dist/private/utils/useLabels.mjs
function un(e, t) {
	let { id: n, "aria-label": r, "aria-labelledby": i } = e;
	return n = Ft(n), i && r ? i = [.../* @__PURE__ */ new Set([n, ...i.trim().split(/\s+/)])].join(" ") : i &&= i.trim().split(/\s+/).join(" "), !r && !i && t && (r = t), {
		id: n,
		"aria-label": r,
		"aria-labelledby": i
	};
}
// node_modules/react-aria/dist/private/label/useLabel.mjs
function dn(e) {
	let { id: t, label: n, "aria-labelledby": r, "aria-label": i, labelElementType: a = "label" } = e;
	t = Ft(t);
	let o = Ft(), s = {};
	n && (r = r ? `${o} ${r}` : o, s = {
		id: o,
		htmlFor: a === "label" ? t : void 0
	});
	let c = un({
		id: t,
		"aria-label": i,
		"aria-labelledby": r
	});
	return {
		labelProps: s,
		fieldProps: c
	};
}
// node_modules/react-aria/dist/private/i18n/utils.mjs
var fn = /* @__PURE__ */ new Set([
	"Arab",
	"Syrc",
	"Samr",
	"Mand",
	"Thaa",
	"Mend",
	"Nkoo",
	"Adlm",
	"Rohg",
	"Hebr"
]), pn = /* @__PURE__ */ new Set([
	"ae",
	"ar",
	"arc",
	"bcc",
	"bqi",
	"ckb",
	"dv",
	"fa",
	"glk",
	"he",
	"ku",
	"mzn",
	"nqo",
	"pnb",
	"ps",
	"sd",
	"ug",
	"ur",
	"yi"
]);
function mn(e) {
	if (Intl.Locale) {
		let t = new Intl.Locale(e).maximize(), n = typeof t.getTextInfo == "function" ? t.getTextInfo() : t.textInfo;
		if (n) return n.direction === "rtl";
		if (t.script) return fn.has(t.script);
	}
	let t = e.split("-")[0];
	return pn.has(t);
}
// node_modules/react-aria/dist/private/i18n/useDefaultLocale.mjs
var hn = Symbol.for("react-aria.i18n.locale");
function gn() {
	let e = typeof window < "u" && window[hn] || typeof navigator < "u" && (navigator.language || navigator.userLanguage) || "en-US";
	try {
		Intl.DateTimeFormat.supportedLocalesOf([e]);
	} catch {
		e = "en-US";
	}
	return {
		locale: e,
		direction: mn(e) ? "rtl" : "ltr"
	};
}
var _n = gn(), vn = /* @__PURE__ */ new Set();
function yn() {
	_n = gn();
	for (let e of vn) e(_n);
}
function bn() {
	let e = kt(), [t, n] = O(_n);
	return T(() => (vn.size === 0 && window.addEventListener("languagechange", yn), vn.add(n), () => {
		vn.delete(n), vn.size === 0 && window.removeEventListener("languagechange", yn);
	}), []), e ? {
		locale: typeof window < "u" && window[hn] || "en-US",
		direction: "ltr"
	} : t;
}
// node_modules/react-aria/dist/private/i18n/I18nProvider.mjs
var xn = /*#__PURE__*/ b.createContext(null);
function Sn() {
	let e = bn();
	return w(xn) || e;
}
// node_modules/@internationalized/number/dist/private/NumberFormatter.mjs
var Cn = /* @__PURE__ */ new Map(), wn = !1;
try {
	wn = new Intl.NumberFormat("de-DE", { signDisplay: "exceptZero" }).resolvedOptions().signDisplay === "exceptZero";
} catch {}
var Tn = class {
	constructor(e, t = {}) {
		this.numberFormatter = En(e, t), this.options = t;
	}
	format(e) {
		let t = "";
		return t = !wn && this.options.signDisplay != null ? Dn(this.numberFormatter, this.options.signDisplay, e) : this.numberFormatter.format(e), t;
	}
	formatToParts(e) {
		return this.numberFormatter.formatToParts(e);
	}
	formatRange(e, t) {
		if (typeof this.numberFormatter.formatRange == "function") return this.numberFormatter.formatRange(e, t);
		if (t < e) throw RangeError("End date must be >= start date");
		return `${this.format(e)} \u{2013} ${this.format(t)}`;
	}
	formatRangeToParts(e, t) {
		if (typeof this.numberFormatter.formatRangeToParts == "function") return this.numberFormatter.formatRangeToParts(e, t);
		if (t < e) throw RangeError("End date must be >= start date");
		let n = this.numberFormatter.formatToParts(e), r = this.numberFormatter.formatToParts(t);
		return [
			...n.map((e) => ({
				...e,
				source: "startRange"
			})),
			{
				type: "literal",
				value: " – ",
				source: "shared"
			},
			...r.map((e) => ({
				...e,
				source: "endRange"
			}))
		];
	}
	resolvedOptions() {
		let e = this.numberFormatter.resolvedOptions();
		return !wn && this.options.signDisplay != null && (e = {
			...e,
			signDisplay: this.options.signDisplay
		}), e;
	}
};
function En(e, t = {}) {
	let { numberingSystem: n } = t;
	n && e.includes("-nu-") && (e.includes("-u-") || (e += "-u-"), e += `-nu-${n}`);
	let r = e + (t ? Object.entries(t).sort((e, t) => e[0] < t[0] ? -1 : 1).join() : "");
	if (Cn.has(r)) return Cn.get(r);
	let i = new Intl.NumberFormat(e, t);
	return Cn.set(r, i), i;
}
function Dn(e, t, n) {
	if (t === "auto") return e.format(n);
	if (t === "never") return e.format(Math.abs(n));
	{
		let r = !1;
		if (t === "always" ? r = n > 0 || Object.is(n, 0) : t === "exceptZero" && (Object.is(n, -0) || Object.is(n, 0) ? n = Math.abs(n) : r = n > 0), r) {
			let t = e.format(-n), r = e.format(n), i = t.replace(r, "").replace(/\u200e|\u061C/, "");
			return [...i].length !== 1 && console.warn("@react-aria/i18n polyfill for NumberFormat signDisplay: Unsupported case"), t.replace(r, "!!!").replace(i, "+").replace("!!!", r);
		}
		return e.format(n);
	}
}
// node_modules/react-aria/dist/private/i18n/useNumberFormatter.mjs
function On(e = {}) {
	let { locale: t } = Sn();
	return E(() => new Tn(t, e), [t, e]);
}
// node_modules/react-stately/dist/private/utils/number.mjs
function kn(e, t = -Infinity, n = Infinity) {
	return Math.min(Math.max(e, t), n);
}
// node_modules/react-aria/dist/private/progress/useProgressBar.mjs
function An(e) {
	let { value: t = 0, minValue: n = 0, maxValue: r = 100, valueLabel: i, isIndeterminate: a, formatOptions: o = { style: "percent" } } = e, s = z(e, { labelable: !0 }), { labelProps: c, fieldProps: l } = dn({
		...e,
		labelElementType: "span"
	});
	t = kn(t, n, r);
	let u = r - n, d = u === 0 ? 0 : (t - n) / u, f = On(o);
	if (!a && !i) {
		let e = o.style === "percent" ? d : t;
		i = f.format(e);
	}
	return {
		progressBarProps: R(s, {
			...l,
			"aria-valuenow": a ? void 0 : t,
			"aria-valuemin": n,
			"aria-valuemax": r,
			"aria-valuetext": a ? void 0 : i,
			role: "progressbar"
		}),
		labelProps: c
	};
}
// node_modules/react-aria-components/dist/private/ProgressBar.mjs
var jn = /*#__PURE__*/ x(null), Mn = /*#__PURE__*/ S(function(e, t) {
	[e, t] = qt(e, t, jn);
	let { value: n = 0, minValue: r = 0, maxValue: i = 100, isIndeterminate: a = !1 } = e;
	n = kn(n, r, i);
	let [o, s] = Jt(!e["aria-label"] && !e["aria-labelledby"]), { progressBarProps: c, labelProps: l } = An({
		...e,
		label: s
	}), u = i - r, d;
	a || (d = u === 0 ? 0 : (n - r) / u * 100);
	let f = Gt({
		...e,
		defaultClassName: "react-aria-ProgressBar",
		values: {
			percentage: d,
			valueText: c["aria-valuetext"],
			isIndeterminate: a
		}
	}), p = z(e, { global: !0 });
	return /*#__PURE__*/ b.createElement(Qt.div, {
		...R(p, f, c),
		ref: t,
		slot: e.slot || void 0
	}, /*#__PURE__*/ b.createElement(nn.Provider, { value: {
		...l,
		ref: o,
		elementType: "span"
	} }, f.children));
}), Nn = 7e3, Pn = null;
function Fn(e, t = "assertive", n = Nn) {
	Pn ? Pn.announce(e, t, n) : (Pn = new In(), (typeof IS_REACT_ACT_ENVIRONMENT == "boolean" ? IS_REACT_ACT_ENVIRONMENT : typeof jest < "u") ? Pn.announce(e, t, n) : setTimeout(() => {
		Pn?.isAttached() && Pn?.announce(e, t, n);
	}, 100));
}
var In = class {
	constructor() {
		this.node = null, this.assertiveLog = null, this.politeLog = null, typeof document < "u" && (this.node = document.createElement("div"), this.node.dataset.liveAnnouncer = "true", Object.assign(this.node.style, {
			border: 0,
			clip: "rect(0 0 0 0)",
			clipPath: "inset(50%)",
			height: "1px",
			margin: "-1px",
			overflow: "hidden",
			padding: 0,
			position: "absolute",
			width: "1px",
			whiteSpace: "nowrap"
		}), this.assertiveLog = this.createLog("assertive"), this.node.appendChild(this.assertiveLog), this.politeLog = this.createLog("polite"), this.node.appendChild(this.politeLog), document.body.prepend(this.node));
	}
	isAttached() {
		return this.node?.isConnected;
	}
	createLog(e) {
		let t = document.createElement("div");
		return t.setAttribute("role", "log"), t.setAttribute("aria-live", e), t.setAttribute("aria-relevant", "additions"), t;
	}
	destroy() {
		this.node &&= (document.body.removeChild(this.node), null);
	}
	announce(e, t = "assertive", n = Nn) {
		if (!this.node) return;
		let r = document.createElement("div");
		typeof e == "object" ? (r.setAttribute("role", "img"), r.setAttribute("aria-labelledby", e["aria-labelledby"])) : r.textContent = e, t === "assertive" ? this.assertiveLog?.appendChild(r) : this.politeLog?.appendChild(r), e !== "" && setTimeout(() => {
			r.remove();
		}, n);
	}
	clear(e) {
		this.node && ((!e || e === "assertive") && this.assertiveLog && (this.assertiveLog.innerHTML = ""), (!e || e === "polite") && this.politeLog && (this.politeLog.innerHTML = ""));
	}
};
// node_modules/react-aria/dist/private/utils/focusWithoutScrolling.mjs
function Ln(e) {
	e.focus({ preventScroll: !0 });
}
// node_modules/react-aria/dist/private/utils/domHelpers.mjs
var B = (e) => zn(e) ? e.document : Bn(e) ? e : e?.ownerDocument ?? (typeof document < "u" ? document : void 0), V = (e) => B(e)?.defaultView ?? (typeof window < "u" ? window : void 0);
function Rn(e) {
	return typeof e == "object" && !!e && "nodeType" in e && typeof e.nodeType == "number";
}
function zn(e) {
	return typeof e == "object" && !!e && "window" in e && e.window === e;
}
function Bn(e) {
	return Rn(e) && e.nodeType === 9;
}
function Vn(e) {
	return Rn(e) && e.nodeType === 11 && "host" in e;
}
function Hn(e, t, n, r) {
	if (n == null || e == null) return () => {};
	let i = Array.isArray(e) ? e : [e];
	for (let e of i) e.addEventListener(t, n, r);
	return () => {
		for (let e of i) e.removeEventListener(t, n, r);
	};
}
function Un(e, t, n, r) {
	if (e == null) return () => {};
	let i = [], a = Array.isArray(e) ? e : [e];
	for (let e of a) {
		let a = e.style.getPropertyValue(t), o = e.style.getPropertyPriority(t);
		e.style.setProperty(t, n, r), i.unshift(() => {
			a ? e.style.setProperty(t, a, o) : e.style.removeProperty(t);
		});
	}
	return () => {
		for (let e of i) e();
	};
}
// node_modules/react-stately/dist/private/flags/flags.mjs
var Wn = !1;
function Gn() {
	return Wn;
}
// node_modules/react-aria/dist/private/utils/shadowdom/DOMFunctions.mjs
function H(e, t) {
	if (!Gn()) return t && e ? e.contains(t) : !1;
	if (!e || !t) return !1;
	let n = t;
	for (; n != null;) {
		if (n === e) return !0;
		n = typeof n.assignedElements != "function" && n.assignedSlot?.parentNode ? n.assignedSlot.parentNode : Vn(n) ? n.host : n.parentNode;
	}
	return !1;
}
var U = (e = document) => {
	if (!Gn()) return e.activeElement;
	let t = e.activeElement;
	for (; t && "shadowRoot" in t && t.shadowRoot?.activeElement;) t = t.shadowRoot.activeElement;
	return t;
};
function W(e) {
	if (Gn() && e.target instanceof Element && e.target.shadowRoot) {
		if ("composedPath" in e) return e.composedPath()[0] ?? null;
		if ("composedPath" in e.nativeEvent) return e.nativeEvent.composedPath()[0] ?? null;
	}
	return e.target;
}
function Kn(e) {
	if (!e) return !1;
	let t = e.getRootNode(), n = V(e);
	if (!(t instanceof n.Document || t instanceof n.ShadowRoot)) return !1;
	let r = t.activeElement;
	return r != null && e.contains(r);
}
// node_modules/react-aria/dist/private/utils/isElementVisible.mjs
var qn = typeof Element < "u" && "checkVisibility" in Element.prototype;
function Jn(e) {
	let t = V(e);
	if (!(e instanceof t.HTMLElement) && !(e instanceof t.SVGElement)) return !1;
	let { display: n, visibility: r } = e.style, i = n !== "none" && r !== "hidden" && r !== "collapse";
	if (i) {
		let { getComputedStyle: t } = V(e), { display: n, visibility: r } = t(e);
		i = n !== "none" && r !== "hidden" && r !== "collapse";
	}
	return i;
}
function Yn(e, t) {
	return !e.hasAttribute("hidden") && !e.hasAttribute("data-react-aria-prevent-focus") && (e.nodeName === "DETAILS" && t && t.nodeName !== "SUMMARY" ? e.hasAttribute("open") : !0);
}
function Xn(e, t) {
	return qn ? e.checkVisibility({ visibilityProperty: !0 }) && !e.closest("[data-react-aria-prevent-focus]") : e.nodeName !== "#comment" && Jn(e) && Yn(e, t) && (!e.parentElement || Xn(e.parentElement, e));
}
// node_modules/react-aria/dist/private/utils/isFocusable.mjs
var Zn = [
	"input:not([disabled]):not([type=hidden])",
	"select:not([disabled])",
	"textarea:not([disabled])",
	"button:not([disabled])",
	"a[href]",
	"area[href]",
	"summary",
	"iframe",
	"object",
	"embed",
	"audio[controls]",
	"video[controls]",
	"[contenteditable]:not([contenteditable^=\"false\"])",
	"permission"
], Qn = Zn.join(":not([hidden]),") + ",[tabindex]:not([disabled]):not([hidden])";
Zn.push("[tabindex]:not([tabindex=\"-1\"]):not([disabled])");
var $n = Zn.join(":not([hidden]):not([tabindex=\"-1\"]),");
function er(e, t) {
	return e.matches(Qn) && !nr(e) && (t?.skipVisibilityCheck || Xn(e));
}
function tr(e) {
	return e.matches($n) && Xn(e) && !nr(e);
}
function nr(e) {
	let t = e;
	for (; t != null;) {
		if (t instanceof V(t).HTMLElement && t.inert) return !0;
		t = t.parentElement;
	}
	return !1;
}
// node_modules/react-aria/dist/private/interactions/utils.mjs
function rr(e) {
	let t = e;
	return t.nativeEvent = e, t.isDefaultPrevented = () => t.defaultPrevented, t.isPropagationStopped = () => t.cancelBubble, t.persist = () => {}, t;
}
function ir(e, t) {
	Object.defineProperty(e, "target", { value: t }), Object.defineProperty(e, "currentTarget", { value: t });
}
function ar(e) {
	let t = D({
		isFocused: !1,
		observer: null
	});
	return L(() => {
		let e = t.current;
		return () => {
			e.observer &&= (e.observer.disconnect(), null);
		};
	}, []), C((n) => {
		let r = W(n);
		if (r instanceof HTMLButtonElement || r instanceof HTMLInputElement || r instanceof HTMLTextAreaElement || r instanceof HTMLSelectElement) {
			t.current.isFocused = !0;
			let n = r;
			n.addEventListener("focusout", (r) => {
				if (t.current.isFocused = !1, n.disabled) {
					let t = rr(r);
					e?.(t);
				}
				t.current.observer && (t.current.observer.disconnect(), t.current.observer = null);
			}, { once: !0 }), t.current.observer = new MutationObserver(() => {
				if (t.current.isFocused && n.disabled) {
					t.current.observer?.disconnect();
					let e = n === U() ? null : U();
					n.dispatchEvent(new FocusEvent("blur", { relatedTarget: e })), n.dispatchEvent(new FocusEvent("focusout", {
						bubbles: !0,
						relatedTarget: e
					}));
				}
			}), t.current.observer.observe(n, {
				attributes: !0,
				attributeFilter: ["disabled"]
			});
		}
	}, [e]);
}
var or = !1;
function sr(e) {
	for (; e && !er(e, { skipVisibilityCheck: !0 });) e = e.parentElement;
	let t = U(V(e).document);
	if (!t || t === e) return;
	let n = e?.getRootNode(), r = n != null && Vn(n) ? n : V(e), i = (t) => t === e || Rn(t) && H(e, t), a = (e) => e === t || t != null && Rn(e) && H(t, e);
	or = !0;
	let o = !1, s = (e) => {
		(a(W(e)) || o) && e.stopImmediatePropagation();
	}, c = (n) => {
		(a(W(n)) || o) && (n.stopImmediatePropagation(), !e && !o && (o = !0, Ln(t), d()));
	}, l = (e) => {
		(i(W(e)) || o) && e.stopImmediatePropagation();
	}, u = (e) => {
		(i(W(e)) || o) && (e.stopImmediatePropagation(), o || (o = !0, Ln(t), d()));
	};
	r.addEventListener("blur", s, !0), r.addEventListener("focusout", c, !0), r.addEventListener("focusin", u, !0), r.addEventListener("focus", l, !0);
	let d = () => {
		cancelAnimationFrame(f), r.removeEventListener("blur", s, !0), r.removeEventListener("focusout", c, !0), r.removeEventListener("focusin", u, !0), r.removeEventListener("focus", l, !0), or = !1, o = !1;
	}, f = requestAnimationFrame(d);
	return d;
}
// node_modules/react-aria/dist/private/utils/platform.mjs
function cr(e) {
	if (typeof window > "u" || window.navigator == null) return !1;
	let t = window.navigator.userAgentData?.brands;
	return Array.isArray(t) && t.some((t) => e.test(t.brand)) || e.test(window.navigator.userAgent);
}
function lr(e) {
	return typeof window < "u" && window.navigator != null && e.test(window.navigator.userAgentData?.platform || window.navigator.platform);
}
function ur(e) {
	let t = null;
	return () => (t ??= e(), t);
}
var dr = ur(function() {
	return lr(/^Mac/i);
}), fr = ur(function() {
	return lr(/^iPhone/i);
}), pr = ur(function() {
	return lr(/^iPad/i) || dr() && navigator.maxTouchPoints > 1;
}), mr = ur(function() {
	return fr() || pr();
}), hr = ur(function() {
	return cr(/AppleWebKit/i) && (mr() || !gr());
}), gr = ur(function() {
	return cr(/Chrome|CriOS|CrMo/i);
}), _r = ur(function() {
	return cr(/Android/i);
});
// node_modules/react-aria/dist/private/utils/isVirtualEvent.mjs
function vr(e) {
	return e.pointerType === "" && e.isTrusted ? !0 : _r() && e.pointerType ? e.type === "click" && e.buttons === 1 : e.detail === 0 && !e.pointerType;
}
function yr(e) {
	return !_r() && e.width === 0 && e.height === 0 || _r() && e.width === 1 && e.height === 1 && e.pressure === 0 && e.detail === 0 && e.pointerType === "mouse";
}
// node_modules/react-aria/dist/private/utils/openLink.mjs
function br(e, t, n = !0) {
	let { metaKey: r, ctrlKey: i, altKey: a, shiftKey: o } = t, s = hr() && dr() && !pr() ? new KeyboardEvent("keydown", {
		keyIdentifier: "Enter",
		metaKey: r,
		ctrlKey: i,
		altKey: a,
		shiftKey: o
	}) : new MouseEvent("click", {
		metaKey: r,
		ctrlKey: i,
		altKey: a,
		shiftKey: o,
		detail: 1,
		bubbles: !0,
		cancelable: !0
	});
	br.isOpening = n, Ln(e), e.dispatchEvent(s), br.isOpening = !1;
}
br.isOpening = !1;
// node_modules/react-aria/dist/private/interactions/useFocusVisible.mjs
var xr = null, Sr = /* @__PURE__ */ new Set(), Cr = /* @__PURE__ */ new Map(), wr = !1, Tr = !1, Er = {
	Tab: !0,
	Escape: !0
};
function Dr(e, t) {
	for (let n of Sr) n(e, t);
}
function Or(e) {
	return !(e.metaKey || !dr() && e.altKey || e.ctrlKey || e.key === "Control" || e.key === "Shift" || e.key === "Meta");
}
function kr(e) {
	wr = !0, !br.isOpening && Or(e) && (xr = "keyboard", Dr("keyboard", e));
}
function Ar(e) {
	xr = "pointer", "pointerType" in e && e.pointerType, (e.type === "mousedown" || e.type === "pointerdown") && (wr = !0, Dr("pointer", e));
}
function jr(e) {
	!br.isOpening && vr(e) && (wr = !0, xr = "virtual");
}
function Mr(e) {
	if (or) return;
	let t = W(e), n = V(t), r = B(t);
	t === n ? Tr = !0 : t !== r && e.isTrusted && (!wr && !Tr && (xr = "virtual", Dr("virtual", e)), wr = !1, Tr = !1);
}
function Nr() {
	or || (wr = !1, Tr = !0);
}
function Pr(e) {
	let t = U(B(W(e)));
	queueMicrotask(() => {
		U(B(W(e))) !== t && Br("keyboard");
	});
}
function Fr(e) {
	if (typeof window > "u" || typeof document > "u") return;
	let t = V(e), n = B(e);
	if (Cr.get(t)) return;
	let r = t.HTMLElement.prototype.focus;
	Reflect.defineProperty(t.HTMLElement.prototype, "focus", {
		configurable: !0,
		writable: !0,
		value: function() {
			wr = !0, r.apply(this, arguments);
		}
	}), n.addEventListener("keydown", kr, !0), n.addEventListener("keyup", kr, !0), n.addEventListener("click", jr, !0), n.addEventListener("invalid", Pr, !0), t.addEventListener("focus", Mr, !0), t.addEventListener("blur", Nr, !1), typeof PointerEvent < "u" && (n.addEventListener("pointerdown", Ar, !0), n.addEventListener("pointermove", Ar, !0), n.addEventListener("pointerup", Ar, !0)), t.addEventListener("beforeunload", () => {
		Ir(e);
	}, { once: !0 }), Cr.set(t, { focus: r });
}
var Ir = (e, t) => {
	let n = V(e), r = B(e);
	t && r.removeEventListener("DOMContentLoaded", t), Cr.has(n) && (Reflect.defineProperty(n.HTMLElement.prototype, "focus", {
		configurable: !0,
		writable: !0,
		value: Cr.get(n).focus
	}), r.removeEventListener("keydown", kr, !0), r.removeEventListener("keyup", kr, !0), r.removeEventListener("click", jr, !0), r.removeEventListener("invalid", Pr, !0), n.removeEventListener("focus", Mr, !0), n.removeEventListener("blur", Nr, !1), typeof PointerEvent < "u" && (r.removeEventListener("pointerdown", Ar, !0), r.removeEventListener("pointermove", Ar, !0), r.removeEventListener("pointerup", Ar, !0)), Cr.delete(n));
};
function Lr(e) {
	let t = B(e), n;
	return t.readyState === "loading" ? (n = () => {
		Fr(e);
	}, t.addEventListener("DOMContentLoaded", n)) : Fr(e), () => Ir(e, n);
}
typeof document < "u" && Lr();
function Rr() {
	return xr !== "pointer";
}
function zr() {
	return xr;
}
function Br(e) {
	xr = e, Dr(e, null);
}
var Vr = /* @__PURE__ */ new Set([
	"checkbox",
	"radio",
	"range",
	"color",
	"file",
	"image",
	"button",
	"submit",
	"reset"
]);
function Hr(e, t, n) {
	let r = n ? W(n) : void 0, i = B(r), a = V(r), o = a === void 0 ? HTMLInputElement : a.HTMLInputElement, s = a === void 0 ? HTMLTextAreaElement : a.HTMLTextAreaElement, c = a === void 0 ? HTMLElement : a.HTMLElement, l = a === void 0 ? KeyboardEvent : a.KeyboardEvent, u = U(i);
	return e = e || u instanceof o && !Vr.has(u.type) || u instanceof s || u instanceof c && u.isContentEditable, !(e && t === "keyboard" && n instanceof l && !Er[n.key]);
}
function Ur(e, t, n) {
	Fr(), T(() => {
		if (n?.enabled === !1) return;
		let t = (t, r) => {
			Hr(!!n?.isTextInput, t, r) && e(Rr());
		};
		return Sr.add(t), () => {
			Sr.delete(t);
		};
	}, t);
}
// node_modules/react-aria/dist/private/utils/runAfterTransition.mjs
var Wr = /* @__PURE__ */ new Map(), Gr = /* @__PURE__ */ new Set();
function Kr(e) {
	return "propertyName" in e;
}
function qr(e) {
	let t = W(e);
	if (!Kr(e) || !t) return;
	let n = Wr.get(t);
	n || (n = /* @__PURE__ */ new Set(), Wr.set(t, n), t.addEventListener("transitioncancel", Jr, { once: !0 })), n.add(e.propertyName);
}
function Jr(e) {
	let t = W(e);
	if (!Kr(e) || !t) return;
	let n = Wr.get(t);
	if (n && (n.delete(e.propertyName), n.size === 0 && (t.removeEventListener("transitioncancel", Jr), Wr.delete(t)), Wr.size === 0)) for (let e of Gr) e(!0), Gr.delete(e);
}
function Yr() {
	Hn(document, "transitionrun", qr), Hn(document, "transitionend", Jr);
}
function Xr() {
	for (let [e] of Wr) "isConnected" in e && !e.isConnected && Wr.delete(e);
}
typeof document < "u" && (document.readyState === "loading" ? Hn(document, "DOMContentLoaded", Yr) : Yr());
function Zr(e) {
	let t = window.requestAnimationFrame(() => {
		if (Xr(), Wr.size === 0) return e(!1);
		Gr.add(e);
	});
	return () => {
		window.cancelAnimationFrame(t), Gr.delete(e);
	};
}
// node_modules/react-aria/dist/private/interactions/focusSafely.mjs
function Qr(e) {
	if (!e.isConnected) return;
	let t = B(e);
	if (zr() === "virtual") {
		let n = U(t);
		Zr(() => {
			let r = U(t);
			(r === n || r === t.body) && e.isConnected && Ln(e);
		});
	} else Ln(e);
}
// node_modules/react-aria/dist/private/interactions/useFocus.mjs
function $r(e) {
	let { isDisabled: t, onFocus: n, onBlur: r, onFocusChange: i } = e, a = C((e) => {
		if (W(e) === e.currentTarget) return r && r(e), i && i(!1), !0;
	}, [r, i]), o = ar(a), s = C((e) => {
		let t = W(e), r = B(t), a = r ? U(r) : U();
		t === e.currentTarget && t === a && (n && n(e), i && i(!0), o(e));
	}, [
		i,
		n,
		o
	]);
	return { focusProps: {
		onFocus: !t && (n || i || r) ? s : void 0,
		onBlur: !t && (r || i) ? a : void 0
	} };
}
// node_modules/react-aria/dist/private/interactions/createEventHandler.mjs
function ei(e) {
	if (e) return (t) => {
		let n = !0;
		e({
			...t,
			preventDefault() {
				t.preventDefault();
			},
			isDefaultPrevented() {
				return t.isDefaultPrevented();
			},
			stopPropagation() {
				n = !0;
			},
			continuePropagation() {
				n = !1, typeof t.continuePropagation == "function" && t.continuePropagation();
			},
			isPropagationStopped() {
				return n;
			}
		}), n && !(typeof t.isPropagationStopped == "function" && t.isPropagationStopped()) && t.stopPropagation();
	};
}
// node_modules/react-aria/dist/private/interactions/createKeyboardShortcutHandler.mjs
var ti = /* @__PURE__ */ new Set([
	"shift",
	"alt",
	"control",
	"meta",
	"mod"
]), ni = [
	"Alt",
	"Control",
	"Meta",
	"Shift"
];
function ri(e) {
	let t = /* @__PURE__ */ new Set();
	return e.alt && t.add("Alt"), e.shift && t.add("Shift"), e.ctrl && t.add("Control"), e.meta && t.add("Meta"), e.mod && t.add(dr() ? "Meta" : "Control"), t;
}
function ii(e) {
	let t = /* @__PURE__ */ new Set();
	return e.altKey && t.add("Alt"), e.ctrlKey && t.add("Control"), e.metaKey && t.add("Meta"), e.shiftKey && t.add("Shift"), t;
}
function ai(e) {
	return ni.filter((t) => e.has(t));
}
function oi(e) {
	let t = e.split("+").reduce((e, t) => {
		let n = t.toLowerCase();
		return ti.has(n) ? n === "shift" ? e.shift = !0 : n === "alt" ? e.alt = !0 : n === "control" ? e.ctrl = !0 : n === "meta" ? e.meta = !0 : n === "mod" && (e.mod = !0) : e.key = t, e;
	}, {
		shift: !1,
		alt: !1,
		ctrl: !1,
		meta: !1,
		mod: !1,
		key: ""
	});
	if (t.key === "") throw Error(`Invalid keyboard shortcut: "${e}". Must include exactly one non-modifier key (e.g. "a", "Enter", "ArrowDown"). Combine any of Shift, Alt, Ctrl, Meta, and Mod.`);
	return t;
}
function si(e) {
	return e.toLowerCase();
}
var ci = {
	space: " ",
	esc: "escape",
	del: "delete",
	ins: "insert",
	left: "arrowleft",
	right: "arrowright",
	up: "arrowup",
	down: "arrowdown",
	pageup: "pageup",
	pagedown: "pagedown"
};
function li(e) {
	let t = si(e);
	return ci[t] ?? t;
}
function ui(e) {
	let t = ai(ri(e)), n = li(e.key);
	return t.length > 0 ? `${t.join("+")}+${n}` : n;
}
function di(e) {
	let t = ai(ii(e)), n = si(e.key);
	return (t.length > 0 ? `${t.join("+")}+` : "") + n;
}
function fi(e) {
	let t = /* @__PURE__ */ new Map();
	for (let [n, r] of Object.entries(e)) {
		let e = oi(n);
		t.set(ui(e), r);
	}
	return (e) => {
		let n = di(e), r = t.get(n), i = r?.(e);
		i === void 0 && r !== void 0 ? i = {
			shouldContinuePropagation: !1,
			shouldPreventDefault: !0
		} : typeof i == "boolean" && (i = {
			shouldContinuePropagation: !i,
			shouldPreventDefault: i
		}), i?.shouldPreventDefault && e.preventDefault(), (!r || i?.shouldContinuePropagation) && e.continuePropagation();
	};
}
// node_modules/react-aria/dist/private/interactions/useKeyboard.mjs
function pi(e) {
	let { shortcuts: t, allowRepeats: n = !1, allowComposing: r = !1 } = e, i, a;
	if (t) {
		let o = fi(t), s = ei((e) => {
			H(e.currentTarget, W(e)) ? e.nativeEvent?.repeat && !n || e.nativeEvent?.isComposing && !r ? e.continuePropagation() : o(e) : e.continuePropagation();
		}), c = ei((e) => {
			H(e.currentTarget, W(e)) && (e.nativeEvent?.repeat && !n || e.nativeEvent?.isComposing), e.continuePropagation();
		});
		i = e.onKeyDown ? _t(e.onKeyDown, s) : s, a = e.onKeyUp ? _t(e.onKeyUp, c) : c;
	} else i = ei(e.onKeyDown), a = ei(e.onKeyUp);
	return { keyboardProps: e.isDisabled ? {} : {
		onKeyDown: i,
		onKeyUp: a
	} };
}
// node_modules/react-aria/dist/private/utils/useSyncRef.mjs
function mi(e, t) {
	L(() => {
		if (e && e.ref && t) return e.ref.current = t.current, () => {
			e.ref && (e.ref.current = null);
		};
	});
}
// node_modules/react-aria/dist/private/interactions/useFocusable.mjs
var hi = /*#__PURE__*/ b.createContext(null);
function gi(e) {
	let t = w(hi) || {};
	mi(t, e);
	let { ref: n, ...r } = t;
	return r;
}
function _i(e, t) {
	let { focusProps: n } = $r(e), { keyboardProps: r } = pi(e), i = R(n, r), a = gi(t), o = e.isDisabled ? {} : a, s = D(e.autoFocus);
	T(() => {
		s.current && t.current && Qr(t.current), s.current = !1;
	}, [t]);
	let c = e.excludeFromTabOrder ? -1 : 0;
	return e.isDisabled && (c = void 0), { focusableProps: R({
		...i,
		tabIndex: c
	}, o) };
}
// node_modules/react-aria/dist/private/interactions/textSelection.mjs
var vi = "default", yi = "", bi = /* @__PURE__ */ new WeakMap();
function xi(e) {
	if (mr() && hr()) {
		if (vi === "default") {
			let t = B(e);
			yi = t.documentElement.style.webkitUserSelect, t.documentElement.style.webkitUserSelect = "none";
		}
		vi = "disabled";
	} else if (e instanceof HTMLElement || e instanceof SVGElement) {
		let t = "userSelect" in e.style ? "userSelect" : "webkitUserSelect";
		bi.set(e, e.style[t]), e.style[t] = "none";
	}
}
function Si(e) {
	if (mr() && hr()) {
		if (vi !== "disabled") return;
		vi = "restoring", setTimeout(() => {
			Zr(() => {
				if (vi === "restoring") {
					let t = B(e);
					t.documentElement.style.webkitUserSelect === "none" && (t.documentElement.style.webkitUserSelect = yi || ""), yi = "", vi = "default";
				}
			});
		}, 300);
	} else if ((e instanceof HTMLElement || e instanceof SVGElement) && e && bi.has(e)) {
		let t = bi.get(e), n = "userSelect" in e.style ? "userSelect" : "webkitUserSelect";
		e.style[n] === "none" && (e.style[n] = t), e.getAttribute("style") === "" && e.removeAttribute("style"), bi.delete(e);
	}
}
// node_modules/react-aria/dist/private/utils/getMetaValue.mjs
function Ci(e, t) {
	let n = V(t), r = B(t);
	if (r == null || n == null) return;
	let i, a = `meta[name="${CSS.escape(e)}"], meta[property="${CSS.escape(e)}"]`, o = r.querySelector(a);
	return o && o instanceof n.HTMLMetaElement && (e === "csp-nonce" && o.nonce && (i ??= o.nonce || void 0), o.content && (i ??= o.content || void 0)), e === "csp-nonce" && (i ??= n.__webpack_nonce__ || globalThis.__webpack_nonce__ || void 0), i;
}
// node_modules/react-aria/dist/private/utils/getNonce.mjs
var wi = /* @__PURE__ */ new WeakMap();
function Ti(e) {
	let t = B(e), n = wi.get(t);
	return n ??= Ci("csp-nonce", t), n !== void 0 && wi.set(t, n), n;
}
// node_modules/react-aria/dist/private/interactions/context.mjs
var Ei = b.createContext({ register: () => {} });
Ei.displayName = "PressResponderContext";
// node_modules/react-aria/dist/private/utils/useEffectEvent.mjs
var Di = b.useInsertionEffect ?? L;
function Oi(e) {
	let t = D(null);
	return Di(() => {
		t.current = e;
	}, [e]), C((...e) => {
		let n = t.current;
		return n?.(...e);
	}, []);
}
// node_modules/react-aria/dist/private/utils/useGlobalListeners.mjs
function ki() {
	let e = D(/* @__PURE__ */ new Map()), t = C((t, n, r, i) => {
		let a = i?.once ? (...t) => {
			e.current.delete(r), r(...t);
		} : r;
		e.current.set(r, {
			type: n,
			eventTarget: t,
			fn: a,
			options: i
		}), t.addEventListener(n, a, i);
	}, []), n = C((t, n, r, i) => {
		let a = e.current.get(r)?.fn || r;
		t.removeEventListener(n, a, i), e.current.delete(r);
	}, []), r = C(() => {
		e.current.forEach((e, t) => {
			n(e.eventTarget, e.type, t, e.options);
		});
	}, [n]);
	return T(() => r, [r]), {
		addGlobalListener: t,
		removeGlobalListener: n,
		removeAllGlobalListeners: r
	};
}
// node_modules/react-aria/dist/private/interactions/usePress.mjs
function Ai(e) {
	let t = w(Ei);
	if (t) {
		let { register: n, ref: r, ...i } = t;
		e = R(i, e), n();
	}
	return mi(t, e.ref), e;
}
var ji = class {
	#e;
	constructor(e, t, n, r) {
		this.#e = !0;
		let i = (r?.target ?? n.currentTarget)?.getBoundingClientRect(), a, o = 0, s, c = null;
		n.clientX != null && n.clientY != null && (s = n.clientX, c = n.clientY), i && (s != null && c != null ? (a = s - i.left, o = c - i.top) : (a = i.width / 2, o = i.height / 2)), this.type = e, this.pointerType = t, this.target = n.currentTarget, this.shiftKey = n.shiftKey, this.metaKey = n.metaKey, this.ctrlKey = n.ctrlKey, this.altKey = n.altKey, this.x = a, this.y = o, this.key = n.key;
	}
	continuePropagation() {
		this.#e = !1;
	}
	get shouldStopPropagation() {
		return this.#e;
	}
}, Mi = Symbol("linkClicked"), Ni = "react-aria-pressable-style", Pi = "data-react-aria-pressable";
function Fi(e) {
	let { onPress: t, onPressChange: n, onPressStart: r, onPressEnd: i, onPressUp: a, onClick: o, isDisabled: s, isPressed: c, preventFocusOnPress: l, shouldCancelOnPointerExit: u, allowTextSelectionOnPress: d, ref: f, ...p } = Ai(e), [m, h] = O(!1), g = D({
		isPressed: !1,
		ignoreEmulatedMouseEvents: !1,
		didFirePressStart: !1,
		isTriggeringEvent: !1,
		activePointerId: null,
		target: null,
		isOverTarget: !1,
		pointerType: null,
		disposables: []
	}), { addGlobalListener: _, removeAllGlobalListeners: v } = ki(), y = C((e, t) => {
		let i = g.current;
		if (s || i.didFirePressStart) return !1;
		let a = !0;
		if (i.isTriggeringEvent = !0, r) {
			let n = new ji("pressstart", t, e);
			r(n), a = n.shouldStopPropagation;
		}
		return n && n(!0), i.isTriggeringEvent = !1, i.didFirePressStart = !0, h(!0), a;
	}, [
		s,
		r,
		n
	]), b = C((e, r, a = !0) => {
		let o = g.current;
		if (!o.didFirePressStart) return !1;
		o.didFirePressStart = !1, o.isTriggeringEvent = !0;
		let c = !0;
		if (i) {
			let t = new ji("pressend", r, e);
			i(t), c = t.shouldStopPropagation;
		}
		if (n && n(!1), h(!1), t && a && !s) {
			let n = new ji("press", r, e);
			t(n), c &&= n.shouldStopPropagation;
		}
		return o.isTriggeringEvent = !1, c;
	}, [
		s,
		i,
		n,
		t
	]), x = Oi(b), S = Oi(C((e, t) => {
		let n = g.current;
		if (s) return !1;
		if (a) {
			n.isTriggeringEvent = !0;
			let r = new ji("pressup", t, e);
			return a(r), n.isTriggeringEvent = !1, r.shouldStopPropagation;
		}
		return !0;
	}, [s, a])), w = C((e) => {
		let t = g.current;
		if (t.isPressed && t.target) {
			t.didFirePressStart && t.pointerType != null && b(Ri(t.target, e), t.pointerType, !1), t.isPressed = !1, t.isOverTarget = !1, t.activePointerId = null, t.pointerType = null, v(), d || Si(t.target);
			for (let e of t.disposables) e();
			t.disposables = [];
		}
	}, [
		d,
		v,
		b
	]), ee = Oi(w);
	T(() => {
		s && g.current.isPressed && ee({
			currentTarget: g.current.target,
			shiftKey: !1,
			ctrlKey: !1,
			metaKey: !1,
			altKey: !1
		});
	}, [s]);
	let te = C((e) => {
		u && w(e);
	}, [u, w]), ne = C((e) => {
		s || o?.(e);
	}, [s, o]), k = C((e, t) => {
		if (!s && o) {
			let n = new MouseEvent("click", e);
			ir(n, t), o(rr(n));
		}
	}, [s, o]), A = E(() => {
		let e = g.current, t = {
			onKeyDown(t) {
				if (Li(t.nativeEvent, t.currentTarget) && H(t.currentTarget, W(t))) {
					Bi(W(t), t.key) && t.preventDefault();
					let r = !0;
					!e.isPressed && !t.repeat && (e.target = t.currentTarget, e.isPressed = !0, e.pointerType = "keyboard", r = y(t, "keyboard"));
					let i = t.currentTarget;
					_(B(t.currentTarget), "keyup", _t((t) => {
						Li(t, i) && !t.repeat && H(i, W(t)) && e.target && S(Ri(e.target, t), "keyboard");
					}, n), !0), r && t.stopPropagation(), t.metaKey && dr() && e.metaKeyEvents?.set(t.key, t.nativeEvent);
				} else t.key === "Meta" && (e.metaKeyEvents = /* @__PURE__ */ new Map());
			},
			onClick(t) {
				if ((!t || H(t.currentTarget, W(t))) && t && t.button === 0 && !e.isTriggeringEvent && !br.isOpening) {
					let n = !0;
					if (s && t.preventDefault(), !e.ignoreEmulatedMouseEvents && !e.isPressed && (e.pointerType === "virtual" || vr(t.nativeEvent))) {
						let e = y(t, "virtual"), r = S(t, "virtual"), i = x(t, "virtual");
						ne(t), n = e && r && i;
					} else if (e.isPressed && e.pointerType !== "keyboard") {
						let r = e.pointerType || t.nativeEvent.pointerType || "virtual", i = S(Ri(t.currentTarget, t), r), a = x(Ri(t.currentTarget, t), r, !0);
						n = i && a, e.isOverTarget = !1, ne(t), ee(t);
					}
					e.ignoreEmulatedMouseEvents = !1, n && t.stopPropagation();
				}
			}
		}, n = (t) => {
			if (e.isPressed && e.target && Li(t, e.target)) {
				Bi(W(t), t.key) && t.preventDefault();
				let n = W(t), r = H(e.target, n);
				x(Ri(e.target, t), "keyboard", r), r && k(t, e.target), v(), t.key !== "Enter" && Ii(e.target) && H(e.target, n) && !t[Mi] && (t[Mi] = !0, br(e.target, t, !1)), e.isPressed = !1, e.metaKeyEvents?.delete(t.key);
			} else if (t.key === "Meta" && e.metaKeyEvents?.size) {
				let t = e.metaKeyEvents;
				e.metaKeyEvents = void 0;
				for (let n of t.values()) e.target?.dispatchEvent(new KeyboardEvent("keyup", n));
			}
		};
		if (typeof PointerEvent < "u") {
			t.onPointerDown = (t) => {
				if (t.button !== 0 || !H(t.currentTarget, W(t))) return;
				if (yr(t.nativeEvent)) {
					e.pointerType = "virtual";
					return;
				}
				e.pointerType = t.pointerType;
				let i = !0;
				if (!e.isPressed) {
					e.isPressed = !0, e.isOverTarget = !0, e.activePointerId = t.pointerId, e.target = t.currentTarget, d || xi(e.target), i = y(t, e.pointerType);
					let a = W(t);
					"releasePointerCapture" in a && ("hasPointerCapture" in a ? a.hasPointerCapture(t.pointerId) && a.releasePointerCapture(t.pointerId) : a.releasePointerCapture(t.pointerId)), _(B(t.currentTarget), "pointerup", n, !1), _(B(t.currentTarget), "pointercancel", r, !1);
				}
				i && t.stopPropagation();
			}, t.onMouseDown = (t) => {
				if (H(t.currentTarget, W(t)) && t.button === 0) {
					if (l) {
						let n = sr(t.target);
						n && e.disposables.push(n);
					}
					t.stopPropagation();
				}
			}, t.onPointerUp = (t) => {
				H(t.currentTarget, W(t)) && e.pointerType !== "virtual" && t.button === 0 && !e.isPressed && S(t, e.pointerType || t.pointerType);
			}, t.onPointerEnter = (t) => {
				t.pointerId === e.activePointerId && e.target && !e.isOverTarget && e.pointerType != null && (e.isOverTarget = !0, y(Ri(e.target, t), e.pointerType));
			}, t.onPointerLeave = (t) => {
				t.pointerId === e.activePointerId && e.target && e.isOverTarget && e.pointerType != null && (e.isOverTarget = !1, x(Ri(e.target, t), e.pointerType, !1), te(t));
			};
			let n = (t) => {
				if (t.pointerId === e.activePointerId && e.isPressed && t.button === 0 && e.target) {
					if (H(e.target, W(t)) && e.pointerType != null) {
						let n = !1, r = setTimeout(() => {
							e.isPressed && e.target instanceof HTMLElement && (n ? ee(t) : (Ln(e.target), e.target.click()));
						}, 80);
						_(t.currentTarget, "click", () => n = !0, !0), e.disposables.push(() => clearTimeout(r));
					} else ee(t);
					e.isOverTarget = !1;
				}
			}, r = (e) => {
				ee(e);
			};
			t.onDragStart = (e) => {
				H(e.currentTarget, W(e)) && ee(e);
			};
		}
		return t;
	}, [
		_,
		s,
		l,
		v,
		d,
		te,
		y,
		ne,
		k
	]);
	return T(() => {
		if (!f) return;
		let e = B(f.current);
		if (!e || !e.head || e.getElementById(Ni)) return;
		let t = e.createElement("style");
		t.id = Ni;
		let n = Ti(e);
		n && (t.nonce = n), t.textContent = `
@layer {
  [${Pi}] {
    touch-action: pan-x pan-y pinch-zoom;
  }
}
    `.trim(), e.head.prepend(t);
	}, [f]), T(() => {
		let e = g.current;
		return () => {
			d || Si(e.target ?? void 0);
			for (let t of e.disposables) t();
			e.disposables = [];
		};
	}, [d]), {
		isPressed: c || m,
		pressProps: R(p, A, { [Pi]: !0 })
	};
}
function Ii(e) {
	return e.tagName === "A" && e.hasAttribute("href");
}
function Li(e, t) {
	let { key: n, code: r } = e, i = t, a = i.getAttribute("role");
	return (n === "Enter" || n === " " || n === "Spacebar" || r === "Space") && !(i instanceof V(i).HTMLInputElement && !Hi(i, n) || i instanceof V(i).HTMLTextAreaElement || i.isContentEditable) && !((a === "link" || !a && Ii(i)) && n !== "Enter");
}
function Ri(e, t) {
	let n = t.clientX, r = t.clientY;
	return {
		currentTarget: e,
		shiftKey: t.shiftKey,
		ctrlKey: t.ctrlKey,
		metaKey: t.metaKey,
		altKey: t.altKey,
		clientX: n,
		clientY: r,
		key: t.key
	};
}
function zi(e) {
	return e instanceof HTMLInputElement ? !1 : e instanceof HTMLButtonElement ? e.type !== "submit" && e.type !== "reset" : !Ii(e);
}
function Bi(e, t) {
	return dr() && t === "Enter" ? !1 : e instanceof HTMLInputElement ? t === "Enter" && (e.type === "checkbox" || e.type === "radio") ? !1 : !Hi(e, t) : zi(e);
}
var Vi = /* @__PURE__ */ new Set([
	"checkbox",
	"radio",
	"range",
	"color",
	"file",
	"image",
	"button",
	"submit",
	"reset"
]);
function Hi(e, t) {
	return e.type === "checkbox" || e.type === "radio" ? t === " " : Vi.has(e.type);
}
// node_modules/react-aria/dist/private/button/useButton.mjs
function Ui(e, t) {
	let { elementType: n = "button", isDisabled: r, onPress: i, onPressStart: a, onPressEnd: o, onPressUp: s, onPressChange: c, preventFocusOnPress: l, allowFocusWhenDisabled: u, onClick: d, href: f, target: p, rel: m, type: h = "button" } = e, g;
	g = n === "button" ? {
		type: h,
		disabled: r,
		form: e.form,
		formAction: e.formAction,
		formEncType: e.formEncType,
		formMethod: e.formMethod,
		formNoValidate: e.formNoValidate,
		formTarget: e.formTarget,
		name: e.name,
		value: e.value
	} : {
		role: "button",
		href: n === "a" && !r ? f : void 0,
		target: n === "a" ? p : void 0,
		type: n === "input" ? h : void 0,
		disabled: n === "input" ? r : void 0,
		"aria-disabled": !r || n === "input" ? void 0 : r,
		rel: n === "a" ? m : void 0
	};
	let { pressProps: _, isPressed: v } = Fi({
		onPressStart: a,
		onPressEnd: o,
		onPressChange: c,
		onPress: i,
		onPressUp: s,
		onClick: d,
		isDisabled: r,
		preventFocusOnPress: l,
		ref: t
	}), { focusableProps: y } = _i(e, t);
	u && (y.tabIndex = r ? -1 : y.tabIndex);
	let b = R(y, _, z(e, { labelable: !0 }));
	return {
		isPressed: v,
		buttonProps: R(g, b, {
			"aria-haspopup": e["aria-haspopup"],
			"aria-expanded": e["aria-expanded"],
			"aria-controls": e["aria-controls"],
			"aria-pressed": e["aria-pressed"],
			"aria-current": e["aria-current"],
			"aria-disabled": e["aria-disabled"]
		})
	};
}
// node_modules/react-aria/dist/private/interactions/useFocusWithin.mjs
function Wi(e) {
	let { isDisabled: t, onBlurWithin: n, onFocusWithin: r, onFocusWithinChange: i } = e, a = D({ isFocusWithin: !1 }), { addGlobalListener: o, removeAllGlobalListeners: s } = ki(), c = C((e) => {
		H(e.currentTarget, W(e)) && a.current.isFocusWithin && !H(e.currentTarget, e.relatedTarget) && (a.current.isFocusWithin = !1, s(), n && n(e), i && i(!1));
	}, [
		n,
		i,
		a,
		s
	]), l = ar(c), u = C((e) => {
		if (!H(e.currentTarget, W(e))) return;
		let t = W(e), n = B(t), s = U(n);
		if (!a.current.isFocusWithin && s === t) {
			r && r(e), i && i(!0), a.current.isFocusWithin = !0, l(e);
			let t = e.currentTarget;
			o(n, "focus", (e) => {
				let r = W(e);
				if (a.current.isFocusWithin && !H(t, r)) {
					let e = new n.defaultView.FocusEvent("blur", { relatedTarget: r });
					ir(e, t);
					let i = rr(e);
					c(i);
				}
			}, { capture: !0 });
		}
	}, [
		r,
		i,
		l,
		o,
		c
	]);
	return t ? { focusWithinProps: {
		onFocus: void 0,
		onBlur: void 0
	} } : { focusWithinProps: {
		onFocus: u,
		onBlur: c
	} };
}
// node_modules/react-aria/dist/private/focus/useFocusRing.mjs
function Gi(e = {}) {
	let { autoFocus: t = !1, isTextInput: n, within: r } = e, i = D({
		isFocused: !1,
		isFocusVisible: t || Rr()
	}), [a, o] = O(!1), [s, c] = O(() => i.current.isFocused && i.current.isFocusVisible), l = C(() => c(i.current.isFocused && i.current.isFocusVisible), []), u = C((e) => {
		i.current.isFocused = e, i.current.isFocusVisible = Rr(), o(e), l();
	}, [l]);
	Ur((e) => {
		i.current.isFocusVisible = e, l();
	}, [n, a], {
		enabled: a,
		isTextInput: n
	});
	let { focusProps: d } = $r({
		isDisabled: r,
		onFocusChange: u
	}), { focusWithinProps: f } = Wi({
		isDisabled: !r,
		onFocusWithinChange: u
	});
	return {
		isFocused: a,
		isFocusVisible: s,
		focusProps: r ? f : d
	};
}
// node_modules/react-aria/dist/private/interactions/useHover.mjs
var Ki = !1, qi = 0;
function Ji() {
	Ki = !0, setTimeout(() => {
		Ki = !1;
	}, 500);
}
function Yi(e) {
	e.pointerType === "touch" && Ji();
}
function Xi() {
	let e = B(null);
	if (e !== void 0) return qi === 0 && typeof PointerEvent < "u" && e.addEventListener("pointerup", Yi), qi++, () => {
		qi--, qi > 0 || typeof PointerEvent < "u" && e.removeEventListener("pointerup", Yi);
	};
}
function Zi(e) {
	let { onHoverStart: t, onHoverChange: n, onHoverEnd: r, isDisabled: i } = e, [a, o] = O(!1), s = D({
		isHovered: !1,
		ignoreEmulatedMouseEvents: !1,
		pointerType: "",
		target: null
	}).current;
	T(Xi, []);
	let { addGlobalListener: c, removeAllGlobalListeners: l } = ki(), { hoverProps: u, triggerHoverEnd: d } = E(() => {
		let e = (e, r) => {
			if (s.pointerType = r, i || r === "touch" || s.isHovered || !H(e.currentTarget, W(e))) return;
			s.isHovered = !0;
			let l = e.currentTarget;
			s.target = l, c(B(W(e)), "pointerover", (e) => {
				s.isHovered && s.target && !H(s.target, W(e)) && a(e, e.pointerType);
			}, { capture: !0 }), t && t({
				type: "hoverstart",
				target: l,
				pointerType: r
			}), n && n(!0), o(!0);
		}, a = (e, t) => {
			let i = s.target;
			s.pointerType = "", s.target = null, t !== "touch" && s.isHovered && i && (s.isHovered = !1, l(), r && r({
				type: "hoverend",
				target: i,
				pointerType: t
			}), n && n(!1), o(!1));
		}, u = {};
		return typeof PointerEvent < "u" && (u.onPointerEnter = (t) => {
			Ki && t.pointerType === "mouse" || e(t, t.pointerType);
		}, u.onPointerLeave = (e) => {
			!i && H(e.currentTarget, W(e)) && a(e, e.pointerType);
		}), {
			hoverProps: u,
			triggerHoverEnd: a
		};
	}, [
		t,
		n,
		r,
		i,
		s,
		c,
		l
	]);
	return T(() => {
		i && d({ currentTarget: s.target }, s.pointerType);
	}, [i]), {
		hoverProps: u,
		isHovered: a
	};
}
// node_modules/react-aria-components/dist/private/Button.mjs
var Qi = /*#__PURE__*/ x({}), G = /*#__PURE__*/ en(function(e, t) {
	[e, t] = qt(e, t, Qi);
	let n = e, { isPending: r } = n, { buttonProps: i, isPressed: a } = Ui(e, t);
	i = ea(i, r);
	let { focusProps: o, isFocused: s, isFocusVisible: c } = Gi(e), { hoverProps: l, isHovered: u } = Zi({
		...e,
		isDisabled: e.isDisabled || r
	}), d = {
		isHovered: u,
		isPressed: (n.isPressed || a) && !r,
		isFocused: s,
		isFocusVisible: c,
		isDisabled: e.isDisabled || !1,
		isPending: r ?? !1
	}, f = Gt({
		...e,
		values: d,
		defaultClassName: "react-aria-Button"
	}), p = Ft(i.id), m = Ft(), h = i["aria-labelledby"];
	r && (h ? h = `${h} ${m}` : i["aria-label"] && (h = `${p} ${m}`));
	let g = D(r);
	T(() => {
		let e = { "aria-labelledby": h || p };
		(!g.current && s && r || g.current && s && !r) && Fn(e, "assertive"), g.current = r;
	}, [
		r,
		s,
		h,
		p
	]);
	let _ = z(e, { global: !0 });
	return delete _.onClick, /*#__PURE__*/ b.createElement(Qt.button, {
		...R(_, f, i, o, l),
		type: i.type === "submit" && r ? "button" : i.type,
		id: p,
		ref: t,
		"aria-labelledby": h,
		slot: e.slot || void 0,
		"aria-disabled": r ? "true" : i["aria-disabled"],
		"data-disabled": e.isDisabled || void 0,
		"data-pressed": d.isPressed || void 0,
		"data-hovered": u || void 0,
		"data-focused": s || void 0,
		"data-pending": r || void 0,
		"data-focus-visible": c || void 0
	}, /*#__PURE__*/ b.createElement(jn.Provider, { value: { id: m } }, f.children));
}), $i = /Focus|Blur|Hover|Pointer(Enter|Leave|Over|Out)|Mouse(Enter|Leave|Over|Out)/;
function ea(e, t) {
	if (t) {
		for (let t in e) t.startsWith("on") && !$i.test(t) && (e[t] = void 0);
		e.href = void 0, e.target = void 0;
	}
	return e;
}
// src/ui/Icon.tsx
var ta = {
	wave: "M4 10v4M8 6v12M12 9v6M16 4v16M20 10v4",
	microphone: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3ZM5 11a7 7 0 0 0 14 0M12 18v3",
	microphoneOff: "M9 6a3 3 0 0 1 6 0v5M9 9v2a3 3 0 0 0 4 3M5 11a7 7 0 0 0 11 6M19 11a7 7 0 0 1-1 3M12 18v3M3 3l18 18",
	speaker: "M4 9v6h4l5 4V5L8 9H4ZM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11",
	camera: "M3 7h12v10H3ZM15 11l6-4v10l-6-4",
	cameraOff: "M7 7h8v6M15 11l6-4v10l-4-3M15 17H3V7M3 3l18 18",
	screen: "M3 5h18v11H3ZM8 20h8M12 16v4M9 11l3-3 3 3M12 8v6",
	chat: "M4 5h16v11H11l-5 4v-4H4Z",
	people: "M9 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM3 19a6 6 0 0 1 12 0M16 6a3 3 0 0 1 0 5M17 14a5 5 0 0 1 4 5",
	file: "M6 3h8l5 5v13H6ZM14 3v5h5",
	devices: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
	copy: "M9 9h11v11H9ZM5 15H4V4h11v1",
	close: "M5 5l14 14M19 5 5 19",
	clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7v5l3 2",
	check: "M4 12.5 10 18 20 6",
	info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 11v6M12 7.5v.5",
	warning: "M12 4 2.5 20h19L12 4ZM12 10v5M12 17.5v.5",
	dots: "M5 12h.01M12 12h.01M19 12h.01",
	link: "M5 12a7 7 0 0 1 7-7M19 12a7 7 0 0 1-7 7M12 5l-2.5-2.5M12 5l-2.5 2.5M12 19l2.5 2.5M12 19l2.5-2.5",
	repeat: "M4 12a8 8 0 0 1 13.7-5.6L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.6L4 15.5M4 20v-4.5h4.5",
	keyboard: "M3 6h18v12H3ZM7 10h.01M11 10h.01M15 10h.01M8 14h8",
	help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.5v.5",
	captions: "M3 5h18v14H3ZM7 11h4M7 15h2M14 11h3M12 15h5",
	person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4 21a8 8 0 0 1 16 0",
	leave: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
	down: "M6 9l6 6 6-6",
	up: "M6 15l6-6 6 6",
	plus: "M12 5v14M5 12h14",
	trash: "M5 7h14M10 4h4M7 7l1 13h8l1-13M10 11v5M14 11v5",
	mail: "M3 6h18v12H3ZM3 7l9 6 9-6",
	save: "M12 4v11M7 11l5 5 5-5M5 20h14",
	pencil: "M4 20l1-4L16 5l3 3L8 19ZM14 7l3 3",
	play: "M7 4.5v15l12-7.5Z",
	pause: "M8 5v14M16 5v14",
	back: "M11 7l-6 5 6 5ZM19 7l-6 5 6 5Z",
	forward: "M13 7l6 5-6 5ZM5 7l6 5-6 5Z",
	previous: "M18 6l-9 6 9 6ZM6 6v12",
	next: "M6 6l9 6-9 6ZM18 6v12",
	speakerOff: "M4 9v6h4l5 4V5L8 9H4ZM17 9l5 6M22 9l-5 6",
	minus: "M5 12h14",
	bolt: "M13 3 6 13h5l-1 8 8-11h-6Z",
	chain: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1"
};
function K({ name: e }) {
	return /* @__PURE__ */ A("svg", {
		className: "icon",
		viewBox: "0 0 24 24",
		"aria-hidden": "true",
		focusable: "false",
		children: /* @__PURE__ */ A("path", { d: ta[e] })
	});
}
// src/ui/format.ts
function na(e) {
	let t = Math.max(0, Math.floor(e / 1e3)), n = (e) => String(e).padStart(2, "0"), r = Math.floor(t / 3600), i = Math.floor(t / 60) % 60, a = n(t % 60);
	return r > 0 ? `${r}:${n(i)}:${a}` : `${i}:${a}`;
}
// src/components/Captions.tsx
var ra = [
	"normal",
	"large",
	"largest"
], ia = 60;
function aa({ items: e, settings: t, onSettings: n, savedUpToHere: r = !1 }) {
	let i = I("candidate");
	return /* @__PURE__ */ j("section", {
		"aria-labelledby": "captions-title",
		className: "captions-section",
		children: [/* @__PURE__ */ j("div", {
			className: "captions-head",
			children: [/* @__PURE__ */ A("h2", {
				id: "captions-title",
				children: i("captions.title")
			}), /* @__PURE__ */ A(oa, {
				settings: t,
				onSettings: n
			})]
		}), t.shown ? /* @__PURE__ */ A(sa, {
			items: e,
			size: t.size,
			savedUpToHere: r
		}) : /* @__PURE__ */ A("p", {
			className: "quiet",
			"data-testid": "captions-hidden",
			children: i("captions.hidden")
		})]
	});
}
function oa({ settings: e, onSettings: t }) {
	let n = I("candidate");
	return /* @__PURE__ */ j("div", {
		className: "captions-settings",
		children: [e.shown && /* @__PURE__ */ j("label", { children: [/* @__PURE__ */ A("span", {
			className: "hidden",
			children: n("captions.size")
		}), /* @__PURE__ */ A("select", {
			value: e.size,
			onChange: (n) => t({
				...e,
				size: n.target.value
			}),
			"data-testid": "captions-size",
			children: ra.map((e) => /* @__PURE__ */ A("option", {
				value: e,
				children: n(`captions.sizes.${e}`)
			}, e))
		})] }), /* @__PURE__ */ j(G, {
			className: "button small",
			onPress: () => t({
				...e,
				shown: !e.shown
			}),
			"data-testid": "captions-toggle",
			children: [
				/* @__PURE__ */ A(K, { name: "captions" }),
				" ",
				e.shown ? n("captions.hide") : n("captions.show")
			]
		})]
	});
}
function sa({ items: e, size: t, savedUpToHere: n }) {
	let r = I("candidate"), i = D(null), a = D(!0);
	T(() => {
		let e = i.current;
		e && a.current && (e.scrollTop = e.scrollHeight);
	}, [
		e,
		t,
		n
	]);
	let o = () => {
		let e = i.current;
		e !== null && (a.current = e.scrollHeight - e.scrollTop - e.clientHeight < ia);
	}, s = e.filter((e) => e.state !== "interim"), c = e.filter((e) => e.state === "interim" && e.content !== "");
	return /* @__PURE__ */ j("div", {
		ref: i,
		className: "captions",
		role: "group",
		tabIndex: 0,
		"aria-labelledby": "captions-title",
		onScroll: o,
		"data-testid": "captions",
		"data-size": t,
		children: [
			e.length === 0 && /* @__PURE__ */ A("p", {
				className: "quiet",
				children: r("captions.empty")
			}),
			/* @__PURE__ */ A("div", {
				role: "log",
				"aria-live": "polite",
				"aria-relevant": "additions",
				"aria-label": r("captions.log"),
				children: s.map((e) => /* @__PURE__ */ A(ca, { item: e }, e.item_id))
			}),
			n && s.length > 0 && /* @__PURE__ */ j("p", {
				className: "saved-mark",
				"data-testid": "saved-mark",
				children: [
					/* @__PURE__ */ A(K, { name: "check" }),
					" ",
					r("trouble.saved")
				]
			}),
			/* @__PURE__ */ A("div", {
				"aria-live": "off",
				children: c.map((e) => /* @__PURE__ */ A(ca, { item: e }, e.item_id))
			})
		]
	});
}
function ca({ item: e }) {
	let t = I("candidate"), n = e.role === "assistant" ? e.generated_content ?? "" : "", r = e.state === "final" && n.length > e.content.length;
	return /* @__PURE__ */ j("p", {
		className: `caption caption-${e.role}`,
		"data-testid": "caption",
		"data-item-id": e.item_id,
		"data-role": e.role,
		"data-state": e.state,
		children: [/* @__PURE__ */ j("span", {
			className: "caption-who",
			children: [
				/* @__PURE__ */ A(K, { name: e.role === "user" ? "microphone" : "wave" }),
				" ",
				e.role === "user" ? t("captions.you") : t("captions.interviewer"),
				" ",
				/* @__PURE__ */ A("span", {
					className: "quiet",
					children: na(e.start_ms)
				})
			]
		}), /* @__PURE__ */ A("span", {
			className: "caption-text",
			children: e.state === "missing" ? /* @__PURE__ */ A("em", { children: t("captions.missing") }) : /* @__PURE__ */ j(k, { children: [
				/* @__PURE__ */ A("span", {
					"data-words": "server",
					children: e.content
				}),
				e.state === "interim" && /* @__PURE__ */ A("span", {
					"aria-hidden": "true",
					children: " …"
				}),
				r && /* @__PURE__ */ j("span", {
					className: "quiet",
					children: [" ", t("captions.interrupted")]
				})
			] })
		})]
	});
}
// src/ui/Panel.tsx
var la = {
	info: "info",
	good: "check",
	warning: "warning",
	error: "warning"
};
function ua({ tone: e, children: t, testId: n, announced: r = !0 }) {
	let i = r ? e === "error" ? "alert" : "status" : void 0;
	return /* @__PURE__ */ j("div", {
		className: `panel panel-${e}`,
		role: i,
		"data-testid": n,
		children: [/* @__PURE__ */ A(K, { name: la[e] }), /* @__PURE__ */ j("div", { children: [/* @__PURE__ */ j("span", {
			className: "hidden",
			children: [I("shared")(`tone.${e}`), ": "]
		}), t] })]
	});
}
// src/components/CheckReport.tsx
var da = {
	good: "good",
	usable: "info",
	poor: "warning"
};
function fa({ result: e }) {
	let t = I("candidate"), { checkup: n, sentence: r } = e, { grade: i, findings: a } = f(n), o = n.path === "direct" || n.path === "relay";
	return /* @__PURE__ */ j("div", {
		"data-testid": "check-verdict",
		"data-grade": i,
		"data-findings": a.join(" "),
		"data-path": n.path,
		"data-voice-delay-ms": n.voiceDelayMs ?? "",
		children: [
			/* @__PURE__ */ j(ua, {
				tone: da[i],
				children: [/* @__PURE__ */ A("p", { children: /* @__PURE__ */ A("strong", { children: t(`check.verdict.${i}`) }) }), a.map((e) => /* @__PURE__ */ A("p", { children: t(`check.finding.${e}`) }, e))]
			}),
			r !== null && /* @__PURE__ */ j(k, { children: [/* @__PURE__ */ A("p", {
				className: "quiet",
				children: t(o ? "check.cameBack" : "check.localOnly")
			}), /* @__PURE__ */ A(pa, { sentence: r })] }),
			/* @__PURE__ */ j("details", {
				className: "figures",
				children: [/* @__PURE__ */ A("summary", {
					"data-testid": "check-figures",
					children: t("check.figures")
				}), /* @__PURE__ */ A(ma, { checkup: n })]
			})
		]
	});
}
function pa({ sentence: e }) {
	let t = I("candidate"), n = D(null), [r, i] = O(), [a, o] = O(!1);
	return T(() => {
		let t = URL.createObjectURL(e);
		return i(t), () => URL.revokeObjectURL(t);
	}, [e]), /* @__PURE__ */ j("p", { children: [/* @__PURE__ */ A("audio", {
		ref: n,
		src: r,
		onPlaying: () => o(!0),
		onEnded: () => o(!1),
		onPause: () => o(!1),
		"data-testid": "sentence"
	}), /* @__PURE__ */ j(G, {
		className: "button",
		onPress: () => void n.current?.play().catch(() => void 0),
		"data-testid": "hear",
		"data-playing": a,
		children: [
			/* @__PURE__ */ A(K, { name: "speaker" }),
			" ",
			t(a ? "check.hearing" : "check.hear")
		]
	})] });
}
function ma({ checkup: e }) {
	let t = I("candidate"), n = new Intl.NumberFormat(pt(), { maximumFractionDigits: 1 }), r = t("check.figure.unknown"), i = (e) => e === null ? r : t("check.figure.ms", { value: n.format(e) }), a = (e) => e === null ? r : t("check.figure.percent", { value: n.format(e * 100) }), o = [
		[t("check.figure.path"), t(`check.path.${e.path}`)],
		[t("check.figure.lossUp"), a(e.lossUp)],
		[t("check.figure.lossDown"), a(e.lossDown)],
		[t("check.figure.voiceDelay"), i(e.voiceDelayMs)],
		[t("check.figure.roundTrip"), i(e.roundTripMs)],
		[t("check.figure.jitter"), i(e.jitterMs)],
		[t("check.figure.level"), t("check.figure.ofHundred", { value: n.format(e.voiceLevel) })]
	];
	return /* @__PURE__ */ A("dl", {
		className: "facts-table",
		children: o.map(([e, t]) => /* @__PURE__ */ j("div", { children: [/* @__PURE__ */ A("dt", { children: e }), /* @__PURE__ */ A("dd", { children: t })] }, e))
	});
}
// src/components/Connection.tsx
function ha({ state: e }) {
	let t = I("candidate"), n = e.phase.name, r = n === "live" && e.weakConnection;
	return /* @__PURE__ */ j("p", {
		className: `connection connection-${n}`,
		role: "status",
		"data-testid": "connection-state",
		"data-state": n,
		children: [
			/* @__PURE__ */ A(K, { name: n === "live" ? r ? "warning" : "check" : "link" }),
			" ",
			t(r ? "connection.weak" : n === "live" && e.cameBack ? "connection.again" : `connection.${n}`)
		]
	});
}
function ga({ state: e, onRetry: t, isSaved: n }) {
	let r = I("candidate"), i = e.notices.some(({ code: e }) => e === "welcome_back");
	return e.phase.name === "live" && e.cameBack && !i ? /* @__PURE__ */ A(ua, {
		tone: "info",
		testId: "came-back",
		children: /* @__PURE__ */ A("p", { children: r("trouble.back") })
	}) : e.phase.name === "reconnecting" ? /* @__PURE__ */ j("div", {
		className: "stack",
		"data-testid": "trouble",
		"data-trouble": e.phase.trouble,
		children: [/* @__PURE__ */ A(ua, {
			tone: "warning",
			children: /* @__PURE__ */ j("p", { children: [
				r(`trouble.${e.phase.trouble}`),
				" ",
				n && /* @__PURE__ */ A("strong", { children: r("trouble.saved") })
			] })
		}), e.phase.retryInMs !== null && /* @__PURE__ */ j(G, {
			className: "button",
			onPress: t,
			"data-testid": "retry-now",
			children: [
				/* @__PURE__ */ A(K, { name: "repeat" }),
				" ",
				r("trouble.again")
			]
		})]
	}) : null;
}
function _a({ state: e, onDismiss: t }) {
	let n = I("candidate");
	return /* @__PURE__ */ A("div", {
		className: "notices",
		role: "status",
		"aria-live": "polite",
		children: e.notices.map((e) => /* @__PURE__ */ A("div", {
			"data-testid": "notice",
			"data-code": e.code,
			"data-level": e.level,
			children: /* @__PURE__ */ j(ua, {
				tone: e.level,
				announced: e.level === "error",
				children: [/* @__PURE__ */ A("p", {
					"data-words": "server",
					children: e.text
				}), /* @__PURE__ */ A(G, {
					className: "button small",
					onPress: () => t(e.id),
					"aria-label": n("live.closeNotice", { text: e.text }),
					children: n("live.close")
				})]
			})
		}, e.id))
	});
}
// node_modules/react-aria-components/dist/private/Text.mjs
var va = /*#__PURE__*/ x({}), ya = {
	badInput: !1,
	customError: !1,
	patternMismatch: !1,
	rangeOverflow: !1,
	rangeUnderflow: !1,
	stepMismatch: !1,
	tooLong: !1,
	tooShort: !1,
	typeMismatch: !1,
	valueMissing: !1,
	valid: !0
}, ba = {
	...ya,
	customError: !0,
	valid: !1
}, xa = {
	isInvalid: !1,
	validationDetails: ya,
	validationErrors: []
}, Sa = x({}), Ca = "__reactAriaFormValidationState";
function wa(e) {
	if (e.__reactAriaFormValidationState) {
		let { realtimeValidation: t, displayValidation: n, updateValidation: r, resetValidation: i, commitValidation: a } = e[Ca];
		return {
			realtimeValidation: t,
			displayValidation: n,
			updateValidation: r,
			resetValidation: i,
			commitValidation: a
		};
	}
	return Ta(e);
}
function Ta(e) {
	let { isInvalid: t, validationState: n, name: r, value: i, builtinValidation: a, validate: o, validationBehavior: s = "aria" } = e;
	n && (t ||= n === "invalid");
	let c = t === void 0 ? null : {
		isInvalid: t,
		validationErrors: [],
		validationDetails: ba
	}, l = E(() => !o || i == null ? null : Oa(Da(o, i)), [o, i]);
	a?.validationDetails.valid && (a = void 0);
	let u = w(Sa), d = E(() => r ? Array.isArray(r) ? r.flatMap((e) => Ea(u[e])) : Ea(u[r]) : [], [u, r]), [f, p] = O(u), [m, h] = O(!1);
	u !== f && (p(u), h(!1));
	let g = E(() => Oa(m ? [] : d), [m, d]), _ = D(xa), [v, y] = O(xa), b = D(xa), x = () => {
		if (!S) return;
		C(!1);
		let e = l || a || _.current;
		ka(e, b.current) || (b.current = e, y(e));
	}, [S, C] = O(!1);
	return T(x), {
		realtimeValidation: c || g || l || a || xa,
		displayValidation: s === "native" ? c || g || v : c || g || l || a || v,
		updateValidation(e) {
			s === "aria" && !ka(v, e) ? y(e) : _.current = e;
		},
		resetValidation() {
			let e = xa;
			ka(e, b.current) || (b.current = e, y(e)), s === "native" && C(!1), h(!0);
		},
		commitValidation() {
			s === "native" && C(!0), h(!0);
		}
	};
}
function Ea(e) {
	return e ? Array.isArray(e) ? e : [e] : [];
}
function Da(e, t) {
	if (typeof e == "function") {
		let n = e(t);
		if (n && typeof n != "boolean") return Ea(n);
	}
	return [];
}
function Oa(e) {
	return e.length ? {
		isInvalid: !0,
		validationErrors: e,
		validationDetails: ba
	} : null;
}
function ka(e, t) {
	return e === t || !!e && !!t && e.isInvalid === t.isInvalid && e.validationErrors.length === t.validationErrors.length && e.validationErrors.every((e, n) => e === t.validationErrors[n]) && Object.entries(e.validationDetails).every(([e, n]) => t.validationDetails[e] === n);
}
// node_modules/react-aria-components/dist/private/Form.mjs
var Aa = /*#__PURE__*/ x(null), ja = /* @__PURE__ */ new WeakMap();
// node_modules/react-aria/dist/private/utils/useFormReset.mjs
function Ma(e, t, n) {
	let r = Oi((e) => {
		n && !e.defaultPrevented && n(t);
	});
	T(() => {
		let t = e?.current?.form;
		return t?.addEventListener("reset", r), () => {
			t?.removeEventListener("reset", r);
		};
	}, [e]);
}
// node_modules/react-aria/dist/private/form/useFormValidation.mjs
function Na(e, t, n) {
	let { validationBehavior: r, focus: i } = e;
	L(() => {
		if (r === "native" && n?.current && "setCustomValidity" in n.current && !n.current.disabled) {
			let e = t.realtimeValidation.isInvalid ? t.realtimeValidation.validationErrors.join(" ") || "Invalid value." : "";
			n.current.setCustomValidity(e), n.current.hasAttribute("title") || (n.current.title = ""), t.realtimeValidation.isInvalid || t.updateValidation(Fa(n.current));
		}
	});
	let a = D(!1), o = Oi(() => {
		a.current || t.resetValidation();
	}), s = Oi((e) => {
		t.displayValidation.isInvalid || t.commitValidation();
		let r = n?.current?.form;
		!e.defaultPrevented && n && r && Ia(r) === n.current && (i ? i() : n.current?.focus(), Br("keyboard")), e.preventDefault();
	}), c = Oi(() => {
		t.commitValidation();
	});
	T(() => {
		let e = n?.current;
		if (!e) return;
		let t = e.form, r = t?.reset;
		return t && (t.reset = () => {
			a.current = !window.event || window.event.type === "message" && W(window.event) instanceof MessagePort, r?.call(t), a.current = !1;
		}), e.addEventListener("invalid", s), e.addEventListener("change", c), t?.addEventListener("reset", o), () => {
			e.removeEventListener("invalid", s), e.removeEventListener("change", c), t?.removeEventListener("reset", o), t && (t.reset = r);
		};
	}, [n, r]);
}
function Pa(e) {
	let t = e.validity;
	return {
		badInput: t.badInput,
		customError: t.customError,
		patternMismatch: t.patternMismatch,
		rangeOverflow: t.rangeOverflow,
		rangeUnderflow: t.rangeUnderflow,
		stepMismatch: t.stepMismatch,
		tooLong: t.tooLong,
		tooShort: t.tooShort,
		typeMismatch: t.typeMismatch,
		valueMissing: t.valueMissing,
		valid: t.valid
	};
}
function Fa(e) {
	return {
		isInvalid: !e.validity.valid,
		validationDetails: Pa(e),
		validationErrors: e.validationMessage ? [e.validationMessage] : []
	};
}
function Ia(e) {
	for (let t = 0; t < e.elements.length; t++) {
		let n = e.elements[t];
		if (n.validity?.valid === !1) return n;
	}
	return null;
}
// node_modules/react-aria/dist/private/utils/useSlot.mjs
function La(e = !0) {
	let [t, n] = O(e), r = D(!1), i = C((e) => {
		r.current = !0, n(!!e);
	}, []);
	return L(() => {
		r.current || n(!1);
	}, []), [i, t];
}
function Ra(e = !0) {
	let t = Ft(), [n, r] = La(e);
	return {
		id: r ? t : void 0,
		ref: n
	};
}
// node_modules/react-aria/dist/private/toggle/useToggle.mjs
function za(e, t, n) {
	let { isDisabled: r = !1, isReadOnly: i = !1, value: a, name: o, form: s, children: c, isRequired: l, validationBehavior: u = "aria", "aria-label": d, "aria-labelledby": f, "aria-describedby": p, onPressStart: m, onPressEnd: h, onPressChange: g, onPress: _, onPressUp: v, onClick: y } = e, b = wa({
		...e,
		value: t.isSelected
	}), { isInvalid: x, validationErrors: S, validationDetails: C } = b.displayValidation;
	Na(e, b, n);
	let w = (e) => {
		e.stopPropagation(), t.setSelected(W(e).checked);
	}, { pressProps: T, isPressed: E } = Fi({
		onPressStart: m,
		onPressEnd: h,
		onPressChange: g,
		onPress: _,
		onPressUp: v,
		onClick: y,
		isDisabled: r
	}), [ee, D] = O(!1), { pressProps: te } = Fi({
		onPressStart(e) {
			e.pointerType === "keyboard" || e.pointerType === "virtual" ? e.continuePropagation() : (m?.(e), g?.(!0), D(!0));
		},
		onPressEnd(e) {
			e.pointerType === "keyboard" || e.pointerType === "virtual" ? e.continuePropagation() : (h?.(e), g?.(!1), D(!1));
		},
		onPressUp(e) {
			e.pointerType === "keyboard" || e.pointerType === "virtual" ? e.continuePropagation() : v?.(e);
		},
		onClick: y,
		onPress(r) {
			if (r.pointerType === "keyboard" || r.pointerType === "virtual") {
				r.continuePropagation();
				return;
			}
			_?.(r), t.toggle(), n.current?.focus();
			let { [Ca]: i } = e, { commitValidation: a } = i || b;
			a();
		},
		isDisabled: r || i
	}), { focusableProps: ne } = _i(e, n), k = R(T, ne), A = z(e, { labelable: !0 });
	Ma(n, t.defaultSelected, t.setSelected);
	let j = Ra(), re = Ra();
	return {
		labelProps: R(te, { onClick: (e) => e.preventDefault() }),
		inputProps: R(A, {
			checked: t.isSelected,
			"aria-required": l && u === "aria" || void 0,
			required: l && u === "native",
			"aria-invalid": x || e.validationState === "invalid" || void 0,
			"aria-errormessage": e["aria-errormessage"],
			"aria-controls": e["aria-controls"],
			"aria-readonly": i || void 0,
			"aria-describedby": [
				j.id,
				re.id,
				p
			].filter(Boolean).join(" ") || void 0,
			onChange: w,
			disabled: r,
			...a == null ? {} : { value: a },
			name: o,
			form: s,
			type: "checkbox",
			...k
		}),
		descriptionProps: j,
		errorMessageProps: re,
		isSelected: t.isSelected,
		isPressed: E || ee,
		isDisabled: r,
		isReadOnly: i,
		isInvalid: x || e.validationState === "invalid",
		validationErrors: S,
		validationDetails: C
	};
}
// node_modules/react-aria/dist/private/checkbox/useCheckbox.mjs
function Ba(e, t, n) {
	let { labelProps: r, inputProps: i, descriptionProps: a, errorMessageProps: o, isSelected: s, isPressed: c, isDisabled: l, isReadOnly: u, isInvalid: d, validationErrors: f, validationDetails: p } = za(e, t, n), { isIndeterminate: m } = e;
	return T(() => {
		n.current && (n.current.indeterminate = !!m);
	}), {
		labelProps: R(r, E(() => ({ onMouseDown: (e) => e.preventDefault() }), [])),
		inputProps: i,
		descriptionProps: a,
		errorMessageProps: o,
		isSelected: s,
		isPressed: c,
		isDisabled: l,
		isReadOnly: u,
		isInvalid: d,
		validationErrors: f,
		validationDetails: p
	};
}
// node_modules/react-stately/dist/private/utils/useControlledState.mjs
var Va = typeof document < "u" || parseInt(b.version, 10) >= 19 ? b.useInsertionEffect ?? b.useLayoutEffect : () => {};
function Ha(e, t, n) {
	let [r, i] = O(e || t), a = D(r), o = D(e !== void 0), s = e !== void 0;
	T(() => {
		o.current, o.current = s;
	}, [s]);
	let c = s ? e : r;
	Va(() => {
		a.current = c;
	});
	let [, l] = ee(() => ({}), {});
	return [c, C((e, ...t) => {
		let r = typeof e == "function" ? e(a.current) : e;
		Object.is(a.current, r) || (a.current = r, i(r), l(), n?.(r, ...t));
	}, [n])];
}
// node_modules/react-stately/dist/private/toggle/useToggleState.mjs
function Ua(e = {}) {
	let { isReadOnly: t } = e, [n, r] = Ha(e.isSelected, e.defaultSelected || !1, e.onChange), [i] = O(n);
	function a(e) {
		t || r(e);
	}
	function o() {
		t || r(!n);
	}
	return {
		isSelected: n,
		defaultSelected: e.defaultSelected ?? i,
		setSelected: a,
		toggle: o
	};
}
// node_modules/react-aria/dist/private/checkbox/useCheckboxGroupItem.mjs
function Wa(e, t, n) {
	let r = Ua({
		isReadOnly: e.isReadOnly || t.isReadOnly,
		isSelected: t.isSelected(e.value),
		defaultSelected: t.defaultValue.includes(e.value),
		onChange(n) {
			n ? t.addValue(e.value) : t.removeValue(e.value), e.onChange && e.onChange(n);
		}
	}), { name: i, form: a, descriptionId: o, errorMessageId: s, validationBehavior: c } = ja.get(t);
	c = e.validationBehavior ?? c;
	let { realtimeValidation: l } = wa({
		...e,
		value: r.isSelected,
		name: void 0,
		validationBehavior: "aria"
	}), u = D(xa), d = () => {
		t.setInvalid(e.value, l.isInvalid ? l : u.current);
	};
	T(d);
	let f = t.realtimeValidation.isInvalid ? t.realtimeValidation : l, p = c === "native" ? t.displayValidation : f, m = Ba({
		...e,
		isReadOnly: e.isReadOnly || t.isReadOnly,
		isDisabled: e.isDisabled || t.isDisabled,
		name: e.name || i,
		form: e.form || a,
		isRequired: e.isRequired ?? t.isRequired,
		validationBehavior: c,
		[Ca]: {
			realtimeValidation: f,
			displayValidation: p,
			resetValidation: t.resetValidation,
			commitValidation: t.commitValidation,
			updateValidation(e) {
				u.current = e, d();
			}
		}
	}, r, n);
	return {
		...m,
		inputProps: {
			...m.inputProps,
			"aria-describedby": [
				m.inputProps["aria-describedby"],
				t.isInvalid ? s : null,
				o
			].filter(Boolean).join(" ") || void 0
		}
	};
}
// node_modules/react-aria/dist/private/visually-hidden/VisuallyHidden.mjs
var Ga = {
	border: 0,
	clip: "rect(0 0 0 0)",
	clipPath: "inset(50%)",
	height: "1px",
	margin: "-1px",
	overflow: "hidden",
	padding: 0,
	position: "absolute",
	width: "1px",
	whiteSpace: "nowrap"
};
function Ka(e = {}) {
	let { style: t, isFocusable: n } = e, [r, i] = O(!1), { focusWithinProps: a } = Wi({
		isDisabled: !n,
		onFocusWithinChange: (e) => i(e)
	}), o = E(() => r ? t : t ? {
		...Ga,
		...t
	} : Ga, [r]);
	return { visuallyHiddenProps: {
		...a,
		style: o
	} };
}
function qa(e) {
	let { children: t, elementType: n = "div", isFocusable: r, style: i, ...a } = e, { visuallyHiddenProps: o } = Ka(e);
	return /*#__PURE__*/ b.createElement(n, R(a, o), t);
}
// node_modules/react-aria-components/dist/private/Checkbox.mjs
var Ja = /*#__PURE__*/ x(null), Ya = /*#__PURE__*/ x(null), Xa = /*#__PURE__*/ x(null);
function Za(e, t) {
	let { validationBehavior: n } = Kt(Aa) || {}, r = e.validationBehavior ?? n ?? "native", i = w(Ya), a = Ht(E(() => Rt(t, e.inputRef === void 0 ? null : e.inputRef), [t, e.inputRef])), o = {
		...Yt(e),
		children: typeof e.children == "function" || e.children,
		value: e.value,
		validationBehavior: r
	};
	return [i ? Wa(o, i, a) : Ba(o, Ua(e), a), a];
}
var Qa = /*#__PURE__*/ S(function(e, t) {
	let { inputRef: n = null, ...r } = e;
	[e, t] = qt(r, t, Ja);
	let [i, a] = Za(e, n);
	return /*#__PURE__*/ b.createElement(Xa.Provider, { value: {
		...i,
		inputRef: a,
		defaultClassName: "react-aria-Checkbox",
		isIndeterminate: e.isIndeterminate,
		isRequired: e.isRequired
	} }, /*#__PURE__*/ b.createElement($a, {
		...e,
		ref: t
	}));
}), $a = /*#__PURE__*/ S(function(e, t) {
	let { labelProps: n, inputProps: r, isSelected: i, isDisabled: a, isReadOnly: o, isPressed: s, isInvalid: c, inputRef: l, defaultClassName: u, isIndeterminate: d, isRequired: f } = w(Xa), { isFocused: p, isFocusVisible: m, focusProps: h } = Gi(), g = a || o, { hoverProps: _, isHovered: v } = Zi({
		...e,
		isDisabled: g
	}), y = Gt({
		...e,
		defaultClassName: u,
		values: {
			isSelected: i,
			isIndeterminate: d || !1,
			isPressed: s,
			isHovered: v,
			isFocused: p,
			isFocusVisible: m,
			isDisabled: a,
			isReadOnly: o,
			isInvalid: c,
			isRequired: f || !1
		}
	}), x = z(e, { global: !0 });
	return delete x.id, delete x.onClick, /*#__PURE__*/ b.createElement(Qt.label, {
		...R(x, n, _, y),
		ref: t,
		slot: e.slot || void 0,
		"data-selected": i || void 0,
		"data-indeterminate": d || void 0,
		"data-pressed": s || void 0,
		"data-hovered": v || void 0,
		"data-focused": p || void 0,
		"data-focus-visible": m || void 0,
		"data-disabled": a || void 0,
		"data-readonly": o || void 0,
		"data-invalid": c || void 0,
		"data-required": f || void 0
	}, /*#__PURE__*/ b.createElement(qa, { elementType: "span" }, /*#__PURE__*/ b.createElement("input", {
		...R(r, h),
		ref: l
	})), y.children);
});
// src/components/ConsentGate.tsx
function eo({ consent: e, attemptsLeft: t, working: n, onAgree: r, onBack: i }) {
	let a = I("candidate"), [o, s] = O(!1), [c, l] = O(!1);
	return /* @__PURE__ */ j(k, { children: [
		/* @__PURE__ */ j("section", {
			"aria-label": a("consent.title"),
			className: "card",
			children: [
				/* @__PURE__ */ A("p", {
					className: "consent-text",
					"data-words": "server",
					children: e.text
				}),
				/* @__PURE__ */ A("p", {
					className: "quiet",
					children: a("consent.version", { version: e.version })
				}),
				/* @__PURE__ */ j(Qa, {
					className: "checkbox",
					isSelected: o,
					onChange: s,
					isInvalid: c && !o,
					"data-testid": "consent",
					children: [/* @__PURE__ */ A("span", {
						className: "box",
						"aria-hidden": "true",
						children: /* @__PURE__ */ A(K, { name: "check" })
					}), /* @__PURE__ */ A("span", { children: a("consent.agree") })]
				}),
				c && !o && /* @__PURE__ */ A(ua, {
					tone: "warning",
					testId: "consent-reminder",
					children: /* @__PURE__ */ A("p", { children: a("consent.reminder") })
				})
			]
		}),
		/* @__PURE__ */ j("ul", {
			className: "hints",
			children: [
				t !== null && /* @__PURE__ */ A("li", {
					"data-testid": "attempts",
					children: a("consent.attempts", { count: t })
				}),
				/* @__PURE__ */ A("li", { children: a("consent.kept") }),
				/* @__PURE__ */ A("li", { children: a("consent.refuse") })
			]
		}),
		/* @__PURE__ */ j("div", {
			className: "actions",
			children: [/* @__PURE__ */ A(G, {
				className: "button primary",
				isDisabled: n,
				onPress: () => o ? r() : l(!0),
				"data-testid": "agree",
				children: a(n ? "consent.working" : "consent.next")
			}), i !== void 0 && /* @__PURE__ */ A(G, {
				className: "button",
				onPress: i,
				"data-testid": "back",
				children: a("back")
			})]
		})
	] });
}
// node_modules/react-aria/dist/private/meter/useMeter.mjs
function to(e) {
	let { progressBarProps: t, labelProps: n } = An(e);
	return {
		meterProps: {
			...t,
			role: "meter"
		},
		labelProps: n
	};
}
// node_modules/react-aria-components/dist/private/Meter.mjs
var no = /*#__PURE__*/ x(null), ro = /*#__PURE__*/ S(function(e, t) {
	[e, t] = qt(e, t, no);
	let { value: n = 0, minValue: r = 0, maxValue: i = 100 } = e;
	n = kn(n, r, i);
	let a = i - r, [o, s] = Jt(!e["aria-label"] && !e["aria-labelledby"]), { meterProps: c, labelProps: l } = to({
		...e,
		label: s
	}), u = a === 0 ? 0 : (n - r) / a * 100, d = Gt({
		...e,
		defaultClassName: "react-aria-Meter",
		values: {
			percentage: u,
			valueText: c["aria-valuetext"]
		}
	}), f = z(e, { global: !0 });
	return /*#__PURE__*/ b.createElement(Qt.div, {
		...R(f, d, c),
		ref: t,
		slot: e.slot || void 0
	}, /*#__PURE__*/ b.createElement(nn.Provider, { value: {
		...l,
		ref: o,
		elementType: "span"
	} }, d.children));
});
// src/components/MicrophonePicker.tsx
function io({ microphone: e }) {
	let t = I("candidate");
	return e.problem === null ? e.silent ? /* @__PURE__ */ j(k, { children: [/* @__PURE__ */ A("p", {
		role: "status",
		children: t("mic.silent")
	}), /* @__PURE__ */ j(G, {
		className: "button",
		onPress: () => void e.open(null),
		"data-testid": "mic-retry",
		children: [
			/* @__PURE__ */ A(K, { name: "microphone" }),
			" ",
			t("mic.again")
		]
	})] }) : /* @__PURE__ */ j(k, { children: [/* @__PURE__ */ A(ao, { microphone: e }), /* @__PURE__ */ A(so, { stream: e.stream })] }) : /* @__PURE__ */ A(co, {
		problem: e.problem,
		onRetry: () => void e.open(null)
	});
}
function ao({ microphone: e }) {
	let t = I("candidate"), { devices: n, deviceId: r, stream: i } = e, a = n.length > 0;
	return /* @__PURE__ */ j("label", {
		className: "field",
		children: [/* @__PURE__ */ A("span", { children: t("mic.label") }), /* @__PURE__ */ j("select", {
			value: r ?? "",
			disabled: !a,
			onChange: (t) => void e.open(t.target.value),
			"data-testid": "mic-select",
			children: [
				i === null && !a && /* @__PURE__ */ A("option", {
					value: "",
					children: t("mic.waiting")
				}),
				i !== null && !n.some((e) => e.id === r) && /* @__PURE__ */ A("option", {
					value: r ?? "",
					children: t("mic.browserChoice")
				}),
				n.map((e) => /* @__PURE__ */ A("option", {
					value: e.id,
					"data-words": "server",
					children: e.label
				}, e.id))
			]
		})]
	});
}
var oo = 1500;
function so({ stream: e }) {
	let n = I("candidate"), [r, i] = O(0), [a, o] = O("silent"), [s, c] = O(!1);
	return T(() => {
		if (e === null) return;
		let n = 0;
		return h(e, (e) => {
			let r = t(e);
			i(e), r === "silent" && performance.now() - n < oo || (r !== "silent" && (n = performance.now()), r === "good" && c(!0), o(r));
		});
	}, [e]), /* @__PURE__ */ j(k, { children: [/* @__PURE__ */ A(ro, {
		className: "meter",
		value: r,
		"aria-label": n("mic.level"),
		valueLabel: n(`mic.loudness.${a}`),
		"data-testid": "mic-level",
		"data-loudness": a,
		children: ({ percentage: e }) => /* @__PURE__ */ A("div", {
			className: "meter-track",
			children: /* @__PURE__ */ A("div", {
				className: "meter-fill",
				style: { inlineSize: `${e}%` }
			})
		})
	}), /* @__PURE__ */ j("p", {
		role: "status",
		"data-testid": "mic-heard",
		"data-heard": s,
		children: [
			a === "good" && /* @__PURE__ */ A(K, { name: "check" }),
			(a === "quiet" || a === "loud") && /* @__PURE__ */ A(K, { name: "warning" }),
			" ",
			n(a === "silent" && !s ? "mic.say" : `mic.loudness.${a}`)
		]
	})] });
}
function co({ problem: e, onRetry: t, testId: n = "mic-problem", also: r }) {
	let i = I("candidate");
	return /* @__PURE__ */ j("div", {
		className: "stack",
		"data-testid": n,
		"data-problem": e,
		children: [/* @__PURE__ */ j(ua, {
			tone: "error",
			children: [/* @__PURE__ */ A("p", { children: /* @__PURE__ */ A("strong", { children: i(`mic.problem.${e}.what`) }) }), /* @__PURE__ */ j("p", { children: [
				i(`mic.problem.${e}.remedy`),
				" ",
				r
			] })]
		}), e !== "insecure_page" && /* @__PURE__ */ j(G, {
			className: "button",
			onPress: t,
			"data-testid": "mic-retry",
			children: [
				/* @__PURE__ */ A(K, { name: "repeat" }),
				" ",
				i("mic.again")
			]
		})]
	});
}
// src/components/SpeakerTest.tsx
var lo = [
	440,
	554,
	659
], uo = .35, fo = .18;
function po(e) {
	return new Promise((t) => {
		lo.forEach((n, r) => {
			let i = e.currentTime + .05 + r * uo, a = e.createOscillator(), o = e.createGain();
			a.frequency.value = n, o.gain.setValueAtTime(0, i), o.gain.linearRampToValueAtTime(fo, i + .03), o.gain.linearRampToValueAtTime(0, i + uo), a.connect(o).connect(e.destination), a.start(i), a.stop(i + uo), r === lo.length - 1 && (a.onended = () => t());
		});
	});
}
function mo() {
	let e = I("candidate"), [t, n] = O(!1), r = D(null);
	T(() => () => void r.current?.close().catch(() => void 0), []);
	let i = async () => {
		t || (n(!0), r.current ??= new AudioContext(), await po(r.current), n(!1));
	};
	return /* @__PURE__ */ j(k, { children: [/* @__PURE__ */ A("p", { children: e("check.hearIt") }), /* @__PURE__ */ j(G, {
		className: "button",
		onPress: () => void i(),
		"data-testid": "speaker-test",
		"data-playing": t,
		children: [
			/* @__PURE__ */ A(K, { name: "speaker" }),
			" ",
			e(t ? "check.playing" : "check.play")
		]
	})] });
}
// src/components/DeviceCheck.tsx
function ho({ session: e, microphone: t, onRunning: n, onVerdict: r }) {
	let i = I("candidate"), { stage: a, result: o, run: s, returned: c } = go(e, n, r), { stream: l, silent: u } = t;
	return /* @__PURE__ */ j("div", {
		"data-testid": "check",
		"data-stage": a ?? (o === null ? "ready" : "done"),
		children: [
			/* @__PURE__ */ j("section", {
				"aria-labelledby": "check-microphone",
				className: "card",
				children: [/* @__PURE__ */ A("h2", {
					id: "check-microphone",
					children: i("check.micTitle")
				}), /* @__PURE__ */ A(io, { microphone: t })]
			}),
			/* @__PURE__ */ j("section", {
				"aria-labelledby": "check-speakers",
				className: "card",
				children: [/* @__PURE__ */ A("h2", {
					id: "check-speakers",
					children: i("check.speakerTitle")
				}), /* @__PURE__ */ A(mo, {})]
			}),
			l !== null && !u && /* @__PURE__ */ j("section", {
				"aria-labelledby": "check-line",
				className: "card",
				children: [
					/* @__PURE__ */ A("h2", {
						id: "check-line",
						children: i("check.lineTitle")
					}),
					a === null && o === null && /* @__PURE__ */ A("p", { children: i("check.lineText") }),
					/* @__PURE__ */ A("div", {
						role: "status",
						"data-testid": "check-stage",
						"data-stage": a ?? "none",
						children: a !== null && /* @__PURE__ */ A("p", {
							className: "check-stage",
							children: i(`check.stage.${a}`)
						})
					}),
					a === "speaking" && /* @__PURE__ */ A(_o, {}),
					a === null && o !== null && /* @__PURE__ */ A(fa, { result: o }),
					a === null && /* @__PURE__ */ j(G, {
						className: o === null ? "button primary" : "button",
						onPress: () => void s(l),
						"data-testid": "check-start",
						children: [
							/* @__PURE__ */ A(K, { name: o === null ? "microphone" : "repeat" }),
							" ",
							i(o === null ? "check.start" : "check.again")
						]
					})
				]
			}),
			/* @__PURE__ */ A("audio", {
				ref: c,
				muted: !0,
				"aria-hidden": "true"
			})
		]
	});
}
function go(e, t, n) {
	let [r, i] = O(null), [a, o] = O(null), s = D(null), l = D(null);
	return T(() => () => l.current?.abort(), []), {
		stage: r,
		result: a,
		run: async (r) => {
			if (l.current !== null) return;
			let a = new AbortController();
			l.current = a, i("connecting"), t?.(!0);
			try {
				let t = await c({
					session: e,
					microphone: r,
					onStage: i,
					onReturn: (e) => {
						s.current !== null && (s.current.srcObject = e, s.current.play().catch(() => void 0));
					},
					signal: a.signal
				});
				o(t), n?.(f(t.checkup));
			} catch (e) {
				if (!a.signal.aborted) throw e;
			} finally {
				l.current = null, a.signal.aborted || (i(null), t?.(!1));
			}
		},
		returned: s
	};
}
function _o() {
	let e = I("candidate"), [t, n] = O(0);
	T(() => {
		let e = performance.now(), t = setInterval(() => n(Math.min(m, performance.now() - e)), 100);
		return () => clearInterval(t);
	}, []);
	let r = Math.ceil((m - t) / 1e3);
	return /* @__PURE__ */ A(Mn, {
		className: "meter",
		value: t,
		maxValue: m,
		valueLabel: e("check.secondsLeft", { count: r }),
		"aria-label": e("check.recording"),
		children: ({ percentage: t, valueText: n }) => /* @__PURE__ */ j(k, { children: [/* @__PURE__ */ A("div", {
			className: "meter-track",
			children: /* @__PURE__ */ A("div", {
				className: "meter-fill",
				style: { inlineSize: `${t}%` }
			})
		}), /* @__PURE__ */ j("p", { children: [
			/* @__PURE__ */ A(K, { name: "microphone" }),
			" ",
			e("check.recording"),
			" · ",
			n
		] })] })
	});
}
// node_modules/react-aria-components/dist/private/Heading.mjs
var vo = /*#__PURE__*/ x({}), yo = /*#__PURE__*/ S(function(e, t) {
	[e, t] = qt(e, t, vo);
	let { children: n, level: r = 3, className: i, ...a } = e, o = Qt[`h${r}`];
	return /*#__PURE__*/ b.createElement(o, {
		...a,
		ref: t,
		className: i ?? "react-aria-Heading"
	}, n);
}), bo = class {
	constructor(e, t, n, r) {
		this._walkerStack = [], this._currentSetFor = /* @__PURE__ */ new Set(), this._acceptNode = (e) => {
			if (e.nodeType === Node.ELEMENT_NODE) {
				let t = e.shadowRoot;
				if (t) {
					let e = this._doc.createTreeWalker(t, this.whatToShow, { acceptNode: this._acceptNode });
					return this._walkerStack.unshift(e), NodeFilter.FILTER_ACCEPT;
				}
				if (typeof this.filter == "function") return this.filter(e);
				if (this.filter?.acceptNode) return this.filter.acceptNode(e);
				if (this.filter === null) return NodeFilter.FILTER_ACCEPT;
			}
			return NodeFilter.FILTER_SKIP;
		}, this._doc = e, this.root = t, this.filter = r ?? null, this.whatToShow = n ?? NodeFilter.SHOW_ALL, this._currentNode = t, this._walkerStack.unshift(e.createTreeWalker(t, n, this._acceptNode));
		let i = t.shadowRoot;
		if (i) {
			let e = this._doc.createTreeWalker(i, this.whatToShow, { acceptNode: this._acceptNode });
			this._walkerStack.unshift(e);
		}
	}
	get currentNode() {
		return this._currentNode;
	}
	set currentNode(e) {
		if (!H(this.root, e)) throw Error("Cannot set currentNode to a node that is not contained by the root node.");
		let t = [], n = e, r = e;
		for (this._currentNode = e; n && n !== this.root;) if (n.nodeType === Node.DOCUMENT_FRAGMENT_NODE) {
			let e = n, i = this._doc.createTreeWalker(e, this.whatToShow, { acceptNode: this._acceptNode });
			t.push(i), i.currentNode = r, this._currentSetFor.add(i), n = r = e.host;
		} else n = n.parentNode;
		let i = this._doc.createTreeWalker(this.root, this.whatToShow, { acceptNode: this._acceptNode });
		t.push(i), i.currentNode = r, this._currentSetFor.add(i), this._walkerStack = t;
	}
	get doc() {
		return this._doc;
	}
	firstChild() {
		let e = this.currentNode, t = this.nextNode();
		return H(e, t) ? (t && (this.currentNode = t), t) : (this.currentNode = e, null);
	}
	lastChild() {
		let e = this._walkerStack[0].lastChild();
		return e && (this.currentNode = e), e;
	}
	nextNode() {
		let e = this._walkerStack[0].nextNode();
		if (e) {
			if (e.shadowRoot) {
				let t;
				if (typeof this.filter == "function" ? t = this.filter(e) : this.filter?.acceptNode && (t = this.filter.acceptNode(e)), t === NodeFilter.FILTER_ACCEPT) return this.currentNode = e, e;
				let n = this.nextNode();
				return n && (this.currentNode = n), n;
			}
			return e && (this.currentNode = e), e;
		}
		if (this._walkerStack.length > 1) {
			this._walkerStack.shift();
			let e = this.nextNode();
			return e && (this.currentNode = e), e;
		}
		return null;
	}
	previousNode() {
		let e = this._walkerStack[0];
		if (e.currentNode === e.root) {
			if (this._currentSetFor.has(e)) {
				if (this._currentSetFor.delete(e), this._walkerStack.length > 1) {
					this._walkerStack.shift();
					let e = this.previousNode();
					return e && (this.currentNode = e), e;
				}
				return null;
			}
			return null;
		}
		let t = e.previousNode();
		if (t) {
			if (t.shadowRoot) {
				let e;
				if (typeof this.filter == "function" ? e = this.filter(t) : this.filter?.acceptNode && (e = this.filter.acceptNode(t)), e === NodeFilter.FILTER_ACCEPT) return t && (this.currentNode = t), t;
				let n = this.lastChild();
				return n && (this.currentNode = n), n;
			}
			return t && (this.currentNode = t), t;
		}
		if (this._walkerStack.length > 1) {
			this._walkerStack.shift();
			let e = this.previousNode();
			return e && (this.currentNode = e), e;
		}
		return null;
	}
	nextSibling() {
		return null;
	}
	previousSibling() {
		return null;
	}
	parentNode() {
		return null;
	}
};
function xo(e, t, n, r) {
	return Gn() ? new bo(e, t, n, r) : e.createTreeWalker(t, n, r);
}
// node_modules/react-aria/dist/private/overlays/ariaHideOutside.mjs
var So = typeof HTMLElement < "u" && "inert" in HTMLElement.prototype;
function Co(e) {
	return e.dataset.liveAnnouncer === "true" || e.dataset.reactAriaTopLayer !== void 0;
}
var wo = /* @__PURE__ */ new WeakMap(), q = [];
function To(e, t) {
	let n = V(e?.[0]), r = t instanceof n.Element ? { root: t } : t, i = r?.root ?? document.body, a = r?.shouldUseInert && So, o = new Set(e), s = /* @__PURE__ */ new Set(), c = (e) => a && e instanceof n.HTMLElement ? e.inert : e.getAttribute("aria-hidden") === "true", l = (e, t) => {
		a && e instanceof n.HTMLElement ? e.inert = t : t ? e.setAttribute("aria-hidden", "true") : (e.removeAttribute("aria-hidden"), e instanceof n.HTMLElement && (e.inert = !1));
	}, u = /* @__PURE__ */ new Set();
	if (Gn()) {
		let t = i.getRootNode();
		for (let n of e) {
			let e = n.getRootNode();
			for (; Vn(e) && e !== t;) u.add(e), e = e.host.getRootNode();
		}
	}
	let d = (e) => {
		for (let t of e.querySelectorAll("[data-live-announcer], [data-react-aria-top-layer]")) o.add(t);
		let t = (e) => {
			if (s.has(e) || o.has(e) || e.parentElement && s.has(e.parentElement) && e.parentElement.getAttribute("role") !== "row") return NodeFilter.FILTER_REJECT;
			for (let t of o) if (H(e, t)) return NodeFilter.FILTER_SKIP;
			return NodeFilter.FILTER_ACCEPT;
		}, n = xo(B(e), e, NodeFilter.SHOW_ELEMENT, { acceptNode: t }), r = t(e);
		if (r === NodeFilter.FILTER_ACCEPT && f(e), r !== NodeFilter.FILTER_REJECT) {
			let e = n.nextNode();
			for (; e != null;) f(e), e = n.nextNode();
		}
	}, f = (e) => {
		let t = wo.get(e) ?? 0;
		c(e) && t === 0 || (t === 0 && l(e, !0), s.add(e), wo.set(e, t + 1));
	};
	q.length && q[q.length - 1].disconnect(), d(i);
	let p = new MutationObserver((e) => {
		for (let t of e) if (t.type === "childList") {
			if (t.target.isConnected && ![...o, ...s].some((e) => H(e, t.target))) for (let e of t.addedNodes) (e instanceof HTMLElement || e instanceof SVGElement) && Co(e) ? o.add(e) : e instanceof Element && d(e);
			if (Gn()) {
				for (let e of u) if (!e.isConnected) {
					p.disconnect();
					break;
				}
			}
		}
	});
	p.observe(i, {
		childList: !0,
		subtree: !0
	});
	let m = /* @__PURE__ */ new Set();
	if (Gn()) for (let e of u) {
		let t = new MutationObserver((e) => {
			for (let t of e) if (t.type === "childList") {
				if (t.target.isConnected && ![...o, ...s].some((e) => H(e, t.target))) for (let e of t.addedNodes) (e instanceof HTMLElement || e instanceof SVGElement) && Co(e) ? o.add(e) : e instanceof Element && d(e);
				if (Gn()) {
					for (let e of u) if (!e.isConnected) {
						p.disconnect();
						break;
					}
				}
			}
		});
		t.observe(e, {
			childList: !0,
			subtree: !0
		}), m.add(t);
	}
	let h = {
		visibleNodes: o,
		hiddenNodes: s,
		observe() {
			p.observe(i, {
				childList: !0,
				subtree: !0
			});
		},
		disconnect() {
			p.disconnect();
		}
	};
	return q.push(h), () => {
		if (p.disconnect(), Gn()) for (let e of m) e.disconnect();
		for (let e of s) {
			let t = wo.get(e);
			t != null && (t === 1 ? (l(e, !1), wo.delete(e)) : wo.set(e, t - 1));
		}
		h === q[q.length - 1] ? (q.pop(), q.length && q[q.length - 1].observe()) : q.splice(q.indexOf(h), 1);
	};
}
function Eo(e) {
	let t = q[q.length - 1];
	if (t && !t.visibleNodes.has(e)) return t.visibleNodes.add(e), () => {
		t.visibleNodes.delete(e);
	};
}
// node_modules/react-aria/dist/private/overlays/useCloseOnScroll.mjs
var Do = /* @__PURE__ */ new WeakMap(), Oo = /*#__PURE__*/ b.createContext(null), ko = "react-aria-focus-scope-restore", J = null;
function Ao(e) {
	let { children: t, contain: n, restoreFocus: r, autoFocus: i } = e, a = D(null), o = D(null), s = D([]), { parentNode: c } = w(Oo) || {}, l = E(() => new Xo({ scopeRef: s }), [s]);
	L(() => {
		let e = c || Z.root;
		if (Z.getTreeNode(e.scopeRef) && J && !Bo(J, e.scopeRef)) {
			let t = Z.getTreeNode(J);
			t && (e = t);
		}
		e.addChild(l), Z.addNode(l);
	}, [l, c]), L(() => {
		let e = Z.getTreeNode(s);
		e && (e.contain = !!n);
	}, [n]), L(() => {
		let e = a.current?.nextSibling, t = [], n = (e) => e.stopPropagation();
		for (; e && e !== o.current;) t.push(e), e.addEventListener(ko, n), e = e.nextSibling;
		return s.current = t, () => {
			for (let e of t) e.removeEventListener(ko, n);
		};
	}, [t]), Wo(s, r, n), Io(s, n), Ko(s, r, n), Uo(s, i), T(() => {
		let e = U(B(s.current ? s.current[0] : void 0)), t = null;
		if (Y(e, s.current)) {
			for (let n of Z.traverse()) n.scopeRef && Y(e, n.scopeRef.current) && (t = n);
			t === Z.getTreeNode(s) && (J = t.scopeRef);
		}
	}, [s]), L(() => () => {
		let e = Z.getTreeNode(s)?.parent?.scopeRef ?? null;
		s !== J && !Bo(s, J) || e && !Z.getTreeNode(e) || (J = e), Z.removeTreeNode(s);
	}, [s]);
	let u = E(() => jo(s), []), d = E(() => ({
		focusManager: u,
		parentNode: l
	}), [l, u]);
	return /*#__PURE__*/ b.createElement(Oo.Provider, { value: d }, /*#__PURE__*/ b.createElement("span", {
		"data-focus-scope-start": !0,
		hidden: !0,
		ref: a
	}), t, /*#__PURE__*/ b.createElement("span", {
		"data-focus-scope-end": !0,
		hidden: !0,
		ref: o
	}));
}
function jo(e) {
	return {
		focusNext(t = {}) {
			let n = e.current, { from: r, tabbable: i, wrap: a, accept: o } = t, s = r || U(B(n[0] ?? void 0)), c = n[0].previousElementSibling, l = Jo(Mo(n), {
				tabbable: i,
				accept: o
			}, n);
			l.currentNode = Y(s, n) ? s : c;
			let u = l.nextNode();
			return !u && a && (l.currentNode = c, u = l.nextNode()), u && X(u, !0), u;
		},
		focusPrevious(t = {}) {
			let n = e.current, { from: r, tabbable: i, wrap: a, accept: o } = t, s = r || U(B(n[0] ?? void 0)), c = n[n.length - 1].nextElementSibling, l = Jo(Mo(n), {
				tabbable: i,
				accept: o
			}, n);
			l.currentNode = Y(s, n) ? s : c;
			let u = l.previousNode();
			return !u && a && (l.currentNode = c, u = l.previousNode()), u && X(u, !0), u;
		},
		focusFirst(t = {}) {
			let n = e.current, { tabbable: r, accept: i } = t, a = Jo(Mo(n), {
				tabbable: r,
				accept: i
			}, n);
			a.currentNode = n[0].previousElementSibling;
			let o = a.nextNode();
			return o && X(o, !0), o;
		},
		focusLast(t = {}) {
			let n = e.current, { tabbable: r, accept: i } = t, a = Jo(Mo(n), {
				tabbable: r,
				accept: i
			}, n);
			a.currentNode = n[n.length - 1].nextElementSibling;
			let o = a.previousNode();
			return o && X(o, !0), o;
		}
	};
}
function Mo(e) {
	return e[0].parentElement;
}
function No(e) {
	let t = Z.getTreeNode(J);
	for (; t && t.scopeRef !== e;) {
		if (t.contain) return !1;
		t = t.parent;
	}
	return !0;
}
function Po(e) {
	if (!e.form) return Array.from(B(e).querySelectorAll(`input[type="radio"][name="${CSS.escape(e.name)}"]`)).filter((e) => !e.form);
	let t = e.form.elements.namedItem(e.name), n = V(e);
	return t instanceof n.RadioNodeList ? Array.from(t).filter((e) => e instanceof n.HTMLInputElement) : t instanceof n.HTMLInputElement ? [t] : [];
}
function Fo(e) {
	if (e.checked) return !0;
	let t = Po(e);
	return t.length > 0 && !t.some((e) => e.checked);
}
function Io(e, t) {
	let n = D(void 0), r = D(void 0);
	L(() => {
		let i = e.current;
		if (!t) {
			r.current &&= (cancelAnimationFrame(r.current), void 0);
			return;
		}
		let a = B(i ? i[0] : void 0), o = (t) => {
			if (t.key !== "Tab" || t.altKey || t.ctrlKey || t.metaKey || !No(e) || t.isComposing) return;
			let n = U(a), r = e.current;
			if (!r || !Y(n, r)) return;
			let i = Jo(Mo(r), { tabbable: !0 }, r);
			if (!n) return;
			i.currentNode = n;
			let o = t.shiftKey ? i.previousNode() : i.nextNode();
			o ||= (i.currentNode = t.shiftKey ? r[r.length - 1].nextElementSibling : r[0].previousElementSibling, t.shiftKey ? i.previousNode() : i.nextNode()), t.preventDefault(), o && (X(o, !0), o instanceof V(o).HTMLInputElement && o.select());
		}, s = (t) => {
			(!J || Bo(J, e)) && Y(W(t), e.current) ? (J = e, n.current = W(t)) : No(e) && !Ro(W(t), e) ? n.current ? X(n.current) : J && J.current && Ho(J.current) : No(e) && (n.current = W(t));
		}, c = (t) => {
			r.current && cancelAnimationFrame(r.current), r.current = requestAnimationFrame(() => {
				let r = zr(), i = (r === "virtual" || r === null) && _r() && gr(), o = U(a);
				if (!i && o && No(e) && !Ro(o, e)) {
					J = e;
					let r = W(t);
					r && r.isConnected ? (n.current = r, X(n.current)) : J.current && Ho(J.current);
				}
			});
		};
		return a.addEventListener("keydown", o, !1), a.addEventListener("focusin", s, !1), i?.forEach((e) => e.addEventListener("focusin", s, !1)), i?.forEach((e) => e.addEventListener("focusout", c, !1)), () => {
			a.removeEventListener("keydown", o, !1), a.removeEventListener("focusin", s, !1), i?.forEach((e) => e.removeEventListener("focusin", s, !1)), i?.forEach((e) => e.removeEventListener("focusout", c, !1));
		};
	}, [e, t]), L(() => () => {
		r.current && cancelAnimationFrame(r.current);
	}, [r]);
}
function Lo(e) {
	return Ro(e);
}
function Y(e, t) {
	return !e || !t ? !1 : t.some((t) => H(t, e));
}
function Ro(e, t = null) {
	if (e instanceof Element && e.closest("[data-react-aria-top-layer]")) return !0;
	for (let { scopeRef: n } of Z.traverse(Z.getTreeNode(t))) if (n && Y(e, n.current)) return !0;
	return !1;
}
function zo(e) {
	return Ro(e, J);
}
function Bo(e, t) {
	let n = Z.getTreeNode(t)?.parent;
	for (; n;) {
		if (n.scopeRef === e) return !0;
		n = n.parent;
	}
	return !1;
}
function X(e, t = !1) {
	if (e != null && !t) try {
		Qr(e);
	} catch {}
	else if (e != null) try {
		e.focus();
	} catch {}
}
function Vo(e, t = !0) {
	let n = e[0].previousElementSibling, r = Mo(e), i = Jo(r, { tabbable: t }, e);
	i.currentNode = n;
	let a = i.nextNode();
	return t && !a && (r = Mo(e), i = Jo(r, { tabbable: !1 }, e), i.currentNode = n, a = i.nextNode()), a;
}
function Ho(e, t = !0) {
	X(Vo(e, t));
}
function Uo(e, t) {
	let n = b.useRef(t);
	T(() => {
		n.current && (J = e, !Y(U(B(e.current ? e.current[0] : void 0)), J.current) && e.current && Ho(e.current)), n.current = !1;
	}, [e]);
}
function Wo(e, t, n) {
	L(() => {
		if (t || n) return;
		let r = e.current, i = B(r ? r[0] : void 0), a = (t) => {
			let n = W(t);
			Y(n, e.current) ? J = e : Lo(n) || (J = null);
		};
		return i.addEventListener("focusin", a, !1), r?.forEach((e) => e.addEventListener("focusin", a, !1)), () => {
			i.removeEventListener("focusin", a, !1), r?.forEach((e) => e.removeEventListener("focusin", a, !1));
		};
	}, [
		e,
		t,
		n
	]);
}
function Go(e) {
	let t = Z.getTreeNode(J);
	for (; t && t.scopeRef !== e;) {
		if (t.nodeToRestore) return !1;
		t = t.parent;
	}
	return t?.scopeRef === e;
}
function Ko(e, t, n) {
	let r = D(typeof document < "u" ? U(B(e.current ? e.current[0] : void 0)) : null);
	L(() => {
		let r = e.current, i = B(r ? r[0] : void 0);
		if (!t || n) return;
		let a = () => {
			(!J || Bo(J, e)) && Y(U(i), e.current) && (J = e);
		};
		return i.addEventListener("focusin", a, !1), r?.forEach((e) => e.addEventListener("focusin", a, !1)), () => {
			i.removeEventListener("focusin", a, !1), r?.forEach((e) => e.removeEventListener("focusin", a, !1));
		};
	}, [e, n]), L(() => {
		let r = B(e.current ? e.current[0] : void 0);
		if (!t) return;
		let i = (t) => {
			if (t.key !== "Tab" || t.altKey || t.ctrlKey || t.metaKey || !No(e) || t.isComposing) return;
			let n = r.activeElement;
			if (!Ro(n, e) || !Go(e)) return;
			let i = Z.getTreeNode(e);
			if (!i) return;
			let a = i.nodeToRestore, o = Jo(r.body, { tabbable: !0 });
			o.currentNode = n;
			let s = t.shiftKey ? o.previousNode() : o.nextNode();
			if (a && a.isConnected && a !== r.body || (a = void 0, i.nodeToRestore = void 0), (!s || !Ro(s, e)) && a) {
				o.currentNode = a;
				do
					s = t.shiftKey ? o.previousNode() : o.nextNode();
				while (Ro(s, e));
				t.preventDefault(), t.stopPropagation(), s ? X(s, !0) : Lo(a) ? X(a, !0) : n.blur();
			}
		};
		return n || r.addEventListener("keydown", i, !0), () => {
			n || r.removeEventListener("keydown", i, !0);
		};
	}, [
		e,
		t,
		n
	]), L(() => {
		let n = B(e.current ? e.current[0] : void 0);
		if (!t) return;
		let i = Z.getTreeNode(e);
		if (i) return i.nodeToRestore = r.current ?? void 0, () => {
			let r = Z.getTreeNode(e);
			if (!r) return;
			let i = r.nodeToRestore, a = U(n);
			if (t && i && (a && Ro(a, e) || a === n.body && Go(e))) {
				let t = Z.clone();
				requestAnimationFrame(() => {
					if (n.activeElement === n.body) {
						let n = t.getTreeNode(e);
						for (; n;) {
							if (n.nodeToRestore && n.nodeToRestore.isConnected) {
								qo(n.nodeToRestore);
								return;
							}
							n = n.parent;
						}
						for (n = t.getTreeNode(e); n;) {
							if (n.scopeRef && n.scopeRef.current && Z.getTreeNode(n.scopeRef)) {
								let e = Vo(n.scopeRef.current, !0);
								if (e) {
									qo(e);
									return;
								}
							}
							n = n.parent;
						}
					}
				});
			}
		};
	}, [e, t]);
}
function qo(e) {
	e.dispatchEvent(new CustomEvent(ko, {
		bubbles: !0,
		cancelable: !0
	})) && X(e);
}
function Jo(e, t, n) {
	let r = t?.tabbable ? tr : er, i = B(e?.nodeType === Node.ELEMENT_NODE ? e : null), a = xo(i, e || i, NodeFilter.SHOW_ELEMENT, { acceptNode(e) {
		return H(t?.from, e) || t?.tabbable && e.tagName === "INPUT" && e.getAttribute("type") === "radio" && (!Fo(e) || a.currentNode.tagName === "INPUT" && a.currentNode.type === "radio" && a.currentNode.name === e.name) ? NodeFilter.FILTER_REJECT : r(e) && (!n || Y(e, n)) && (!t?.accept || t.accept(e)) ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP;
	} });
	return t?.from && (a.currentNode = t.from), a;
}
var Yo = class e {
	constructor() {
		this.fastMap = /* @__PURE__ */ new Map(), this.root = new Xo({ scopeRef: null }), this.fastMap.set(null, this.root);
	}
	get size() {
		return this.fastMap.size;
	}
	getTreeNode(e) {
		return this.fastMap.get(e);
	}
	addTreeNode(e, t, n) {
		let r = this.fastMap.get(t ?? null);
		if (!r) return;
		let i = new Xo({ scopeRef: e });
		r.addChild(i), i.parent = r, this.fastMap.set(e, i), n && (i.nodeToRestore = n);
	}
	addNode(e) {
		this.fastMap.set(e.scopeRef, e);
	}
	removeTreeNode(e) {
		if (e === null) return;
		let t = this.fastMap.get(e);
		if (!t) return;
		let n = t.parent;
		for (let e of this.traverse()) e !== t && t.nodeToRestore && e.nodeToRestore && t.scopeRef && t.scopeRef.current && Y(e.nodeToRestore, t.scopeRef.current) && (e.nodeToRestore = t.nodeToRestore);
		let r = t.children;
		n && (n.removeChild(t), r.size > 0 && r.forEach((e) => n && n.addChild(e))), this.fastMap.delete(t.scopeRef);
	}
	*traverse(e = this.root) {
		if (e.scopeRef != null && (yield e), e.children.size > 0) for (let t of e.children) yield* this.traverse(t);
	}
	clone() {
		let t = new e();
		for (let e of this.traverse()) t.addTreeNode(e.scopeRef, e.parent?.scopeRef ?? null, e.nodeToRestore);
		return t;
	}
}, Xo = class {
	constructor(e) {
		this.children = /* @__PURE__ */ new Set(), this.contain = !1, this.scopeRef = e.scopeRef;
	}
	addChild(e) {
		this.children.add(e), e.parent = this;
	}
	removeChild(e) {
		this.children.delete(e), e.parent = void 0;
	}
}, Z = new Yo();
// node_modules/react-aria/dist/private/interactions/useInteractOutside.mjs
function Zo(e) {
	let { ref: t, onInteractOutside: n, isDisabled: r, onInteractOutsideStart: i } = e, a = D({
		isPointerDown: !1,
		ignoreEmulatedMouseEvents: !1
	}), o = Oi((e) => {
		n && Qo(e, t) && (i && i(e), a.current.isPointerDown = !0);
	}), s = Oi((e) => {
		n && n(e);
	});
	T(() => {
		let e = a.current;
		if (r) return;
		let n = t.current, i = B(n);
		if (typeof PointerEvent < "u") {
			let n = (n) => {
				e.isPointerDown && Qo(n, t) && s(n), e.isPointerDown = !1;
			};
			return i.addEventListener("pointerdown", o, !0), i.addEventListener("click", n, !0), () => {
				i.removeEventListener("pointerdown", o, !0), i.removeEventListener("click", n, !0);
			};
		}
	}, [t, r]);
}
function Qo(e, t) {
	if (e.button > 0) return !1;
	let n = W(e);
	if (n) {
		let e = n.ownerDocument;
		if (!e || !H(e.documentElement, n) || n.closest("[data-react-aria-top-layer]")) return !1;
	}
	return t.current ? !e.composedPath().includes(t.current) : !1;
}
// node_modules/react-aria/dist/private/overlays/useOverlay.mjs
var $o = [];
function es(e, t) {
	let { onClose: n, shouldCloseOnBlur: r, isOpen: i, isDismissable: a = !1, isKeyboardDismissDisabled: o = !1, shouldCloseOnInteractOutside: s } = e, c = D(void 0);
	T(() => {
		if (i && !$o.includes(t)) return $o.push(t), () => {
			let e = $o.indexOf(t);
			e >= 0 && $o.splice(e, 1);
		};
	}, [i, t]);
	let l = () => {
		$o[$o.length - 1] === t && n && n();
	}, u = (e) => {
		let n = $o[$o.length - 1];
		c.current = n, (!s || s(W(e))) && n === t && e.stopPropagation();
	}, d = (e) => {
		(!s || s(W(e))) && ($o[$o.length - 1] === t && e.stopPropagation(), c.current === t && l()), c.current = void 0;
	}, { keyboardProps: f } = pi({ shortcuts: { Escape: () => {
		if (!o) l();
		else return !1;
	} } });
	Zo({
		ref: t,
		onInteractOutside: a && i ? d : void 0,
		onInteractOutsideStart: u
	});
	let { focusWithinProps: p } = Wi({
		isDisabled: !r,
		onBlurWithin: (e) => {
			e.relatedTarget && !zo(e.relatedTarget) && (!s || s(e.relatedTarget)) && n?.();
		}
	});
	return {
		overlayProps: {
			...f,
			...p
		},
		underlayProps: {}
	};
}
// node_modules/react-aria/dist/private/utils/isScrollable.mjs
function ts(e, t) {
	if (!e) return !1;
	let n = window.getComputedStyle(e), r = document.scrollingElement || document.documentElement, i = /(auto|scroll)/.test(n.overflow + n.overflowX + n.overflowY);
	return e === r && n.overflow !== "hidden" && (i = !0), i && t && (i = e.scrollHeight !== e.clientHeight || e.scrollWidth !== e.clientWidth), i;
}
// node_modules/react-aria/dist/private/utils/getScrollParent.mjs
function ns(e, t) {
	let n = e;
	for (ts(n, t) && (n = n.parentElement); n && !ts(n, t);) n = n.parentElement;
	return n || document.scrollingElement || document.documentElement;
}
// node_modules/react-aria/dist/private/utils/keyboard.mjs
var rs = 100, is = 600, Q = {
	isOpen: !1,
	screenWidth: 0,
	screenHeight: 0,
	screenAngle: 0,
	screenTimeout: 0,
	startTimeStamp: 0,
	endTimeStamp: 0,
	resizeTimeStamp: 0,
	resizeTimeout: 0
}, as = /* @__PURE__ */ new Set([
	"checkbox",
	"radio",
	"range",
	"color",
	"file",
	"image",
	"button",
	"submit",
	"reset"
]);
function os() {
	let e = Number(window.visualViewport?.width ?? window.innerWidth), t = Number(window.visualViewport?.height ?? window.innerHeight), n = Number(window.visualViewport?.scale ?? 1);
	return {
		width: e * n,
		height: t * n,
		angle: window.screen.orientation?.angle ?? 0
	};
}
function ss(e) {
	Q.resizeTimeStamp <= e.timeStamp + 50 && (Q.resizeTimeStamp = e.timeStamp + 150, window.clearTimeout(Q.resizeTimeout), Q.resizeTimeout = window.setTimeout(cs, 150));
}
function cs() {
	let e = Ci("viewport");
	if (_r() && e?.includes("overlays-content")) return;
	let t = performance.now(), n = os(), r = t - Q.startTimeStamp, i = Q.screenHeight - n.height, a = Q.screenAngle - n.angle;
	Math.abs(a) % 180 && Q.screenWidth - n.height < rs && (Q.screenWidth = n.width, Q.screenHeight = n.height, Q.screenAngle = n.angle, i = 0), r > is && (window.clearTimeout(Q.screenTimeout), Q.screenTimeout = window.setTimeout(() => {
		let e = ps(document.hasFocus() ? U() : null), t = os();
		Math.abs(Q.screenAngle - t.angle) % 180 || Q.isOpen && e || (Q.screenWidth = t.width, Q.screenHeight = t.height, Q.screenAngle = t.angle, Q.isOpen = !1);
	}, is)), r <= is && i >= rs && (Q.endTimeStamp = t), Q.isOpen = i >= rs;
}
function ls() {
	let e = os(), t = Q.screenAngle - e.angle;
	if (Math.abs(t) % 180 && !Q.isOpen) {
		let e = Q.screenWidth;
		Q.screenWidth = Q.screenHeight, Q.screenHeight = e;
	}
	Q.isOpen || (Q.screenAngle = e.angle);
}
function us(e) {
	let t = ps(W(e)), n = performance.now(), r = os(), i = Q.screenHeight - r.height;
	i < rs && t && (Q.screenWidth = r.width, Q.screenHeight = r.height, Q.screenAngle = r.angle, Q.startTimeStamp = n), t && window.clearTimeout(Q.screenTimeout), i >= rs && t && (Q.endTimeStamp = n);
}
function ds() {
	let e = os();
	Hn(window.visualViewport, "resize", hr() ? cs : ss), Hn(window.screen.orientation, "change", ls), Hn(window, "focus", us, {
		capture: !0,
		passive: !0
	}), Q.screenWidth = e.width, Q.screenHeight = e.height, Q.screenAngle = e.angle;
}
typeof document < "u" && (document.readyState === "loading" ? Hn(document, "DOMContentLoaded", ds) : ds());
function fs() {
	let e = Ci("viewport");
	return _r() && e?.includes("overlays-content") ? !1 : Q.isOpen ? !0 : Q.startTimeStamp ? Q.endTimeStamp >= Q.startTimeStamp ? !0 : performance.now() - Q.startTimeStamp <= is ? Q.endTimeStamp > 0 || window.navigator.maxTouchPoints > 0 : !1 : window.navigator.maxTouchPoints > 0;
}
function ps(e) {
	if (!(e instanceof Element) || !er(e)) return !1;
	let t = e instanceof HTMLTextAreaElement, n = e instanceof HTMLElement && e.isContentEditable, r = e instanceof HTMLInputElement && !as.has(e.type);
	return t || n || r;
}
function ms() {
	return Q.isOpen;
}
// node_modules/react-aria/dist/private/utils/runAfterKeyboard.mjs
var hs = 200, gs = 50, _s = 600, vs = /* @__PURE__ */ new WeakMap(), ys = /* @__PURE__ */ new Set(), bs = /* @__PURE__ */ new Set();
function xs(e, t) {
	let n = ms();
	if (e !== n || t.aborted) for (let e of bs) e(n), bs.delete(e);
	if (!e && n && hr() && !t.aborted) window.clearInterval(vs.get(window)), vs.set(window, Ss(hs));
	else {
		if (e !== n || t.aborted) for (let e of ys) e(n), ys.delete(e);
		(bs.size + ys.size <= 0 || t.aborted) && (window.clearInterval(vs.get(window)), vs.delete(window));
	}
}
function Ss(e = _s) {
	return window.setInterval(xs, gs, ms(), AbortSignal.timeout(e));
}
function Cs(e) {
	if (!fs()) return e(!1), () => {};
	let t = window.requestAnimationFrame(() => {
		t = window.requestAnimationFrame(() => {
			let t = ps(document.hasFocus() ? U() : null);
			if (ms() === t || ms() && !t) return e(t);
			bs.add(e), vs.has(window) || vs.set(window, Ss());
		});
	});
	return () => {
		window.cancelAnimationFrame(t), bs.delete(e);
	};
}
function ws(e) {
	if (!fs()) return e(!1), () => {};
	let t = window.requestAnimationFrame(() => {
		t = window.requestAnimationFrame(() => {
			let t = ps(document.hasFocus() ? U() : null);
			if (ms() === t) return e(t);
			ys.add(e), vs.has(window) || vs.set(window, Ss());
		});
	});
	return () => {
		window.cancelAnimationFrame(t), ys.delete(e);
	};
}
// node_modules/react-aria/dist/private/overlays/usePreventScroll.mjs
var Ts = typeof document < "u" && window.visualViewport, Es = 0, Ds;
function Os(e = {}) {
	let { isDisabled: t, UNSTABLE_overrideFocus: n } = e;
	L(() => {
		if (!t) return Es++, Es === 1 && (Ds = mr() && hr() ? As() : ks(n)), () => {
			Es--, Es === 0 && Ds();
		};
	}, [t, n]);
}
function ks(e) {
	let t = window.innerWidth - document.documentElement.clientWidth;
	return _t(t > 0 && ("scrollbarGutter" in document.documentElement.style ? Un(document.documentElement, "scrollbar-gutter", "stable") : Un(document.documentElement, "padding-right", `${t}px`)), Un(document.documentElement, "overflow", "hidden"), e && Ms(), e && fs() && js());
}
function As() {
	let e = Un(document.documentElement, "overflow", "hidden"), t, n = !1, r = (e) => {
		let r = W(e);
		t = ts(r, !0) ? r : ns(r, !0), n = !1;
		let i = r.ownerDocument.defaultView.getSelection();
		i && !i.isCollapsed && i.containsNode(r, !0) && (n = !0), e.composedPath().some((e) => e instanceof HTMLInputElement && e.type === "range") && (n = !0), "selectionStart" in r && "selectionEnd" in r && r.selectionStart < r.selectionEnd && r.ownerDocument.activeElement === r && (n = !0);
	}, i = document.createElement("style"), a = Ti();
	a && (i.nonce = a), i.textContent = "@layer {\n  * {\n    overscroll-behavior: contain;\n  }\n}", document.head.prepend(i);
	let o = (e) => {
		e.touches.length === 2 || n || (!t || t === document.documentElement || t === document.body || t.scrollHeight === t.clientHeight && t.scrollWidth === t.clientWidth) && e.preventDefault();
	}, s = Ms(), c = _t(Hn(document, "touchstart", r, {
		passive: !1,
		capture: !0
	}), Hn(document, "touchmove", o, {
		passive: !1,
		capture: !0
	}), js());
	return () => {
		e(), c(), i.remove(), s();
	};
}
function js() {
	return Hn(document, "blur", (e) => {
		let t = W(e), n = e.relatedTarget;
		n && ps(n) ? n.focus() : n || (t.parentElement?.closest("[tabindex]"))?.focus({ preventScroll: !0 });
	}, !0);
}
function Ms() {
	let e = HTMLElement.prototype.focus;
	return Reflect.defineProperty(HTMLElement.prototype, "focus", {
		configurable: !0,
		writable: !0,
		value: function(t) {
			if (e.call(this, {
				...t,
				preventScroll: !0
			}), !t || !t.preventScroll) {
				let e = () => {
					U() === this && Ns(this);
				};
				Cs((t) => t ? e() : ws(() => e()));
			}
		}
	}), () => {
		Reflect.defineProperty(HTMLElement.prototype, "focus", {
			configurable: !0,
			writable: !0,
			value: e
		});
	};
}
function Ns(e) {
	let t = document.scrollingElement || document.documentElement, n = e;
	for (; n && n !== t && n.isConnected;) {
		let e = ns(n);
		if (e !== document.documentElement && e !== document.body && e !== n) {
			let t = e.getBoundingClientRect(), r = n.getBoundingClientRect();
			if (r.top < t.top || r.bottom > t.top + n.clientHeight) {
				let n = t.bottom;
				Ts && (n = Math.min(n, Ts.offsetTop + Ts.height));
				let i = r.top - t.top - ((n - t.top) / 2 - r.height / 2);
				e.scrollTo({
					top: Math.max(0, Math.min(e.scrollHeight - e.clientHeight, e.scrollTop + i)),
					behavior: "smooth"
				});
			}
		}
		n = e.parentElement;
	}
}
// node_modules/react-aria/dist/private/intl/overlays/ar-AE.mjs
var Ps = {};
Ps = { dismiss: "تجاهل" };
// node_modules/react-aria/dist/private/intl/overlays/bg-BG.mjs
var Fs = {};
Fs = { dismiss: "Отхвърляне" };
// node_modules/react-aria/dist/private/intl/overlays/cs-CZ.mjs
var Is = {};
Is = { dismiss: "Odstranit" };
// node_modules/react-aria/dist/private/intl/overlays/da-DK.mjs
var Ls = {};
Ls = { dismiss: "Luk" };
// node_modules/react-aria/dist/private/intl/overlays/de-DE.mjs
var Rs = {};
Rs = { dismiss: "Schließen" };
// node_modules/react-aria/dist/private/intl/overlays/el-GR.mjs
var zs = {};
zs = { dismiss: "Απόρριψη" };
// node_modules/react-aria/dist/private/intl/overlays/en-US.mjs
var Bs = {};
Bs = { dismiss: "Dismiss" };
// node_modules/react-aria/dist/private/intl/overlays/es-ES.mjs
var Vs = {};
Vs = { dismiss: "Descartar" };
// node_modules/react-aria/dist/private/intl/overlays/et-EE.mjs
var Hs = {};
Hs = { dismiss: "Lõpeta" };
// node_modules/react-aria/dist/private/intl/overlays/fi-FI.mjs
var Us = {};
Us = { dismiss: "Hylkää" };
// node_modules/react-aria/dist/private/intl/overlays/fr-FR.mjs
var Ws = {};
Ws = { dismiss: "Rejeter" };
// node_modules/react-aria/dist/private/intl/overlays/he-IL.mjs
var Gs = {};
Gs = { dismiss: "התעלם" };
// node_modules/react-aria/dist/private/intl/overlays/hr-HR.mjs
var Ks = {};
Ks = { dismiss: "Odbaci" };
// node_modules/react-aria/dist/private/intl/overlays/hu-HU.mjs
var qs = {};
qs = { dismiss: "Elutasítás" };
// node_modules/react-aria/dist/private/intl/overlays/it-IT.mjs
var Js = {};
Js = { dismiss: "Ignora" };
// node_modules/react-aria/dist/private/intl/overlays/ja-JP.mjs
var Ys = {};
Ys = { dismiss: "閉じる" };
// node_modules/react-aria/dist/private/intl/overlays/ko-KR.mjs
var Xs = {};
Xs = { dismiss: "무시" };
// node_modules/react-aria/dist/private/intl/overlays/lt-LT.mjs
var Zs = {};
Zs = { dismiss: "Atmesti" };
// node_modules/react-aria/dist/private/intl/overlays/lv-LV.mjs
var Qs = {};
Qs = { dismiss: "Nerādīt" };
// node_modules/react-aria/dist/private/intl/overlays/nb-NO.mjs
var $s = {};
$s = { dismiss: "Lukk" };
// node_modules/react-aria/dist/private/intl/overlays/nl-NL.mjs
var ec = {};
ec = { dismiss: "Negeren" };
// node_modules/react-aria/dist/private/intl/overlays/pl-PL.mjs
var tc = {};
tc = { dismiss: "Zignoruj" };
// node_modules/react-aria/dist/private/intl/overlays/pt-BR.mjs
var nc = {};
nc = { dismiss: "Descartar" };
// node_modules/react-aria/dist/private/intl/overlays/pt-PT.mjs
var rc = {};
rc = { dismiss: "Dispensar" };
// node_modules/react-aria/dist/private/intl/overlays/ro-RO.mjs
var ic = {};
ic = { dismiss: "Revocare" };
// node_modules/react-aria/dist/private/intl/overlays/ru-RU.mjs
var ac = {};
ac = { dismiss: "Пропустить" };
// node_modules/react-aria/dist/private/intl/overlays/sk-SK.mjs
var oc = {};
oc = { dismiss: "Zrušiť" };
// node_modules/react-aria/dist/private/intl/overlays/sl-SI.mjs
var sc = {};
sc = { dismiss: "Opusti" };
// node_modules/react-aria/dist/private/intl/overlays/sr-SP.mjs
var cc = {};
cc = { dismiss: "Odbaci" };
// node_modules/react-aria/dist/private/intl/overlays/sv-SE.mjs
var lc = {};
lc = { dismiss: "Avvisa" };
// node_modules/react-aria/dist/private/intl/overlays/tr-TR.mjs
var uc = {};
uc = { dismiss: "Kapat" };
// node_modules/react-aria/dist/private/intl/overlays/uk-UA.mjs
var dc = {};
dc = { dismiss: "Скасувати" };
// node_modules/react-aria/dist/private/intl/overlays/zh-CN.mjs
var fc = {};
fc = { dismiss: "取消" };
// node_modules/react-aria/dist/private/intl/overlays/zh-TW.mjs
var pc = {};
pc = { dismiss: "關閉" };
// node_modules/react-aria/dist/private/overlays/intlStrings.mjs
var mc = {};
mc = {
	"ar-AE": Ps,
	"bg-BG": Fs,
	"cs-CZ": Is,
	"da-DK": Ls,
	"de-DE": Rs,
	"el-GR": zs,
	"en-US": Bs,
	"es-ES": Vs,
	"et-EE": Hs,
	"fi-FI": Us,
	"fr-FR": Ws,
	"he-IL": Gs,
	"hr-HR": Ks,
	"hu-HU": qs,
	"it-IT": Js,
	"ja-JP": Ys,
	"ko-KR": Xs,
	"lt-LT": Zs,
	"lv-LV": Qs,
	"nb-NO": $s,
	"nl-NL": ec,
	"pl-PL": tc,
	"pt-BR": nc,
	"pt-PT": rc,
	"ro-RO": ic,
	"ru-RU": ac,
	"sk-SK": oc,
	"sl-SI": sc,
	"sr-SP": cc,
	"sv-SE": lc,
	"tr-TR": uc,
	"uk-UA": dc,
	"zh-CN": fc,
	"zh-TW": pc
};
// node_modules/@internationalized/string/dist/private/LocalizedStringDictionary.mjs
var hc = Symbol.for("react-aria.i18n.locale"), gc = Symbol.for("react-aria.i18n.strings"), _c = void 0, vc = class e {
	constructor(e, t = "en-US") {
		this.strings = Object.fromEntries(Object.entries(e).filter(([, e]) => e)), this.defaultLocale = t;
	}
	getStringForLocale(e, t) {
		let n = this.getStringsForLocale(t)[e];
		if (!n) throw Error(`Could not find intl message ${e} in ${t} locale`);
		return n;
	}
	getStringsForLocale(e) {
		let t = this.strings[e];
		return t || (t = yc(e, this.strings, this.defaultLocale), this.strings[e] = t), t;
	}
	static getGlobalDictionaryForPackage(t) {
		if (typeof window > "u") return null;
		let n = window[hc];
		if (_c === void 0) {
			let t = window[gc];
			if (!t) return null;
			_c = {};
			for (let r in t) _c[r] = new e({ [n]: t[r] }, n);
		}
		let r = _c?.[t];
		if (!r) throw Error(`Strings for package "${t}" were not included by LocalizedStringProvider. Please add it to the list passed to createLocalizedStringDictionary.`);
		return r;
	}
};
function yc(e, t, n = "en-US") {
	if (t[e]) return t[e];
	let r = bc(e), i = xc(e);
	if (i && t[`${r}-${i}`]) return t[`${r}-${i}`];
	if (t[r]) return t[r];
	for (let e in t) if (e.startsWith(r + "-")) return t[e];
	return t[n];
}
function bc(e) {
	return Intl.Locale ? new Intl.Locale(e).language : e.split("-")[0];
}
function xc(e) {
	if (Intl.Locale) return new Intl.Locale(e).script;
}
// node_modules/@internationalized/string/dist/private/LocalizedStringFormatter.mjs
var Sc = /* @__PURE__ */ new Map(), Cc = /* @__PURE__ */ new Map(), wc = class {
	constructor(e, t) {
		this.locale = e, this.strings = t;
	}
	format(e, t) {
		let n = this.strings.getStringForLocale(e, this.locale);
		return typeof n == "function" ? n(t, this) : n;
	}
	plural(e, t, n = "cardinal") {
		let r = t["=" + e];
		if (r) return typeof r == "function" ? r() : r;
		let i = this.locale + ":" + n, a = Sc.get(i);
		return a || (a = new Intl.PluralRules(this.locale, { type: n }), Sc.set(i, a)), r = t[a.select(e)] || t.other, typeof r == "function" ? r() : r;
	}
	number(e) {
		let t = Cc.get(this.locale);
		return t || (t = new Intl.NumberFormat(this.locale), Cc.set(this.locale, t)), t.format(e);
	}
	select(e, t) {
		let n = e[t] || e.other;
		return typeof n == "function" ? n() : n;
	}
}, Tc = /* @__PURE__ */ new WeakMap();
function Ec(e) {
	let t = Tc.get(e);
	return t || (t = new vc(e), Tc.set(e, t)), t;
}
function Dc(e, t) {
	return t && vc.getGlobalDictionaryForPackage(t) || Ec(e);
}
function Oc(e, t) {
	let { locale: n } = Sn(), r = Dc(e, t);
	return E(() => new wc(n, r), [n, r]);
}
// node_modules/react-aria/dist/private/overlays/DismissButton.mjs
function kc(e) {
	return e && e.__esModule ? e.default : e;
}
function Ac(e) {
	let { onDismiss: t, ...n } = e, r = un(n, Oc(kc(mc), "@react-aria/overlays").format("dismiss")), i = () => {
		t && t();
	};
	return /*#__PURE__*/ b.createElement(qa, null, /*#__PURE__*/ b.createElement("button", {
		...r,
		tabIndex: -1,
		onClick: i,
		style: {
			width: 1,
			height: 1
		}
	}));
}
// node_modules/react-aria/dist/private/interactions/PressResponder.mjs
var jc = /*#__PURE__*/ b.forwardRef(({ children: e, ...t }, n) => {
	let r = D(!1), i = w(Ei), a = R(i || {}, {
		...t,
		register() {
			r.current = !0, i && i.register();
		}
	});
	return a.ref = Ht(n || i?.ref), mi(i, a.ref), T(() => {
		r.current ||= !0;
	}, []), /*#__PURE__*/ b.createElement(Ei.Provider, { value: a }, e);
});
function Mc({ children: e }) {
	let t = E(() => ({ register: () => {} }), []);
	return /*#__PURE__*/ b.createElement(Ei.Provider, { value: t }, e);
}
// node_modules/react-aria/dist/private/overlays/Overlay.mjs
var Nc = /*#__PURE__*/ b.createContext(null);
function Pc(e) {
	let t = kt(), { portalContainer: n = t ? null : document.body, isExiting: r } = e, [i, a] = O(!1), o = E(() => ({
		contain: i,
		setContain: a
	}), [i, a]), { getContainer: s } = rt();
	if (!e.portalContainer && s && (n = s()), !n) return null;
	let c = e.children;
	return e.disableFocusManagement || (c = /*#__PURE__*/ b.createElement(Ao, {
		restoreFocus: !0,
		contain: (e.shouldContainFocus || i) && !r
	}, c)), c = /*#__PURE__*/ b.createElement(Nc.Provider, { value: o }, /*#__PURE__*/ b.createElement(Mc, null, /*#__PURE__*/ b.createElement(hi.Provider, { value: null }, c))), /*#__PURE__*/ re.createPortal(c, n);
}
function Fc() {
	let e = w(Nc)?.setContain;
	L(() => {
		e?.(!0);
	}, [e]);
}
// node_modules/react-stately/dist/private/overlays/useOverlayTriggerState.mjs
function Ic(e) {
	let [t, n] = Ha(e.isOpen, e.defaultOpen || !1, e.onOpenChange), [r, i] = O(null);
	return {
		isOpen: t,
		setOpen: n,
		open: C(() => {
			n(!0);
		}, [n]),
		close: C(() => {
			n(!1);
		}, [n]),
		toggle: C(() => {
			n(!t);
		}, [n, t]),
		point: r,
		setPoint: i
	};
}
// node_modules/react-aria/dist/private/utils/animation.mjs
function Lc(e, t = !0, n) {
	let [r, i] = O(!0), a = r && t;
	return L(() => {
		if (!t && e.current) return _t(Un(e.current, "opacity", "0"), Un(e.current, "clip", "rect(0 0 0 0)"), Un(e.current, "clip-path", "inset(50%)"), Un(e.current, "mask-image", "linear-gradient(#0000, #0000)"));
	}, [e, t]), L(() => {
		if (a && e.current && "getAnimations" in e.current) for (let t of e.current.getAnimations()) t instanceof CSSTransition && t.cancel();
	}, [e, a]), zc(e, a, n, C(() => i(!1), [])), a;
}
function Rc(e, t, n) {
	let [r, i] = O(t ? "open" : "closed");
	switch (r) {
		case "open":
			t || i("exiting");
			break;
		case "closed":
		case "exiting": t && i("open");
	}
	let a = r === "exiting";
	return zc(e, a, n, C(() => {
		i((e) => e === "exiting" ? "closed" : e);
	}, [])), a;
}
function zc(e, t, n, r) {
	let i = D(null), a = Oi(n);
	L(() => {
		if (t && e.current && i.current !== t) {
			if (i.current = t, !("getAnimations" in e.current)) {
				r();
				return;
			}
			let n = a?.(e.current), o = e.current.getAnimations().filter((e) => (typeof DocumentTimeline > "u" || e.timeline instanceof DocumentTimeline) && e.playState === "running");
			if (o.length === 0 && !n) {
				r();
				return;
			}
			Promise.all([n, ...o.map((e) => e.finished)]).then(() => {
				ie(() => {
					r();
				});
			}).catch(() => {});
		}
		i.current = t;
	}, [
		e,
		t,
		r
	]);
}
// node_modules/react-aria-components/dist/private/Popover.mjs
var Bc = /*#__PURE__*/ x(null), Vc = class {
	constructor(e) {
		this.value = null, this.level = 0, this.hasChildNodes = !1, this.rendered = null, this.textValue = "", this["aria-label"] = void 0, this.index = 0, this.parentKey = null, this.prevKey = null, this.nextKey = null, this.firstChildKey = null, this.lastChildKey = null, this.props = {}, this.colSpan = null, this.colIndex = null, this.type = this.constructor.type, this.key = e;
	}
	get childNodes() {
		throw Error("childNodes is not supported");
	}
	clone() {
		let e = new this.constructor(this.key);
		return e.value = this.value, e.level = this.level, e.hasChildNodes = this.hasChildNodes, e.rendered = this.rendered, e.textValue = this.textValue, e["aria-label"] = this["aria-label"], e.index = this.index, e.parentKey = this.parentKey, e.prevKey = this.prevKey, e.nextKey = this.nextKey, e.firstChildKey = this.firstChildKey, e.lastChildKey = this.lastChildKey, e.props = this.props, e.render = this.render, e.colSpan = this.colSpan, e.colIndex = this.colIndex, e;
	}
	filter(e, t, n) {
		let r = this.clone();
		return t.addDescendants(r, e), r;
	}
}, Hc = class extends Vc {
	filter(e, t, n) {
		let [r, i] = Wc(e, t, this.firstChildKey, n), a = this.clone();
		return a.firstChildKey = r, a.lastChildKey = i, a;
	}
};
(class extends Vc {
	static {
		this.type = "header";
	}
});
var Uc = class extends Vc {
	static {
		this.type = "loader";
	}
};
(class extends Hc {
	static {
		this.type = "item";
	}
	filter(e, t, n) {
		if (n(this.textValue, this)) {
			let n = this.clone();
			return t.addDescendants(n, e), n;
		}
		return null;
	}
}), class extends Hc {
	static {
		this.type = "section";
	}
	filter(e, t, n) {
		let r = super.filter(e, t, n);
		if (r && r.lastChildKey !== null) {
			let t = e.getItem(r.lastChildKey);
			if (t && t.type !== "header") return r;
		}
		return null;
	}
};
function Wc(e, t, n, r) {
	if (n == null) return [null, null];
	let i = null, a = null, o = e.getItem(n);
	for (; o != null;) {
		let n = o.filter(e, t, r);
		n != null && (n.nextKey = null, a && (n.prevKey = a.key, a.nextKey = n.key), i ??= n, t.addNode(n), a = n), o = o.nextKey == null ? null : e.getItem(o.nextKey);
	}
	if (a && a.type === "separator") {
		let e = a.prevKey;
		t.removeNode(a.key), e == null ? a = null : (a = t.getItem(e), a.nextKey = null);
	}
	return [i?.key ?? null, a?.key ?? null];
}
// node_modules/react-aria/dist/private/collections/CollectionBuilder.mjs
var Gc = /*#__PURE__*/ x(!1);
typeof b.useSyncExternalStore == "function" && b.useSyncExternalStore;
var Kc = /*#__PURE__*/ x(null);
function qc(e) {
	return class extends Vc {
		static {
			this.type = e;
		}
	};
}
function Jc(e, t, n, r, i, a) {
	typeof e == "string" && (e = qc(e));
	let o = C((i) => {
		i?.setProps(t, n, e, r, a);
	}, [
		t,
		n,
		r,
		a,
		e
	]), s = w(Kc);
	if (s) {
		let o = s.ownerDocument.nodesByProps.get(t);
		return o || (o = s.ownerDocument.createElement(e.type), o.setProps(t, n, e, r, a), s.appendChild(o), s.ownerDocument.updateCollection(), s.ownerDocument.nodesByProps.set(t, o)), i ? /*#__PURE__*/ b.createElement(Kc.Provider, { value: o }, i) : null;
	}
	return /*#__PURE__*/ b.createElement(e.type, { ref: o }, i);
}
function Yc(e, t) {
	let n = ({ node: e }) => t(e.props, e.props.ref, e), r = S((r, i) => {
		let a = w(hi);
		if (!w(Gc)) {
			if (t.length >= 3) throw Error(t.name + " cannot be rendered outside a collection.");
			return t(r, i);
		}
		return Jc(e, r, i, "children" in r ? r.children : null, null, (e) => /*#__PURE__*/ b.createElement(hi.Provider, { value: a }, /*#__PURE__*/ b.createElement(n, { node: e })));
	});
	return r.displayName = t.name, r;
}
// node_modules/react-aria-components/dist/private/SelectionIndicator.mjs
var Xc = /*#__PURE__*/ x({ isSelected: !1 });
// node_modules/react-aria/dist/private/overlays/useOverlayTrigger.mjs
function Zc(e, t, n) {
	let { type: r } = e, { isOpen: i } = t;
	T(() => {
		n && n.current && Do.set(n.current, t.close);
	});
	let a;
	r === "menu" ? a = !0 : r === "listbox" && (a = "listbox");
	let o = Ft();
	return {
		triggerProps: {
			"aria-haspopup": a,
			"aria-expanded": i,
			"aria-controls": i ? o : void 0,
			onPress: t.toggle
		},
		overlayProps: { id: o }
	};
}
// node_modules/react-stately/dist/private/menu/useMenuTriggerState.mjs
function Qc(e) {
	let t = Ic(e), [n, r] = O(null), [i, a] = O([]), o = () => {
		a([]), t.close();
	}, s = (e, t) => {
		a((n) => t > n.length ? n : [...n.slice(0, t), e]);
	}, c = (e, t) => {
		a((n) => n[t] === e ? n.slice(0, t) : n);
	};
	return {
		focusStrategy: n,
		...t,
		open(e = null) {
			r(e), t.open();
		},
		toggle(e = null) {
			r(e), t.toggle();
		},
		close() {
			o();
		},
		expandedKeysStack: i,
		openSubmenu: s,
		closeSubmenu: c
	};
}
// node_modules/react-aria/dist/private/utils/inertValue.mjs
function $c(e) {
	let t = ne.split(".");
	return parseInt(t[0], 10) >= 19 ? e : e ? "true" : void 0;
}
// node_modules/react-aria/dist/private/utils/useLoadMoreSentinel.mjs
function el(e, t) {
	let { collection: n, onLoadMore: r, scrollOffset: i = 1, direction: a = "end" } = e, o = D(null), s = Oi((e) => {
		for (let t of e) t.isIntersecting && r && r();
	});
	L(() => {
		if (t.current) {
			let e = 100 * i, n = a === "start" ? `${e}% 0px 0px 0px` : `0px ${e}% ${e}% ${e}%`;
			o.current = new IntersectionObserver(s, {
				root: ns(t?.current),
				rootMargin: n
			}), o.current.observe(t.current);
		}
		return () => {
			o.current && o.current.disconnect();
		};
	}, [
		n,
		t,
		i,
		a
	]);
}
// node_modules/react-aria-components/dist/private/Menu.mjs
var tl = /*#__PURE__*/ x(null), nl = /*#__PURE__*/ x(null);
(class extends Vc {
	static {
		this.type = "submenutrigger";
	}
	filter(e, t, n) {
		let r = e.getItem(this.firstChildKey);
		if (r && n(r.textValue, this)) {
			let n = this.clone();
			return t.addDescendants(n, e), n;
		}
		return null;
	}
}), Yc(Uc, function(e, t, n) {
	let r = w(tl), { isLoading: i, onLoadMore: a, scrollOffset: o, ...s } = e, c = D(null);
	el(E(() => ({
		onLoadMore: a,
		collection: r?.collection,
		sentinelRef: c,
		scrollOffset: o
	}), [
		a,
		o,
		r?.collection
	]), c);
	let l = Gt({
		...s,
		id: void 0,
		children: n.rendered,
		defaultClassName: "react-aria-MenuLoadingIndicator",
		values: void 0
	});
	return /*#__PURE__*/ b.createElement(b.Fragment, null, /*#__PURE__*/ b.createElement("div", {
		style: {
			position: "relative",
			width: 0,
			height: 0
		},
		inert: $c(!0)
	}, /*#__PURE__*/ b.createElement("div", {
		"data-testid": "loadMoreSentinel",
		ref: c,
		style: {
			position: "absolute",
			height: 1,
			width: 1
		}
	})), i && l.children && /*#__PURE__*/ b.createElement(b.Fragment, null, /*#__PURE__*/ b.createElement(Qt.div, {
		...R(z(e, { global: !0 }), { tabIndex: -1 }),
		...l,
		role: "menuitem",
		ref: t
	}, l.children)));
});
// node_modules/react-aria/dist/private/dialog/useDialog.mjs
function rl(e, t) {
	let { role: n = "dialog", isEntering: r } = e, i = Lt();
	i = e["aria-label"] ? void 0 : i;
	let a = Lt();
	a = n === "alertdialog" && !e["aria-describedby"] ? a : void 0;
	let o = D(!1);
	T(() => {
		if (!r && t.current && !Kn(t.current)) {
			Qr(t.current);
			let e = setTimeout(() => {
				(U() === t.current || U() === document.body) && (o.current = !0, t.current && (t.current.blur(), Qr(t.current)), o.current = !1);
			}, 500);
			return () => {
				clearTimeout(e);
			};
		}
	}, [t, r]), Fc(), D(!1), T(() => {});
	let s = e["aria-describedby"] ?? a;
	return {
		dialogProps: {
			...z(e, { labelable: !0 }),
			role: n,
			tabIndex: -1,
			"aria-labelledby": e["aria-labelledby"] ?? i,
			"aria-describedby": s,
			onBlur: (e) => {
				o.current && e.stopPropagation();
			}
		},
		titleProps: { id: i },
		contentProps: { id: a }
	};
}
// node_modules/react-aria-components/dist/private/Dialog.mjs
var il = /*#__PURE__*/ x(null), al = /*#__PURE__*/ x(null);
function ol(e) {
	let t = Qc(e), n = D(null), { triggerProps: r, overlayProps: i } = Zc({ type: "dialog" }, t, n);
	return r.id = Ft(), i["aria-labelledby"] = r.id, tn() ? null : /*#__PURE__*/ b.createElement(Wt, { values: [
		[al, t],
		[nl, t],
		[il, i],
		[Bc, {
			trigger: "DialogTrigger",
			triggerRef: n,
			id: i.id,
			"aria-labelledby": i["aria-labelledby"]
		}]
	] }, /*#__PURE__*/ b.createElement(jc, {
		...r,
		ref: n,
		isPressed: t.isOpen
	}, e.children));
}
var sl = /*#__PURE__*/ S(function(e, t) {
	let n = e["aria-labelledby"];
	[e, t] = qt(e, t, il);
	let { dialogProps: r, titleProps: i, contentProps: a } = rl({
		...e,
		"aria-labelledby": n
	}, t), o = w(al);
	!r["aria-label"] && !r["aria-labelledby"] && e["aria-labelledby"] && (r["aria-labelledby"] = e["aria-labelledby"]);
	let s = Gt({
		defaultClassName: "react-aria-Dialog",
		className: e.className,
		style: e.style,
		children: e.children,
		values: { close: o?.close || (() => {}) }
	}), c = z(e, { global: !0 });
	return /*#__PURE__*/ b.createElement(Qt.section, {
		...R(c, s, r),
		render: e.render,
		ref: t,
		slot: e.slot || void 0
	}, /*#__PURE__*/ b.createElement(Wt, { values: [
		[vo, { slots: {
			[Ut]: {},
			title: {
				...i,
				level: 2
			}
		} }],
		[va, { slots: {
			[Ut]: {},
			description: a
		} }],
		[Qi, { slots: {
			[Ut]: {},
			close: { onPress: () => o?.close() }
		} }]
	] }, s.children));
});
// node_modules/react-aria/dist/private/overlays/useModalOverlay.mjs
function cl(e, t, n) {
	let { overlayProps: r, underlayProps: i } = es({
		...e,
		isOpen: t.isOpen,
		onClose: t.close
	}, n);
	Os({
		isDisabled: !t.isOpen,
		UNSTABLE_overrideFocus: e.UNSTABLE_overrideFocus
	}), Fc();
	let { isEntering: a } = e;
	return T(() => {
		if (t.isOpen && n.current) return a ? Eo(n.current) : To([n.current], { shouldUseInert: !0 });
	}, [
		t.isOpen,
		a,
		n
	]), {
		modalProps: R(r),
		underlayProps: i
	};
}
// node_modules/react-aria/dist/private/utils/useViewportSize.mjs
var $ = typeof document < "u" && window.visualViewport;
function ll() {
	let e = kt(), t = D(null), [n, r] = O(() => e ? {
		width: 0,
		height: 0
	} : ul());
	return T(() => {
		let e = (e) => {
			r((t) => e.width === t.width && e.height === t.height ? t : e);
		}, n = () => {
			$ && $.scale > 1 || e(ul());
		}, i = (n) => {
			$ && $.scale > 1 || ps(W(n)) && (t.current = Cs((t) => {
				t || e({
					width: document.documentElement.clientWidth,
					height: document.documentElement.clientHeight
				});
			}));
		};
		return e(ul()), mr() && hr() && window.addEventListener("blur", i, !0), $ ? $.addEventListener("resize", n) : window.addEventListener("resize", n), () => {
			t.current?.(), mr() && hr() && window.removeEventListener("blur", i, !0), $ ? $.removeEventListener("resize", n) : window.removeEventListener("resize", n);
		};
	}, []), n;
}
function ul() {
	return {
		width: $ ? Math.min($.width * $.scale, document.documentElement.clientWidth) : document.documentElement.clientWidth,
		height: $ ? $.height * $.scale : document.documentElement.clientHeight
	};
}
// node_modules/react-aria-components/dist/private/Modal.mjs
var dl = /*#__PURE__*/ x(null), fl = /*#__PURE__*/ x(null), pl = /*#__PURE__*/ S(function(e, t) {
	if (w(fl)) return /*#__PURE__*/ b.createElement(vl, {
		...e,
		modalRef: t
	}, e.children);
	let { isDismissable: n, isKeyboardDismissDisabled: r, isOpen: i, defaultOpen: a, onOpenChange: o, children: s, isEntering: c, isExiting: l, UNSTABLE_portalContainer: u, shouldCloseOnInteractOutside: d, ...f } = e;
	return /*#__PURE__*/ b.createElement(hl, {
		isDismissable: n,
		isKeyboardDismissDisabled: r,
		isOpen: i,
		defaultOpen: a,
		onOpenChange: o,
		isEntering: c,
		isExiting: l,
		UNSTABLE_portalContainer: u,
		shouldCloseOnInteractOutside: d
	}, /*#__PURE__*/ b.createElement(vl, {
		...f,
		modalRef: t
	}, s));
});
function ml(e, t) {
	[e, t] = qt(e, t, dl);
	let n = w(al), r = Ic(e), i = e.isOpen != null || e.defaultOpen != null || !n ? r : n, a = Ht(t), o = D(null), s = Rc(a, i.isOpen, e.onExit), c = D(null), l = Rc(o, i.isOpen, (e) => c.current?.(e)), u = s || l || e.isExiting || !1, d = kt();
	return !i.isOpen && !u || d ? null : /*#__PURE__*/ b.createElement(gl, {
		...e,
		state: i,
		isExiting: u,
		overlayRef: a,
		modalRef: o,
		onExitRef: c
	});
}
var hl = /*#__PURE__*/ S(ml);
function gl({ UNSTABLE_portalContainer: e, UNSTABLE_deferUntilEntered: t, ...n }) {
	let r = n.modalRef, { state: i } = n, [a, o] = O(!1), s = Lc(n.overlayRef, a, n.onEnter) || n.isEntering || !1, c = !!t && (!a || s), { modalProps: l, underlayProps: u } = cl({
		...n,
		isEntering: c
	}, i, r), d = w(il), f = t ? _l(d, { isEntering: c }) : d, p = Gt({
		...n,
		defaultClassName: "react-aria-ModalOverlay",
		values: {
			isEntering: s,
			isExiting: n.isExiting,
			state: i
		}
	}), m = ll(), h, g;
	if (typeof document < "u") {
		let e = ts(document.body) ? document.body : document.scrollingElement || document.documentElement, t = e.getBoundingClientRect().width % 1, n = e.getBoundingClientRect().height % 1;
		h = e.scrollWidth - t, g = e.scrollHeight - n;
	}
	let _ = {
		...p.style,
		"--visual-viewport-width": m.width + "px",
		"--visual-viewport-height": m.height + "px",
		"--page-width": h === void 0 ? void 0 : h + "px",
		"--page-height": g === void 0 ? void 0 : g + "px"
	};
	return L(() => Cs(() => o(!0)), []), /*#__PURE__*/ b.createElement(Pc, {
		isExiting: n.isExiting,
		portalContainer: e
	}, /*#__PURE__*/ b.createElement(Qt.div, {
		...R(z(n, { global: !0 }), u),
		...p,
		style: _,
		ref: n.overlayRef,
		"data-entering": s || void 0,
		"data-exiting": n.isExiting || void 0
	}, /*#__PURE__*/ b.createElement(Wt, { values: [
		[fl, {
			modalProps: l,
			modalRef: r,
			isExiting: n.isExiting,
			onExitRef: n.onExitRef,
			isOpen: a,
			isDismissable: n.isDismissable
		}],
		[al, i],
		[il, f]
	] }, p.children)));
}
function _l(e, t) {
	if (e && "slots" in e && e.slots) {
		let n = {};
		for (let r in e.slots) n[r] = {
			...e.slots[r],
			...t
		};
		return {
			...e,
			slots: n
		};
	}
	return {
		...e,
		...t
	};
}
function vl(e) {
	let { modalProps: t, modalRef: n, isExiting: r, onExitRef: i, isDismissable: a, isOpen: o } = w(fl), s = w(al), c = Ht(E(() => Rt(e.modalRef, n), [e.modalRef, n])), l = Lc(c, o, e.onEnter), u = Gt({
		...e,
		defaultClassName: "react-aria-Modal",
		values: {
			isEntering: l,
			isExiting: r,
			state: s
		}
	});
	return L(() => {
		i && (i.current = e.onExit);
	}), /*#__PURE__*/ b.createElement(Qt.div, {
		...R(z(e, { global: !0 }), t),
		...u,
		ref: c,
		"data-entering": l || void 0,
		"data-exiting": r || void 0
	}, a && /*#__PURE__*/ b.createElement(Ac, { onDismiss: s.close }), u.children);
}
// src/components/Copyable.tsx
function yl({ text: e, testId: t, href: n }) {
	let r = I("candidate"), [i, a] = O(!1), o = navigator.clipboard, s = async () => {
		try {
			await o?.writeText(e), a(!0);
		} catch {
			a(!1);
		}
	};
	return /* @__PURE__ */ j("span", {
		className: "copyable",
		children: [/* @__PURE__ */ A("span", {
			"data-testid": t,
			"data-words": "server",
			children: n === void 0 ? e : /* @__PURE__ */ A("a", {
				href: n,
				children: e
			})
		}), o !== void 0 && /* @__PURE__ */ A(G, {
			className: "button small",
			onPress: () => void s(),
			"aria-label": `${r("copy")}: ${e}`,
			children: r(i ? "copied" : "copy")
		})]
	});
}
// src/components/HelpButton.tsx
var bl = [
	"unheard",
	"silent",
	"misheard",
	"pause",
	"broken"
];
function xl({ contact: e, reference: t }) {
	let n = I("candidate");
	return /* @__PURE__ */ j(ol, { children: [/* @__PURE__ */ j(G, {
		className: "button small",
		"data-testid": "help",
		children: [
			/* @__PURE__ */ A(K, { name: "help" }),
			" ",
			n("controls.help")
		]
	}), /* @__PURE__ */ A(hl, {
		className: "overlay",
		isDismissable: !0,
		children: /* @__PURE__ */ A(pl, {
			className: "modal",
			children: /* @__PURE__ */ A(sl, {
				className: "dialog",
				children: ({ close: r }) => /* @__PURE__ */ j("div", {
					"data-testid": "help-text",
					children: [
						/* @__PURE__ */ A(yo, {
							slot: "title",
							children: n("help.title")
						}),
						bl.map((e) => /* @__PURE__ */ j("section", { children: [/* @__PURE__ */ A("h3", { children: n(`help.${e}Title`) }), /* @__PURE__ */ A("p", { children: n(`help.${e}`) })] }, e)),
						/* @__PURE__ */ A("h3", { children: n("help.contactTitle") }),
						/* @__PURE__ */ A(Sl, {
							contact: e,
							reference: t
						}),
						/* @__PURE__ */ A("div", {
							className: "actions",
							children: /* @__PURE__ */ A(G, {
								className: "button primary",
								onPress: r,
								autoFocus: !0,
								"data-testid": "help-close",
								children: n("help.close")
							})
						})
					]
				})
			})
		})
	})] });
}
function Sl({ contact: e, reference: t }) {
	let n = I("candidate");
	return /* @__PURE__ */ j(k, { children: [e === "" ? /* @__PURE__ */ A("p", { children: n("help.noContact") }) : /* @__PURE__ */ j("p", { children: [
		n("help.contact"),
		" ",
		/* @__PURE__ */ A(yl, {
			text: e,
			testId: "contact",
			href: Cl(e)
		})
	] }), t !== null && /* @__PURE__ */ j("p", {
		className: "quiet",
		children: [
			n("help.reference"),
			" ",
			/* @__PURE__ */ A(yl, {
				text: t,
				testId: "reference"
			})
		]
	})] });
}
function Cl(e) {
	return /^https:\/\/\S+$/.test(e) ? e : /^[^\s@:/]+@[^\s@:/]+$/.test(e) ? `mailto:${e}` : void 0;
}
// node_modules/react-aria/dist/private/button/useToggleButton.mjs
function wl(e, t, n) {
	let { isSelected: r } = t, { isPressed: i, buttonProps: a } = Ui({
		...e,
		onPress: _t(t.toggle, e.onPress)
	}, n);
	return {
		isPressed: i,
		isSelected: r,
		isDisabled: e.isDisabled || !1,
		buttonProps: R(a, { "aria-pressed": r })
	};
}
// node_modules/react-aria/dist/private/button/useToggleButtonGroup.mjs
function Tl(e, t, n) {
	let r = {
		isSelected: t.selectedKeys.has(e.id),
		defaultSelected: !1,
		setSelected(n) {
			t.setSelected(e.id, n);
		},
		toggle() {
			t.toggleKey(e.id);
		}
	}, { isPressed: i, isSelected: a, isDisabled: o, buttonProps: s } = wl({
		...e,
		id: void 0,
		isDisabled: e.isDisabled || t.isDisabled
	}, r, n);
	return t.selectionMode === "single" && (s.role = "radio", s["aria-checked"] = r.isSelected, delete s["aria-pressed"]), {
		isPressed: i,
		isSelected: a,
		isDisabled: o,
		buttonProps: s
	};
}
// node_modules/react-aria-components/dist/private/ToggleButtonGroup.mjs
var El = /*#__PURE__*/ x(null), Dl = /*#__PURE__*/ x({}), Ol = /*#__PURE__*/ S(function(e, t) {
	[e, t] = qt(e, t, Dl);
	let n = w(El), r = Ua(n && e.id != null ? {
		isSelected: n.selectedKeys.has(e.id),
		onChange(t) {
			n.setSelected(e.id, t);
		}
	} : e), { buttonProps: i, isPressed: a, isSelected: o, isDisabled: s } = n && e.id != null ? Tl({
		...e,
		id: e.id
	}, n, t) : wl({
		...e,
		id: e.id == null ? void 0 : String(e.id)
	}, r, t), { focusProps: c, isFocused: l, isFocusVisible: u } = Gi(e), { hoverProps: d, isHovered: f } = Zi({
		...e,
		isDisabled: s
	}), p = Gt({
		...e,
		id: void 0,
		values: {
			isHovered: f,
			isPressed: a,
			isFocused: l,
			isSelected: r.isSelected,
			isFocusVisible: u,
			isDisabled: s,
			state: r
		},
		defaultClassName: "react-aria-ToggleButton"
	}), m = z(e, { global: !0 });
	return delete m.id, delete m.onClick, /*#__PURE__*/ b.createElement(Qt.button, {
		...R(m, p, i, c, d),
		ref: t,
		slot: e.slot || void 0,
		"data-focused": l || void 0,
		"data-disabled": s || void 0,
		"data-pressed": a || void 0,
		"data-selected": o || void 0,
		"data-hovered": f || void 0,
		"data-focus-visible": u || void 0
	}, /*#__PURE__*/ b.createElement(Xc.Provider, { value: { isSelected: o } }, p.children));
}), kl = 4e3;
function Al({ onTell: e, onReply: t }) {
	let n = I("candidate"), [r, i] = O(""), [a, o] = O(!1), s = async (s) => {
		s.preventDefault();
		let c = r.trim();
		if (c === "" || a) return;
		o(!0);
		let l = await e({
			type: "candidate.text",
			text: c
		});
		o(!1), l && i(""), t(n(l ? "text.sent" : "text.notSent"));
	};
	return /* @__PURE__ */ j("form", {
		id: "text-answer-form",
		className: "text-answer",
		onSubmit: (e) => void s(e),
		children: [/* @__PURE__ */ j("label", {
			className: "field",
			children: [/* @__PURE__ */ A("span", { children: n("text.label") }), /* @__PURE__ */ A("textarea", {
				rows: 2,
				maxLength: kl,
				value: r,
				onChange: (e) => i(e.target.value),
				"data-testid": "text-answer"
			})]
		}), /* @__PURE__ */ A(G, {
			className: "button",
			type: "submit",
			"data-testid": "send-text",
			children: n("text.send")
		})]
	});
}
// src/components/InterviewControls.tsx
var jl = 6e3;
function Ml(e) {
	let t = I("candidate"), { onTell: n, muted: r, onMute: i, ending: a } = e, [o, s] = O(e.typing ?? !1), [c, l] = O("");
	T(() => {
		if (c === "") return;
		let e = setTimeout(() => l(""), jl);
		return () => clearTimeout(e);
	}, [c]);
	let u = (e, r) => async () => {
		let i = await n(e);
		l(i ? r : t("controls.noConnection"));
	};
	return /* @__PURE__ */ j("section", {
		"aria-label": t("controls.label"),
		className: "controls",
		children: [
			o && /* @__PURE__ */ A(Al, {
				onTell: n,
				onReply: l
			}),
			/* @__PURE__ */ A("p", {
				className: "reply",
				role: "status",
				children: c
			}),
			/* @__PURE__ */ j("div", {
				className: "control-row",
				children: [
					/* @__PURE__ */ j(G, {
						className: "button primary",
						isDisabled: a,
						onPress: u({ type: "candidate.finished" }, t("controls.finishedReply")),
						"data-testid": "finished",
						children: [
							/* @__PURE__ */ A(K, { name: "check" }),
							" ",
							t("controls.finished")
						]
					}),
					/* @__PURE__ */ j(Ol, {
						className: "button",
						isSelected: r,
						onChange: i,
						"data-testid": "mute",
						children: [
							/* @__PURE__ */ A(K, { name: r ? "microphoneOff" : "microphone" }),
							" ",
							t(r ? "controls.unmute" : "controls.mute")
						]
					}),
					/* @__PURE__ */ j(G, {
						className: "button",
						isDisabled: a,
						onPress: u({ type: "candidate.repeat" }, t("controls.repeatReply")),
						"data-testid": "repeat",
						children: [
							/* @__PURE__ */ A(K, { name: "repeat" }),
							" ",
							t("controls.repeat")
						]
					}),
					/* @__PURE__ */ j(G, {
						className: "button",
						isDisabled: a,
						onPress: u({ type: "candidate.wait" }, t("controls.waitReply")),
						"data-testid": "wait",
						children: [
							/* @__PURE__ */ A(K, { name: "clock" }),
							" ",
							t("controls.wait")
						]
					}),
					/* @__PURE__ */ j(G, {
						className: "button",
						"aria-expanded": o,
						"aria-controls": o ? "text-answer-form" : void 0,
						onPress: () => s(!o),
						"data-testid": "type-instead",
						children: [
							/* @__PURE__ */ A(K, { name: "keyboard" }),
							" ",
							t("controls.type")
						]
					})
				]
			})
		]
	});
}
// src/components/LeaveButton.tsx
function Nl({ ending: e, onEnd: t }) {
	let n = I("candidate");
	return /* @__PURE__ */ j(ol, { children: [/* @__PURE__ */ j(G, {
		className: "button small",
		isDisabled: e,
		"data-testid": "end",
		children: [
			/* @__PURE__ */ A(K, { name: "leave" }),
			" ",
			n("controls.leave")
		]
	}), /* @__PURE__ */ A(hl, {
		className: "overlay",
		isDismissable: !0,
		children: /* @__PURE__ */ A(pl, {
			className: "modal",
			children: /* @__PURE__ */ A(sl, {
				role: "alertdialog",
				className: "dialog",
				children: ({ close: e }) => /* @__PURE__ */ j(k, { children: [
					/* @__PURE__ */ A(yo, {
						slot: "title",
						children: n("leave.title")
					}),
					/* @__PURE__ */ A("p", { children: n("leave.pause") }),
					/* @__PURE__ */ A("p", { children: n("leave.end") }),
					/* @__PURE__ */ j("div", {
						className: "actions",
						children: [/* @__PURE__ */ A(G, {
							className: "button",
							onPress: e,
							autoFocus: !0,
							children: n("leave.stay")
						}), /* @__PURE__ */ A(G, {
							className: "button danger",
							"data-testid": "end-confirm",
							onPress: () => {
								e(), t();
							},
							children: n("leave.endNow")
						})]
					})
				] })
			})
		})
	})] });
}
// src/components/MutedWatch.tsx
var Pl = 3;
function Fl({ stream: e, muted: n }) {
	let r = I("candidate"), [i, a] = O(!1);
	return T(() => {
		if (a(!1), !n || e.getAudioTracks().length === 0) return;
		let r = new MediaStream(e.getAudioTracks().map((e) => e.clone()));
		r.getAudioTracks().forEach((e) => e.enabled = !0);
		let i = 0, o = h(r, (e) => {
			let n = t(e);
			i = n === "good" || n === "loud" ? i + 1 : 0, i >= Pl && a(!0);
		});
		return () => {
			o(), p(r);
		};
	}, [e, n]), /* @__PURE__ */ A("div", {
		role: "status",
		children: n && i && /* @__PURE__ */ A(ua, {
			tone: "warning",
			announced: !1,
			testId: "muted-speech",
			children: /* @__PURE__ */ A("p", { children: /* @__PURE__ */ A("strong", { children: r("controls.mutedSpeech") }) })
		})
	});
}
// src/components/QuestionProgress.tsx
function Il({ question: e }) {
	let t = I("candidate");
	return /* @__PURE__ */ A("section", {
		"aria-label": t("live.question"),
		className: "question",
		"data-testid": "question",
		"data-number": e?.number,
		"data-total": e?.total,
		children: e === null ? /* @__PURE__ */ A("p", {
			className: "quiet",
			children: t("live.greeting")
		}) : /* @__PURE__ */ j(k, { children: [
			/* @__PURE__ */ A("p", {
				className: "quiet",
				children: t("live.progress", {
					number: e.number,
					total: e.total
				})
			}),
			/* @__PURE__ */ A("div", {
				className: "question-bar",
				"aria-hidden": "true",
				children: Array.from({ length: e.total }, (t, n) => /* @__PURE__ */ A("span", { "data-state": n < e.number ? "asked" : "next" }, n))
			}),
			/* @__PURE__ */ A("p", {
				className: "question-text",
				"data-words": "server",
				children: e.text
			})
		] })
	});
}
// src/components/TimeLeft.tsx
var Ll = 1e3;
function Rl({ deadlineMs: e }) {
	let t = I("candidate"), [n, r] = O(() => Date.now());
	T(() => {
		if (e === null) return;
		let t = setInterval(() => r(Date.now()), Ll);
		return () => clearInterval(t);
	}, [e]);
	let i = e === null ? null : e - n, a = i === null ? null : d(i), o = i === null ? null : g(i);
	return /* @__PURE__ */ j(k, { children: [a !== null && /* @__PURE__ */ j("p", {
		className: "time-left",
		"data-testid": "time-left",
		"data-unit": a.unit,
		children: [
			/* @__PURE__ */ A(K, { name: "clock" }),
			" ",
			a.unit === "over" ? t("time.over") : t(`time.${a.unit}`, { count: a.count })
		]
	}), /* @__PURE__ */ A("p", {
		className: "hidden",
		role: "status",
		"data-testid": "time-announced",
		children: o !== null && t("time.announce", { count: o })
	})] });
}
// src/components/TurnIndicator.tsx
var zl = {
	connecting: "link",
	reconnecting: "link",
	ending: "dots",
	muted: "microphoneOff",
	heard: "microphone",
	listening: "microphone",
	thinking: "dots",
	speaking: "speaker",
	idle: "dots"
};
function Bl(e, t) {
	let n = e.phase.name;
	return n === "connecting" || n === "reconnecting" || n === "ending" ? n : e.speaker === "user" ? t ? "muted" : e.turnState === "speaking" ? "heard" : "listening" : e.turnState === "thinking" ? "thinking" : e.speaker === "assistant" ? "speaking" : "idle";
}
function Vl({ state: e, muted: t }) {
	let n = I("candidate"), r = Bl(e, t), i = e.phase.name === "live", a = i ? e.speaker ?? "none" : "none";
	return /* @__PURE__ */ j("div", {
		className: `turn turn-${a}`,
		role: "status",
		"data-testid": "turn",
		"data-turn": a,
		"data-turn-state": i ? e.turnState : "idle",
		children: [/* @__PURE__ */ A(K, { name: zl[r] }), /* @__PURE__ */ j("div", { children: [/* @__PURE__ */ A("p", {
			className: "turn-title",
			children: n(`turn.${r}.title`)
		}), /* @__PURE__ */ A("p", {
			className: "turn-hint",
			children: n(`turn.${r}.hint`)
		})] })]
	});
}
// src/components/useWakeLock.ts
function Hl(e) {
	T(() => {
		let t = navigator.wakeLock;
		if (!e || t === void 0) return;
		let n = null, r = !0, i = async () => {
			if (document.visibilityState === "visible") try {
				n = await t.request("screen"), r || await n.release();
			} catch {}
		}, a = () => void i();
		return i(), document.addEventListener("visibilitychange", a), () => {
			r = !1, document.removeEventListener("visibilitychange", a), n?.release().catch(() => void 0);
		};
	}, [e]);
}
// src/components/LiveInterview.tsx
function Ul(e) {
	let t = I("candidate"), { interview: n, microphone: r, isPractice: i = !1 } = e, { state: a } = n, [o, s] = O(!1), { stream: c } = r;
	return Hl(!0), T(() => (c?.getAudioTracks().forEach((e) => {
		e.enabled = !o;
	}), () => c?.getAudioTracks().forEach((e) => void (e.enabled = !0))), [c, o]), /* @__PURE__ */ j("div", {
		className: "live",
		children: [
			/* @__PURE__ */ j("section", {
				className: "live-talk",
				"aria-label": t("live.conversation"),
				children: [
					/* @__PURE__ */ j("div", {
						className: "live-line",
						children: [
							e.mark,
							!i && /* @__PURE__ */ A(Rl, { deadlineMs: a.deadlineMs }),
							/* @__PURE__ */ A("div", {
								className: "live-extras",
								children: e.children
							})
						]
					}),
					/* @__PURE__ */ A(ga, {
						state: a,
						onRetry: () => n.retryNow(),
						isSaved: !i
					}),
					e.soundBlocked && /* @__PURE__ */ j(ua, {
						tone: "warning",
						testId: "sound-blocked",
						children: [/* @__PURE__ */ A("p", { children: t("sound.blocked") }), /* @__PURE__ */ j(G, {
							className: "button",
							onPress: e.onAllowSound,
							children: [
								/* @__PURE__ */ A(K, { name: "speaker" }),
								" ",
								t("sound.allow")
							]
						})]
					}),
					r.problem !== null && /* @__PURE__ */ A(co, {
						problem: r.problem,
						onRetry: () => void r.open(null),
						testId: "mic-lost",
						also: t("mic.untilThen")
					}),
					/* @__PURE__ */ A(Vl, {
						state: a,
						muted: o
					}),
					c !== null && /* @__PURE__ */ A(Fl, {
						stream: c,
						muted: o
					}),
					/* @__PURE__ */ A(Il, { question: a.question }),
					/* @__PURE__ */ A(_a, {
						state: a,
						onDismiss: (e) => n.dismissNotice(e)
					})
				]
			}),
			/* @__PURE__ */ A(Ml, {
				onTell: (e) => n.tell(e),
				muted: o,
				onMute: s,
				ending: a.phase.name === "ending",
				typing: r.silent
			}),
			/* @__PURE__ */ A(aa, {
				items: a.captions,
				settings: e.captions,
				onSettings: e.onCaptions,
				savedUpToHere: !i && a.phase.name === "reconnecting"
			})
		]
	});
}
// src/components/useInterview.ts
function Wl(e) {
	return {
		state: te(e.subscribe, e.snapshot),
		tell: (t) => e.tell(t),
		end: () => e.end(),
		retryNow: () => e.retryNow(),
		dismissNotice: (t) => e.dismissNotice(t)
	};
}
// src/components/useMicrophone.ts
var Gl = {
	stream: null,
	problem: null,
	silent: !1,
	deviceId: null
};
function Kl() {
	let [e, t] = O(Gl), [n, o] = O([]), s = D(null), c = D(0), u = C((e) => {
		s.current !== e.stream && p(s.current), s.current = e.stream, t(e);
	}, []), d = C(async (e) => {
		c.current += 1;
		let n = c.current;
		try {
			let r = await i(e);
			if (n !== c.current) return p(r), null;
			r.getAudioTracks()[0]?.addEventListener("ended", () => {
				s.current === r && t({
					...Gl,
					problem: "taken_away"
				});
			});
			let a = e ?? r.getAudioTracks()[0]?.getSettings().deviceId ?? null;
			return u({
				stream: r,
				problem: null,
				silent: !1,
				deviceId: a
			}), o(await l()), r;
		} catch (e) {
			return n === c.current && u({
				...Gl,
				problem: e instanceof r ? e.problem : "unsupported"
			}), null;
		}
	}, [u]), f = C(() => {
		c.current += 1;
		let e = a();
		return u({
			...Gl,
			stream: e,
			silent: !0
		}), e;
	}, [u]), m = C(() => {
		c.current += 1, u(Gl);
	}, [u]);
	return T(() => m, [m]), T(() => {
		let e = navigator.mediaDevices, t = () => void l().then(o, () => void 0);
		return e?.addEventListener?.("devicechange", t), () => e?.removeEventListener?.("devicechange", t);
	}, []), {
		...e,
		devices: n,
		open: d,
		goSilent: f,
		close: m
	};
}
// src/pages/interview/ClosingStep.tsx
var ql = [
	"completed",
	"candidate_ended",
	"platform_ended",
	"time_limit",
	"network_lost",
	"expired",
	"interrupted",
	"budget",
	"engine_failed",
	"internal"
];
// src/pages/interview/useJourney.ts
function Jl() {
	let e = D(null), [t, n] = O(!1), r = C(async () => {
		try {
			await e.current?.play(), n(!1);
		} catch (e) {
			n(e instanceof DOMException && e.name === "NotAllowedError");
		}
	}, []);
	return {
		element: e,
		isBlocked: t,
		start: r,
		play: C((t) => {
			e.current !== null && (e.current.srcObject = t, r());
		}, [r]),
		prime: C(() => {
			e.current !== null && (e.current.srcObject = new MediaStream(), e.current.play().catch(() => void 0));
		}, [])
	};
}
function Yl(e) {
	T(() => {
		if (e === null) return;
		let t = () => e.retryNow();
		return window.addEventListener("online", t), () => window.removeEventListener("online", t);
	}, [e]);
}
// src/ui/Unreachable.tsx
function Xl({ onRetry: e }) {
	let t = I("shared");
	return /* @__PURE__ */ j(k, { children: [/* @__PURE__ */ A(ua, {
		tone: "warning",
		testId: "unreachable",
		children: /* @__PURE__ */ j("p", { children: [
			/* @__PURE__ */ A("strong", { children: t("unreachable.title") }),
			" ",
			t("unreachable.text")
		] })
	}), /* @__PURE__ */ A(G, {
		className: "button",
		onPress: e,
		children: t("tryNow")
	})] });
}
// src/ui/useRetryingLoad.ts
function Zl(e) {
	let [t, r] = O({ state: "loading" }), [i, a] = O(0);
	return T(() => {
		let t = !0, i, a = async (o) => {
			try {
				let n = await e();
				t && r({
					state: "ready",
					value: n
				});
			} catch (e) {
				if (!t) return;
				let s = e instanceof y ? e.retryAfterMs : null;
				if (e instanceof y && e.status < 500 && e.status !== 429) {
					r({
						state: "failed",
						error: e
					});
					return;
				}
				if (!(e instanceof y) && !(e instanceof n)) throw e;
				let c = v(o, Math.random(), s);
				r({
					state: "waiting",
					waitMs: c
				}), i = setTimeout(() => void a(o + 1), c);
			}
		};
		return a(0), () => {
			t = !1, clearTimeout(i);
		};
	}, [e, i]), [t, C(() => a((e) => e + 1), [])];
}
// src/kit/useInterview.ts
function Ql(e) {
	return Wl(e.call);
}
// src/kit/VoiceInterview.tsx
function $l({ interview: e, ...t }) {
	return /* @__PURE__ */ A(gt, {
		...t,
		children: /* @__PURE__ */ A(eu, { interview: e })
	});
}
function eu({ interview: e }) {
	let [t, n] = Zl(C(() => e.status(), [e]));
	switch (t.state) {
		case "loading": return /* @__PURE__ */ A("p", {
			role: "status",
			children: I("shared")("moment")
		});
		case "waiting": return /* @__PURE__ */ A(Xl, { onRetry: n });
		case "failed": return /* @__PURE__ */ A(au, { detail: t.error.message });
		case "ready": return /* @__PURE__ */ A(tu, {
			interview: e,
			about: t.value
		});
	}
}
function tu({ interview: e, about: t }) {
	let n = Ql(e), r = Kl(), i = Jl(), a = t.consent?.required === !0 && t.consent.given_at === null ? t.consent : null, [o, s] = O(a === null ? "check" : "consent"), [c, l] = O(!1), [u, d] = O(!1);
	Yl(e.call), T(() => e.on("audio", i.play), [e, i.play]);
	let { open: f, close: p } = r, { phase: m } = n.state, h = o !== "consent" && ![
		"ended",
		"refused",
		"elsewhere"
	].includes(m.name);
	T(() => {
		h ? f(null) : p();
	}, [
		h,
		f,
		p
	]);
	let g = async () => {
		l(!0);
		try {
			await e.giveConsent(a?.version), d(!1), s("check");
		} catch {
			d(!0);
		}
		l(!1);
	}, _ = (t) => {
		i.prime(), s("live"), e.connect(t).catch(() => void 0);
	}, v = async () => _(await f(null) ?? r.goSilent());
	return /* @__PURE__ */ j(k, { children: [
		/* @__PURE__ */ A("audio", {
			ref: i.element,
			autoPlay: !0,
			"data-testid": "agent-audio"
		}),
		o === "consent" && a !== null && /* @__PURE__ */ j(ou, {
			name: "consent",
			title: I("candidate")("consent.title"),
			children: [/* @__PURE__ */ A(eo, {
				consent: a,
				attemptsLeft: null,
				working: c,
				onAgree: () => void g()
			}), u && /* @__PURE__ */ A(Xl, { onRetry: () => void g() })]
		}),
		o === "check" && /* @__PURE__ */ A(nu, {
			interview: e,
			microphone: r,
			onBegin: _
		}),
		o === "live" && /* @__PURE__ */ A(ru, {
			interview: e,
			about: t,
			microphone: r,
			sound: i,
			onHere: () => void v()
		})
	] });
}
function nu({ interview: e, microphone: t, onBegin: n }) {
	let r = I("candidate"), [i, a] = O(!1), { stream: o, problem: s } = t;
	return /* @__PURE__ */ j(ou, {
		name: "check",
		title: r("check.title"),
		children: [
			/* @__PURE__ */ A("p", { children: r("check.lead") }),
			/* @__PURE__ */ A(ho, {
				session: e.session,
				microphone: t,
				onRunning: a
			}),
			/* @__PURE__ */ A("div", {
				className: "actions",
				children: s === null ? /* @__PURE__ */ j(G, {
					className: "button primary",
					isDisabled: o === null || i,
					onPress: () => o && n(o),
					"data-testid": "start",
					children: [
						/* @__PURE__ */ A(K, { name: "microphone" }),
						" ",
						r("practice.begin")
					]
				}) : /* @__PURE__ */ j(G, {
					className: "button",
					onPress: () => n(t.goSilent()),
					"data-testid": "no-mic",
					children: [
						/* @__PURE__ */ A(K, { name: "keyboard" }),
						" ",
						r("mic.without")
					]
				})
			})
		]
	});
}
function ru({ interview: e, about: t, microphone: n, sound: r, onHere: i }) {
	let a = I("candidate"), o = Ql(e), [s, c] = O({
		shown: !0,
		size: "normal"
	}), { phase: l } = o.state, { stream: u } = n;
	return T(() => {
		u !== null && e.call.replaceMicrophone(u);
	}, [e, u]), l.name === "ended" ? /* @__PURE__ */ A(iu, {
		interview: e,
		about: t,
		end: l
	}) : l.name === "refused" ? /* @__PURE__ */ A(au, { detail: l.detail }) : l.name === "elsewhere" ? /* @__PURE__ */ j(ou, {
		name: "elsewhere",
		title: a("elsewhere.title"),
		children: [/* @__PURE__ */ A("p", { children: a("elsewhere.text") }), /* @__PURE__ */ A(G, {
			className: "button primary",
			onPress: i,
			"data-testid": "continue-here",
			children: a("elsewhere.here")
		})]
	}) : /* @__PURE__ */ j(ou, {
		name: "live",
		title: t.title || a("interview"),
		children: [/* @__PURE__ */ A(ha, { state: o.state }), /* @__PURE__ */ j(Ul, {
			interview: o,
			microphone: n,
			captions: s,
			onCaptions: c,
			mark: t.recording === !0 && /* @__PURE__ */ A("p", {
				className: "quiet",
				children: a("live.recorded")
			}),
			soundBlocked: r.isBlocked,
			onAllowSound: () => void r.start(),
			children: [/* @__PURE__ */ A(xl, {
				contact: t.contact ?? "",
				reference: e.sessionId
			}), /* @__PURE__ */ A(Nl, {
				ending: l.name === "ending",
				onEnd: () => void o.end()
			})]
		})]
	});
}
function iu({ interview: e, about: t, end: n }) {
	let r = I("candidate"), i = ql.find((e) => e === n.endReason) ?? "other";
	return /* @__PURE__ */ A(ou, {
		name: "closing",
		title: r("closing.title"),
		children: /* @__PURE__ */ j("div", {
			"data-testid": "closing",
			"data-end-reason": n.endReason ?? "",
			className: "stack",
			children: [
				/* @__PURE__ */ A("p", { children: r(`closing.reason.${i}`) }),
				/* @__PURE__ */ A(ua, {
					tone: n.saved ? "good" : "warning",
					testId: n.saved ? "saved" : "not-saved",
					children: /* @__PURE__ */ A("p", { children: n.saved ? r("closing.saved") : `${r("closing.notSaved")} ${r("closing.notSavedHint")}` })
				}),
				/* @__PURE__ */ A("p", { children: t.next_steps || r("closing.nextDefault", { title: t.title ?? "" }) }),
				/* @__PURE__ */ A(Sl, {
					contact: t.contact ?? "",
					reference: e.sessionId
				})
			]
		})
	});
}
function au({ detail: e }) {
	return /* @__PURE__ */ A(ua, {
		tone: "error",
		testId: "problem",
		children: /* @__PURE__ */ A("p", { children: e })
	});
}
function ou({ name: e, title: t, children: n }) {
	let r = D(null);
	return T(() => {
		let t = r.current?.closest(".viva");
		t?.getAttribute("data-step") && t.getAttribute("data-step") !== e && r.current?.focus(), t?.setAttribute("data-step", e);
	}, [e]), /* @__PURE__ */ j(k, { children: [/* @__PURE__ */ A("h2", {
		ref: r,
		tabIndex: -1,
		className: "step-title",
		children: t
	}), n] });
}
export { y as ApiError, aa as Captions, ha as ConnectionState, ga as ConnectionTrouble, eo as ConsentGate, ho as DeviceCheck, xl as HelpButton, o as Interview, Ml as InterviewControls, Nl as LeaveButton, Ul as LiveInterview, r as MicrophoneError, io as MicrophonePicker, e as NotConnectedError, _a as Notices, Il as QuestionProgress, Al as TextAnswer, Rl as TimeLeft, Vl as TurnIndicator, n as UnreachableError, gt as Viva, $l as VoiceInterview, u as data, l as listMicrophones, _ as missingSupport, i as openMicrophone, s as restClient, a as silentStream, p as stopStream, Ql as useInterview, Kl as useMicrophone, h as watchLevel };
