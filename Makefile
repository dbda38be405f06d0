# Everything here goes through the launcher, which needs nothing but Python 3.11+.
PYTHON ?= python3
LAUNCH := $(PYTHON) -m launcher

.DEFAULT_GOAL := help
.PHONY: help run test test-pg15 test-faults test-clickhouse bench shell manage messages lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start everything, with a demo business and live traffic (DEMO=0 leaves them out)
	@exec $(LAUNCH) run

test: ## check everything; T=path runs one folder, file or test
	@exec $(LAUNCH) test $(T)

test-pg15: ## the same on Debian's PostgreSQL 15
	@exec $(LAUNCH) test --pg-bin /usr/lib/postgresql/15/bin $(T)

test-faults: ## kill every process under load and count what is left
	@exec $(LAUNCH) test --suite faults

test-clickhouse: ## the copies in ClickHouse, on ClickHouse itself inside a process (fetches 181 MB)
	@exec $(LAUNCH) test --suite clickhouse

bench: ## measure against the figures the project promises
	@exec $(LAUNCH) test --suite benchmarks

shell: ## a Python shell with the models loaded
	@exec $(LAUNCH) manage shell

manage: ## a management command: make manage C="migrate --plan"
	@exec $(LAUNCH) manage $(C)

messages: ## collect the strings to translate into locale/
	@exec $(LAUNCH) messages

lock: ## resolve the dependencies of pyproject.toml anew into requirements/
	@exec $(LAUNCH) lock

clean: ## remove what was installed and built; data in var/ stays
	@exec $(LAUNCH) clean
