# 用法见 README.md。每个目标都会先把环境准备好。
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# 测试并行几路；两核的机器两路最快。
JOBS ?= 2

.PHONY: setup demo test lint bench chaos compose-test quarter fuzz contracts lock clean

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "需要 Python 3.11 以上，请安装后用 make PYTHON=python3.11 重试")'
	@echo "准备环境（第一次约一分钟）…"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -q --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	@$(BIN)/duoge up --demo --data data/demo

test: setup lint
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m "not chaos and not compose"

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup
	@$(BIN)/python -m tests.bench

chaos: setup
	@$(BIN)/python -m pytest -m chaos --timeout 3600

# 三个月二十万张工单在假时钟下走一遍，最后核对全部案卷；一天一行，DAYS= ORDERS= 可以小一些。
quarter: setup
	@$(BIN)/python -m tests.quarter --days $(or $(DAYS),92) --orders $(or $(ORDERS),200000)

# 每个接口多问几十遍，每次问的都不一样；找到的种子用 DUOGE_FUZZ_SEED 重来。
fuzz: setup
	@DUOGE_FUZZ_EXAMPLES=$(or $(EXAMPLES),60) DUOGE_FUZZ_SEED=$(or $(SEED),$$(date +%s)) $(BIN)/python -m pytest tests/contract/fuzzed --timeout 7200

compose-test: setup
	@$(BIN)/python -m pytest -m compose --timeout 3600

contracts: setup
	@$(BIN)/python -m duoge.contracts

# 改了 pyproject.toml 的依赖以后，重新钉住版本与校验值。
lock:
	@uv pip compile -q pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade -o requirements.lock
	@uv pip compile -q pyproject.toml --extra otel --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -c requirements.lock -o deploy/requirements.lock

clean:
	@rm -rf $(VENV) .cache data build
