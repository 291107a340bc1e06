var e = {
	brand: "Viva",
	moment: "One moment…",
	tryNow: "Try now",
	unreachable: {
		title: "The server does not answer at the moment.",
		text: "This page tries again by itself. Please check that you are online."
	},
	notFound: {
		title: "Page not found",
		text: "There is no page at this address.",
		home: "Go to the start page."
	},
	tone: {
		info: "Note",
		good: "Done",
		warning: "Please note",
		error: "Problem"
	},
	nav: {
		label: "Pages",
		interviews: "Interviews",
		sessions: "Sessions",
		rooms: "Calls",
		status: "Status",
		signIn: "Sign in",
		signOut: "Sign out"
	},
	staff: {
		who: "Signed in as {{name}}",
		local: "Local developer",
		platform: "Platform key",
		user: "Signed in",
		needed: {
			title: "Please sign in",
			text: "This page is for people who hold interviews. Sign in, and you come back to it.",
			action: "Sign in"
		},
		ended: {
			text: "You are not signed in any more. What you wrote on this page is kept; sign in, and you come back to it.",
			action: "Sign in again"
		},
		soon: {
			text: "Your sign-in ends at {{time}}. Signing in again takes a moment, and what you wrote on this page is kept.",
			action: "Sign in again"
		},
		failed: { title: "This page cannot be shown" }
	}
};
export { e as default };
