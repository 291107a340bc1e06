# Two commands: `make run` starts Viva, `make test` proves it. Each first installs what is missing and says so.

SHELL := /bin/bash
ARGS ?=

.PHONY: run test test-long bench web audit

# make run ARGS=config prints the settings in force instead; PORT=9000 make run takes another port.
run:
	@scripts/install-deps run
	cargo build --release --locked
	@exec target/release/viva $(ARGS)

# Everything a change must pass; at most 45 minutes on two cores from a clean clone.
test:
	@scripts/install-deps test
	@scripts/test

# Matrices and soaks; ARCHITECTURE.md says what is in it.
test-long:
	@scripts/install-deps test-long
	@scripts/test --long

bench:
	@scripts/install-deps run
	cargo bench --locked

# The page, built into assets/web, which is committed so that a build of the server needs no Node.
web:
	@scripts/install-deps test
	cd web && PATH="$(CURDIR)/target/tools/node/node_modules/node/bin:$$PATH" sh -c 'npm ci --no-audit --no-fund && npm run schema && npm run build'

# Licences, banned crates and, where an advisory database is at hand, advisories. Not part of `make test`.
audit:
	@command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny --offline --locked check bans licenses sources
