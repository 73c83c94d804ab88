# Paths stay relative, so that the folder's own path may hold spaces. Variables are in lower case:
# one that shared its name with an environment variable would replace it for the service.
SHELL := /bin/sh
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: help run test check coverage typecheck bench torture torture-cluster soak fuzz overload lint clean up up-all down logs

node := sh scripts/node.sh
tsc := $(node) node_modules/typescript/bin/tsc
revision := WEBHOOK_INBOX_REVISION="$${WEBHOOK_INBOX_REVISION:-$$(git describe --always --dirty --exclude '*' 2> /dev/null || echo unknown)}"
installed := node_modules/.package-lock.json
# `COMPOSE` from the environment or the command line wins; looked for only by the targets that use it.
compose = $(or $(COMPOSE),$(shell docker compose version > /dev/null 2>&1 && echo docker compose || echo docker-compose))
# Folders too: when a source is deleted, only the time of its folder changes.
sources := $(shell find src -name '.*' -prune -o -print)

help: ## print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

run: dist/main.js ## install, build and start the service; needs WEBHOOK_SECRET
	@export $(revision); exec $(node) --enable-source-maps --max-semi-space-size=8 dist/main.js

test: typecheck ## install, typecheck everything, run the tests with a sample of the longest; ENGINE=postgres runs the service on PostgreSQL
	@$(node) scripts/test.ts

check: lint typecheck dist/main.js ## the one gate before a change lands: lint, build, typecheck, tests with all their cases
	@$(node) scripts/test.ts --full

coverage: $(installed) ## run every test, and print which parts of src they ran
	@$(node) scripts/test.ts --full --coverage

typecheck: $(installed) ## typecheck src, test and scripts
	@$(tsc) -p test/tsconfig.json
	@$(tsc) -p src/pages/browser/tsconfig.json --noEmit

bench: dist/main.js ## measure against a bare node:http server, and against the build of commit BASE; FLAGS: scripts/bench/README.md
	@$(node) scripts/bench/run.ts $(FLAGS)

torture: dist/main.js ## kill the service under load ROUNDS (10) times, fail its disk, damage its index; nothing may be lost; SEED repeats a run
	@$(node) scripts/torture/run.ts $(FLAGS)

torture-cluster: dist/main.js ## kill what PostgreSQL under Patroni, its receivers and HAProxy are made of, in ROUNDS from SEED; root on Debian
	@sh scripts/torture-cluster.sh $(FLAGS)

soak: dist/main.js ## run the service for MINUTES (20) under all that it meets; nothing may be lost and nothing may grow; SEED repeats a run
	@$(node) scripts/soak/run.ts

fuzz: $(installed) ## fuzz the service for SECONDS (60) from SEED (made up and printed where it is not given)
	@$(node) scripts/fuzz/run.ts

overload: $(installed) ## attack the service in every way of scripts/overload/cases.ts, a few minutes; CASE chooses some by name
	@$(node) scripts/overload/run.ts

lint: ## check the shell scripts and white space
	@sh scripts/lint.sh

up: ## Compose: build and start the service `api`; needs WEBHOOK_SECRET
	@$(revision) $(compose) up -d --build api

up-all: ## the same with Prometheus (port 9090) and Grafana (port 3000)
	@$(revision) $(compose) --profile monitoring up -d --build

# The compose file wants a secret even here, where nothing uses it.
down: ## Compose: stop everything and delete the volumes, stored messages included
	@WEBHOOK_SECRET=unused $(compose) --profile monitoring down --volumes --remove-orphans

logs: ## Compose: follow the service's logs
	@WEBHOOK_SECRET=unused $(compose) logs --follow api

clean: ## remove what was installed and built; keeps data/
	rm -rf dist node_modules .node

# Node is found first, because that is more likely to fail.
$(installed): package-lock.json
	@sh scripts/find-node.sh > /dev/null
	@echo 'Installing the compiler into node_modules/'
	@sh scripts/npm-env.sh npm ci --include=dev --include=optional --ignore-scripts > /dev/null
	@touch $@

# From a clean folder: tsc leaves the output of deleted sources behind.
dist/main.js: $(sources) tsconfig.json package.json $(installed)
	@echo 'Building dist/'
	@rm -rf dist
	@$(tsc) -p tsconfig.json
	@$(tsc) -p src/pages/browser/tsconfig.json
