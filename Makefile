# Paths are relative, so that the path of the folder may contain spaces. Variables are in lower case: otherwise one with the name of an
# environment variable would override it for the service.
SHELL := /bin/sh
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: help run test check coverage typecheck bench torture torture-cluster soak fuzz overload lint clean up up-all down logs

node := sh scripts/node.sh
tsc := $(node) node_modules/typescript/bin/tsc
revision := WEBHOOK_INBOX_REVISION="$${WEBHOOK_INBOX_REVISION:-$$(git describe --always --dirty --exclude '*' 2> /dev/null || echo unknown)}"
installed := node_modules/.package-lock.json
# `COMPOSE` from the environment or the command line wins. The assignment with = looks for Compose only in targets that use it.
compose = $(or $(COMPOSE),$(shell docker compose version > /dev/null 2>&1 && echo docker compose || echo docker-compose))
# Folders too: when a source is deleted, only the time of its folder changes.
sources := $(shell find src -name '.*' -prune -o -print)

help: ## print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

run: dist/main.js ## install, build and start the service; needs WEBHOOK_SECRET
	@export $(revision); exec $(node) --enable-source-maps --max-semi-space-size=16 dist/main.js

test: typecheck ## install, typecheck everything, run the tests with a sample of the longest; ENGINE=postgres runs the service on PostgreSQL
	@$(node) scripts/test.ts

check: lint typecheck dist/main.js ## run the gate before a change lands: lint, build, typecheck, tests with all their cases
	@$(node) scripts/test.ts --full

coverage: $(installed) ## run every test, and print which lines of src they run
	@$(node) scripts/test.ts --full --coverage

typecheck: $(installed) ## typecheck src, test and scripts
	@$(tsc) -p test/tsconfig.json
	@$(tsc) -p src/pages/browser/tsconfig.json --noEmit

bench: dist/main.js ## compare the speed with a bare node:http server, and with commit BASE; for FLAGS see scripts/bench/README.md
	@$(node) scripts/bench/run.ts $(FLAGS)

torture: dist/main.js ## kill the service under load ROUNDS (10) times, make its disk fail, damage its index: no message may be lost; SEED repeats a run
	@$(node) scripts/torture/run.ts $(FLAGS)

torture-cluster: dist/main.js ## kill the parts of a PostgreSQL cluster, receivers and HAProxy, in ROUNDS (11) from SEED; needs root on Debian
	@sh scripts/torture-cluster.sh $(FLAGS)

soak: dist/main.js ## run the service for MINUTES (20) under all kinds of load: no message may be lost, memory may not grow; SEED repeats a run
	@$(node) scripts/soak/run.ts

fuzz: $(installed) ## send the service random and mutated requests for SECONDS (60); SEED repeats a run
	@$(node) scripts/fuzz/run.ts

overload: $(installed) ## run the attacks of scripts/overload/cases.ts on the service, for a few minutes; CASE chooses attacks by name
	@$(node) scripts/overload/run.ts

lint: ## check the shell scripts and the white space
	@sh scripts/lint.sh

up: ## Compose: build and start the service `api`; needs WEBHOOK_SECRET
	@$(revision) $(compose) up -d --build api

up-all: ## the same with Prometheus (port 9090) and Grafana (port 3000)
	@$(revision) $(compose) --profile monitoring up -d --build

# The Compose file requires a secret even here, where nothing uses it.
down: ## Compose: stop everything and delete the volumes, stored messages included
	@WEBHOOK_SECRET=unused $(compose) --profile monitoring down --volumes --remove-orphans

logs: ## Compose: follow the service's logs
	@WEBHOOK_SECRET=unused $(compose) logs --follow api

clean: ## remove what was installed and built; keeps data/
	rm -rf dist node_modules .node

# Node.js is looked for first, because that is more likely to fail.
$(installed): package-lock.json
	@sh scripts/find-node.sh > /dev/null
	@echo 'Installing the compiler into node_modules/'
	@sh scripts/npm-env.sh npm ci --include=dev --include=optional --ignore-scripts > /dev/null
	@touch $@

# Into an empty folder, because tsc does not remove the output of deleted sources.
dist/main.js: $(sources) tsconfig.json package.json $(installed)
	@echo 'Building dist/'
	@rm -rf dist
	@$(tsc) -p tsconfig.json
	@$(tsc) -p src/pages/browser/tsconfig.json
