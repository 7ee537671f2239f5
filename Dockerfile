# The image holds Python, the locked packages and the bot; no compiler, no ffmpeg, no secret.
# Its PyAV wheel contains x264 and x265: see NOTICE before you pass the image on.

FROM python:3.13-slim AS build
WORKDIR /app
# The same steps as `make setup`. The packages come first, so that a change of the bot's own
# code does not download them again.
COPY requirements.lock ./
RUN python -m venv .venv \
 && .venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
RUN .venv/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin reelbot \
 && install --directory --owner reelbot --group reelbot /data
WORKDIR /app
COPY --from=build /app/.venv ./.venv
COPY LICENSE NOTICE ./
# What it does without files of its own; compose.yaml mounts yours over them.
COPY prompts ./prompts
COPY schedules.yaml ./
# All addresses, because the container's own loopback cannot be reached from outside. Who may
# reach the port is decided where it is published: compose.yaml publishes it on 127.0.0.1.
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    REELBOT_DATA_DIR=/data \
    REELBOT_HOST=0.0.0.0 \
    REELBOT_LOG_FORMAT=json
USER reelbot
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["reelbot", "health", "--live"]
ENTRYPOINT ["reelbot"]
CMD ["run"]
