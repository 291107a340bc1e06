var e = {
	interview: "Interview",
	copy: "Copy",
	copied: "Copied",
	back: "Back",
	steps: {
		label: "Steps",
		now: "Step {{number}} of {{total}}",
		about: "About",
		consent: "Consent",
		check: "Sound check",
		practice: "Practice",
		live: "Interview"
	},
	about: {
		hosted: "{{host}} invites you to this interview.",
		what: "What will happen",
		questions_one: "{{count}} question.",
		questions_other: "{{count}} questions.",
		minutes_one: "About {{count}} minute.",
		minutes_other: "About {{count}} minutes.",
		limit_one: "It closes after {{count}} minute at the latest.",
		limit_other: "It closes after {{count}} minutes at the latest.",
		answering: "You answer by speaking, or by typing.",
		aiTitle: "The interviewer is an AI",
		ai: "A computer program with a synthetic voice. It is not a person.",
		recordedTitle: "The sound is recorded",
		recorded: "What is said is also written down.",
		writtenTitle: "The sound is not recorded",
		written: "What is said is written down and kept as text.",
		textTitle: "What is said is written down",
		text: "It is kept as text.",
		readTitle: "Who reads it",
		read: "The people who invited you.",
		readToo: "The people who invited you, and you.",
		judged: "Nothing here judges your voice, your accent or your feelings.",
		stopTitle: "You may stop at any time",
		stop: "What was saved until then is kept. If the connection breaks, the same link brings you back.",
		needTitle: "What you need",
		need: "A quiet place and a microphone. Headphones help.",
		helpTitle: "Help",
		next: "What comes next",
		nextConsent: "You are asked for your consent, then your sound is checked. You can practise before the interview begins.",
		nextCheck: "Your sound is checked. You can practise before the interview begins.",
		opensUntil: "This link works until {{when}}.",
		continue: "Continue"
	},
	consent: {
		title: "Your consent",
		version: "Version {{version}}",
		agree: "I have read this and agree",
		reminder: "Please tick the box first. Without your consent there is no interview.",
		attempts_one: "When you go on, this link is used: it opens one interview. You can leave and come back to it by the same link.",
		attempts_other: "When you go on, one of the {{count}} attempts that this link still has is used. You can leave and come back by the same link.",
		kept: "Your agreement is kept with the version of this text and the time. No sound is sent before it.",
		refuse: "If you do not agree, close this page. Nothing is kept of your visit.",
		next: "Agree and go on",
		working: "Opening…"
	},
	return: {
		askTitle: "Continue your interview?",
		asked: "This link was opened in this browser before. You can go on where you were.",
		askedBegun: "You began this interview before. You can go on where you left it. Your earlier answers are kept.",
		continue: "Continue the interview",
		anew: "Begin anew",
		anewHint_one: "Beginning anew uses the last attempt of this link.",
		anewHint_other: "Beginning anew uses one of the {{count}} attempts that this link still has.",
		notYou: "Not your interview? Close this page, and ask the person who invited you for a link of your own.",
		title: "Welcome back",
		lead: "Your interview goes on where you left it. Your earlier answers are kept."
	},
	mic: {
		label: "Microphone",
		waiting: "Waiting for your permission…",
		browserChoice: "Your browser’s choice",
		level: "Microphone level",
		say: "Say a few words: the bar moves when you are heard.",
		again: "Try the microphone again",
		without: "Go on without a microphone and type",
		silent: "You go on without a microphone. Type your answers.",
		untilThen: "Until then you can type your answers.",
		loudness: {
			silent: "Quiet at the moment",
			quiet: "Too quiet: move closer to the microphone",
			good: "Good: you are heard",
			loud: "Too loud: move away from the microphone a little"
		},
		problem: {
			insecure_page: {
				what: "Your browser gives this page no microphone, because the connection is not secure (plain HTTP).",
				remedy: "Open the page by an address that begins with https://. If you were invited, tell the person who sent the link."
			},
			unsupported: {
				what: "This browser cannot hold a voice interview.",
				remedy: "Please open the link in a current Chrome, Edge, Firefox or Safari, not inside another app."
			},
			denied: {
				what: "The browser was not allowed to use the microphone.",
				remedy: "Press the sign beside the address, allow the microphone, and try again. On a phone, look in the settings."
			},
			none: {
				what: "No microphone was found.",
				remedy: "Plug one in, or switch it on in your system’s sound settings, and try again."
			},
			busy: {
				what: "The microphone did not start. Another program may be using it.",
				remedy: "Close other calls and recorders, and try again."
			},
			taken_away: {
				what: "The microphone is gone: it was unplugged, or its permission was withdrawn.",
				remedy: "Plug it in again or choose another one, and try again."
			}
		}
	},
	check: {
		title: "Check your sound",
		lead: "This takes about ten seconds. Nothing of it is kept.",
		micTitle: "Your microphone",
		speakerTitle: "Your speakers or headphones",
		play: "Play a test sound",
		playing: "Playing…",
		hearIt: "Three soft tones. If you do not hear them, turn up the volume or plug in your headphones again.",
		lineTitle: "Your voice over the line",
		lineText: "Your voice goes to the server and comes back, as in the interview. You say one sentence and hear it as the interviewer does.",
		start: "Start the sound check",
		again: "Check again",
		skip: "Skip the check",
		next: "Go on",
		anyway: "Go on anyway",
		stage: {
			connecting: "Connecting to the server…",
			measuring: "Measuring the line… Please wait a moment.",
			speaking: "Now say a sentence, for example: “Good day, can you hear me well?”"
		},
		recording: "Recording",
		secondsLeft_one: "{{count}} second left",
		secondsLeft_other: "{{count}} seconds left",
		hear: "Hear your sentence",
		hearing: "You hear your sentence…",
		cameBack: "This is how your voice came back from the server.",
		localOnly: "This is what your microphone recorded. It did not go over the line.",
		verdict: {
			good: "Good: the interviewer hears you well.",
			usable: "Usable: the interview will work, but it could be better.",
			poor: "Poor: the interviewer may not understand you."
		},
		finding: {
			no_path: "The server answers, but no sound gets through. A firewall or a VPN may stand in the way. Another network, such as a phone’s, may help.",
			unavailable: "The server could not hold the check at the moment. The interview itself may still work.",
			not_heard: "We heard no voice. Speak closer to the microphone, or choose another one above.",
			nothing_back: "Your microphone works, but your voice did not come back. Check again.",
			too_quiet: "You are rather quiet. Move closer to the microphone, or turn it up in your sound settings.",
			too_loud: "You are too loud. Move away from the microphone a little, or turn it down.",
			loss: "Some of the sound is lost on the way. Move closer to your Wi-Fi, use a cable, or stop downloads.",
			delay: "The line is slow. Answers take a moment longer to arrive; another network may help.",
			jitter: "The line is uneven. Move closer to your Wi-Fi, or use a cable."
		},
		figures: "Figures",
		figure: {
			path: "Connection",
			lossUp: "Lost on the way to the server",
			lossDown: "Lost on the way back",
			voiceDelay: "Voice there and back",
			roundTrip: "Network round trip",
			jitter: "Unevenness (jitter)",
			level: "Loudness of your voice",
			unknown: "not known",
			ms: "{{value}} ms",
			percent: "{{value}} %",
			ofHundred: "{{value}} of 100"
		},
		path: {
			direct: "direct",
			relay: "over a relay",
			none: "none for sound",
			unavailable: "not measured"
		}
	},
	practice: {
		title: "Practise, or begin",
		lead: "If you like, try one question first. Nothing of the practice is kept.",
		again: "Practice is over, and nothing of it was kept. Try again, or begin the interview.",
		failed: "Practice is not possible at the moment. You can begin the interview.",
		start: "Practise with one question",
		restart: "Practise again",
		stop: "End practice",
		mark: "Practice – nothing of this is kept",
		ready: "When you are ready",
		readyText: "The interviewer greets you and asks the first question. Take your time; you may interrupt at any time.",
		begin: "Start the interview"
	},
	connection: {
		idle: "Not connected",
		connecting: "Connecting…",
		live: "Connected",
		again: "Connected again",
		weak: "Connected, weak line",
		reconnecting: "Reconnecting…",
		ending: "Saving…",
		ended: "Ended",
		elsewhere: "In another tab",
		refused: "Not connected"
	},
	trouble: {
		lost: "The connection was interrupted. It is being restored; please stay on this page.",
		unreachable: "The server does not answer. Please check that you are online. This page keeps trying.",
		busy: "The server is busy or being restarted. This page tries again by itself.",
		no_media_path: "The server answers, but no sound gets through. A firewall or a VPN may stand in the way: another network, such as a phone’s, may help.",
		back: "You are connected again, and the interview goes on.",
		saved: "Your answers are saved up to here.",
		again: "Try now"
	},
	sound: {
		blocked: "Your browser has the sound of this page switched off.",
		allow: "Turn on the sound"
	},
	live: {
		recorded: "The sound of this interview is recorded.",
		question: "Question",
		greeting: "The questions follow after the greeting.",
		progress: "Question {{number}} of {{total}}",
		close: "Close",
		closeNotice: "Close the message: {{text}}",
		conversation: "Interview"
	},
	turn: {
		connecting: {
			title: "Connecting",
			hint: "This takes a few seconds."
		},
		reconnecting: {
			title: "No connection",
			hint: "The interview waits for you."
		},
		ending: {
			title: "Ending the interview",
			hint: "Your answers are being saved."
		},
		muted: {
			title: "Your turn, but you are muted",
			hint: "Unmute to be heard, or type."
		},
		heard: {
			title: "Your turn",
			hint: "You are being heard. Take your time."
		},
		listening: {
			title: "Your turn",
			hint: "The interviewer is listening. Speak when you are ready."
		},
		thinking: {
			title: "The interviewer is thinking",
			hint: "It goes on in a moment."
		},
		speaking: {
			title: "The interviewer is speaking",
			hint: "You may interrupt at any time."
		},
		idle: {
			title: "One moment",
			hint: "The interview goes on shortly."
		}
	},
	time: {
		label: "Time left",
		minutes_one: "{{count}} minute left",
		minutes_other: "{{count}} minutes left",
		seconds_one: "{{count}} second left",
		seconds_other: "{{count}} seconds left",
		over: "The time is up",
		announce_one: "{{count}} minute is left.",
		announce_other: "{{count}} minutes are left."
	},
	controls: {
		label: "Your controls",
		finished: "I’m finished",
		finishedReply: "Thank you. The interviewer goes on.",
		mute: "Mute",
		unmute: "Unmute",
		mutedSpeech: "You are muted: the interviewer does not hear you.",
		repeat: "Repeat",
		repeatReply: "The question will be repeated.",
		wait: "I need a moment",
		waitReply: "Take the time that you need. The interviewer waits.",
		type: "Type instead",
		help: "Help",
		leave: "Leave",
		noConnection: "This could not be passed on: there is no connection at the moment."
	},
	text: {
		label: "Your answer",
		send: "Send the answer",
		sent: "Your answer was sent.",
		notSent: "Your answer was not sent: there is no connection. Your text is still here."
	},
	captions: {
		title: "Captions",
		empty: "What is said appears here.",
		log: "What was said",
		you: "You",
		interviewer: "Interviewer",
		missing: "(This part could not be written down.)",
		interrupted: "(interrupted)",
		show: "Show captions",
		hide: "Hide captions",
		hidden: "The captions are hidden.",
		size: "Size of the captions",
		sizes: {
			normal: "Normal",
			large: "Large",
			largest: "Largest"
		}
	},
	leave: {
		title: "Leave the interview?",
		pause: "You can close this page and come back by the same link: the interview waits for some minutes. What you have said so far is kept.",
		end: "If you end it now, what you have said so far is kept, and you cannot come back to this interview.",
		stay: "Go on with the interview",
		endNow: "End the interview"
	},
	help: {
		title: "Help",
		unheardTitle: "The interviewer does not hear me",
		unheard: "Look whether you are muted and whether the right microphone is chosen in your system. You can always type instead.",
		silentTitle: "I hear nothing",
		silent: "Turn up the volume and look whether another speaker is chosen. The captions show what is said.",
		brokenTitle: "The connection breaks",
		broken: "Stay on this page: it reconnects by itself. Closed it? Open the same link again. Your answers are kept.",
		pauseTitle: "I need time",
		pause: "Press “I need a moment”. The interviewer waits.",
		misheardTitle: "I was misunderstood",
		misheard: "Say it again, or type it. You may interrupt the interviewer at any time.",
		contactTitle: "Somebody to ask",
		contact: "For questions:",
		noContact: "For questions, answer the message that your link came with.",
		reference: "Name this number:",
		close: "Close"
	},
	elsewhere: {
		title: "Your interview goes on in another tab or device",
		text: "It can be held in one place at a time. Nothing was lost. You can close this page.",
		here: "Continue here instead"
	},
	closing: {
		title: "The interview is over",
		reason: {
			completed: "You have answered all questions. Thank you.",
			candidate_ended: "You ended the interview. Thank you for your time.",
			platform_ended: "The interview was ended by the people who invited you.",
			time_limit: "The time for this interview is up. Thank you.",
			network_lost: "The connection was lost for too long, so the interview was closed.",
			expired: "The time to hold this interview is over.",
			interrupted: "The server was stopped in the middle of the interview. That was not your fault.",
			budget: "The interview was closed early for a technical reason. That was not your fault.",
			engine_failed: "The interviewer’s voice failed, so the interview was closed. That was not your fault.",
			internal: "The interview was closed by a technical fault. That was not your fault.",
			other: "The interview is over. Thank you."
		},
		saved: "Your answers are saved.",
		savedHint: "You can close this page.",
		notSaved: "The server did not confirm that the last answers are saved.",
		notSavedHint: "Please tell the people who invited you.",
		next: "What happens next",
		nextDefault: "The people who set up “{{title}}” can now read what was said.",
		cutShort: "If you could not say everything, ask them for a new link. Your answers so far are not lost.",
		results: "Read what was written down"
	},
	problem: {
		used: {
			title: "This link is used up",
			what: "Every interview that it opens has been begun.",
			remedy: "If you have begun before, open the link in the browser that you used then. Otherwise ask the person who invited you for a new link."
		},
		closed: {
			title: "This link is closed",
			what: "The time in which it opened an interview is over, or it was withdrawn.",
			remedy: "Please ask the person who invited you for a new link."
		},
		notOpen: {
			title: "This link is not open yet",
			what: "It opens an interview from {{when}}.",
			later: "It opens an interview later.",
			remedy: "Please come back then. Nothing of your link is used up."
		},
		expired: {
			title: "This interview is no longer open",
			what: "It ended, or it was opened too long ago without being begun.",
			remedy: "Please ask the person who invited you for a new link."
		},
		noToken: {
			title: "The link is not complete",
			what: "Its last part, after the # sign, is missing.",
			remedy: "Please open the whole link again."
		},
		unknown: {
			title: "This link is not known",
			what: "There is no interview for you at this address.",
			remedy: "Check that the whole link was copied. Otherwise ask the person who invited you for a new link."
		},
		budget: {
			title: "No interview can begin today",
			what: "This server has reached what it may spend in a day. That is not your fault, and your link is not used up.",
			remedy: "Please come back tomorrow, or tell the person who invited you."
		},
		unsupported: {
			title: "This browser cannot hold the interview",
			used: "Your link is not used up."
		},
		other: {
			title: "The interview cannot start",
			remedy: "Please try again, or tell the person who invited you."
		},
		code: "Code: {{code}}",
		again: "Try again"
	},
	unreachable: {
		title: "The server does not answer at the moment.",
		text: "Please check that you are online, and press the button again."
	},
	home: {
		title: "Voice interviews on your own machine",
		lead: "Viva holds spoken interviews in the browser. An AI interviewer greets, asks the questions of a plan aloud and listens; you get a transcript of both sides. Nothing leaves this server unless it was set up to use a speech model elsewhere.",
		try: "Try an interview",
		none: "This server has no built-in interviews.",
		start: "Start an interview",
		startKind: "Start an interview: {{title}}",
		opening: "Opening…",
		questions_one: "{{count}} question",
		questions_other: "{{count}} questions",
		minutes_one: "about {{count}} minute",
		minutes_other: "about {{count}} minutes",
		engine: "Engine: {{engine}}",
		version: "Viva {{version}}",
		staff: "For interviewers",
		staffText: "Set up interviews, send links and read results.",
		staffLink: "Your interviews",
		unreachable: "The server does not answer at the moment. Please try again shortly.",
		byLink: "Here, interviews are started by an invitation link. Please use the link that you were sent.",
		busy: "The server is busy at the moment. Please try again shortly."
	}
};
export { e as default };
