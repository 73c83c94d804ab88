# Must build with the legacy builder and with BuildKit, so no RUN --mount and no syntax line.

FROM node:26-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --include=optional --ignore-scripts
COPY tsconfig.json ./
COPY src ./src
# The source maps stay: they hold no source text, and with them a stack trace in the log names the line in src/.
RUN node node_modules/typescript/bin/tsc -p tsconfig.json \
  && node node_modules/typescript/bin/tsc -p src/pages/browser/tsconfig.json \
  && find dist -name '*.d.ts' -delete \
  && mkdir data

FROM gcr.io/distroless/nodejs26-debian13:nonroot
# The root, so that a relative DATABASE_URL such as sqlite:///./data/app.db names a file on the volume too.
WORKDIR /
# An empty named volume takes its owner from this folder: without it SQLite could not create its file.
COPY --from=build --chown=65532:65532 /build/data /data
COPY package.json /app/package.json
COPY --from=build /build/dist /app/dist

# The default is the version in package.json; a test compares the two.
ARG VERSION=1.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="webhook-inbox" \
  org.opencontainers.image.description="Receives signed webhooks, stores every message exactly once in SQLite or PostgreSQL, and lets people and programs read them back" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.base.name="gcr.io/distroless/nodejs26-debian13:nonroot" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION"
ENV HOST=0.0.0.0 \
  DATABASE_URL=sqlite:////data/app.db \
  WEBHOOK_INBOX_VERSION=$VERSION \
  WEBHOOK_INBOX_REVISION=$REVISION

USER 65532:65532
VOLUME /data
EXPOSE 8000
# Exec form, because there is no shell. The script gives up before this timeout, so that it can print the reason.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/nodejs/bin/node", "/app/dist/healthcheck.js"]
ENTRYPOINT ["/nodejs/bin/node"]
CMD ["--enable-source-maps", "--max-semi-space-size=16", "/app/dist/main.js"]
