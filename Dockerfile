# syntax=docker/dockerfile:1
#
#   docker build -t viva .
#   docker run --init -p 8000:8000/tcp -p 8000:8000/udp -p 8001:8001/tcp -v viva:/data -e API_KEY=… -e VIVA_PUBLIC_IP=… viva
#
# Outside loopback Viva does not start without a credential (API_KEY, SECRET_KEY or JWT_JWKS_URL); it says so and ends.

FROM rust:1.95-slim-bookworm AS build
# The compiler and cmake are for libopus and SQLite. The page is committed, so no Node is needed.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev make cmake \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin viva

FROM debian:bookworm-slim
# The certificates are for TLS to a speech model; everything else is inside the binary.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin viva \
 && install -d -o viva -g viva -m 0700 /data
COPY --from=build /src/target/release/viva /usr/local/bin/viva
COPY LICENSE /usr/share/doc/viva/LICENSE
COPY assets/models/README.md /usr/share/doc/viva/models/
COPY assets/models/hibari/LICENSE assets/models/hibari/NOTICE /usr/share/doc/viva/models/hibari/
COPY assets/models/moonshine-base-en/LICENSE /usr/share/doc/viva/models/moonshine-base-en/
COPY assets/models/smart-turn/LICENSE /usr/share/doc/viva/models/smart-turn/

# All addresses: the container's network decides who reaches them.
ENV VIVA_HOST=0.0.0.0 \
    PORT=8000 \
    DATABASE_URL=sqlite:////data/viva.db
WORKDIR /data
VOLUME /data
USER 10001:10001
# One port for HTTP and WebSocket (TCP) and one for the media of all sessions (UDP).
EXPOSE 8000/tcp 8000/udp 8001/tcp
# On SIGTERM live interviews go on for up to VIVA_DRAIN_SECONDS (110): stop with `docker stop -t 120`.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 CMD ["viva", "healthcheck"]
ENTRYPOINT ["viva"]
