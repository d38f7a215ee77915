# SPDX-License-Identifier: MIT
#
# make            build/lxrun, runnable in place          make lint       layers, tables, sizes, format
# make run        a bash script under lxrun               make bench      native against lxrun, a table
# make check      every test                              make install    PREFIX=/usr/local DESTDIR=
# make asan tsan  tests in those flavours                 make nt-oracle  NT facts: ntshim beside Wine
# make help       all targets
#
# Honoured: CC CFLAGS CPPFLAGS LDFLAGS O (output directory) FLAVOUR (debug, asan, tsan) V=1.

ifeq ($(origin CC),default)
CC := gcc
endif
MUSL_CC ?= musl-gcc
FLAVOUR ?=
O       ?= build$(FLAVOUR:%=/%)
PREFIX  ?= /usr/local
CFLAGS  ?= $(if $(FLAVOUR),-O1 -g,-O2 -g)

FLAGS_debug := -DLXRUN_DEBUG -fno-omit-frame-pointer
FLAGS_asan  := -DLXRUN_DEBUG -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
FLAGS_tsan  := -DLXRUN_DEBUG -fno-omit-frame-pointer -fsanitize=thread
WARNINGS    := -Wall -Wextra -Wno-unused-parameter
BASE_CFLAGS := -std=gnu17 $(WARNINGS) -D_GNU_SOURCE -Iinclude -pthread $(FLAGS_$(FLAVOUR))
BASE_LIBS   := -lseccomp -l:liburing.a -pthread
STUB_CFLAGS := -std=gnu17 $(WARNINGS) -Iinclude -Os -mcmodel=large -fno-jump-tables -static -nostdlib -ffreestanding -fno-pie -no-pie \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-builtin

Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)$(if $(2), $(2:$(O)/%=%))";)

SOURCES := $(sort $(wildcard src/*/*.c src/*/*/*.c src/*/*/*.S))
OBJECTS := $(patsubst %,$(O)/obj/%.o,$(basename $(SOURCES)))
MAIN    := $(O)/obj/src/cli/main.o
NTSHIM  := $(filter $(O)/obj/src/base/% $(O)/obj/src/ntshim/%,$(OBJECTS))
STUB    := src/ntshim/pico/stub

# A test program is one file; files named fx* (unit) and nttest* (nt) are support, linked into all.
programs = $(patsubst tests/$(1)/%.c,$(O)/$(1)/%,$(filter-out $(2),$(wildcard tests/$(1)/*.c)))
support  = $(patsubst %.c,$(O)/obj/%.o,$(wildcard $(1)))
UNIT    := $(call programs,unit,tests/unit/fx%)
NT      := $(call programs,nt,tests/nt/nttest%)
ORACLE  := $(patsubst tests/nt/%.c,$(O)/oracle/%.exe,$(shell grep -L 'ntshim only:' tests/nt/*.c))
GUEST   := $(call programs,guest)
BENCH   := $(call programs,bench)
FUZZ    := $(call programs,fuzz)

# --conform's tool: beside the program, where it looks for it; LIBEXEC of an installation is its own.
TOOL    := $(wildcard src/cli/conform/*.* src/cli/conform/kirk/*.py)
LIBEXEC := $(TOOL:src/cli/%=$(O)/libexec/lxrun/%)

all: $(O)/lxrun $(LIBEXEC) ## build/lxrun (the default)

$(O)/libexec/lxrun/%: src/cli/%
	$(Q)mkdir -p $(@D) && cp $< $@

$(O)/lxrun: $(OBJECTS) $(O)/flags
	$(call say,LINK,$@)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJECTS) $(BASE_LIBS) $(LIBS)

$(O)/libntshim.a: $(NTSHIM)
$(O)/liblxrun.a: $(filter-out $(MAIN),$(OBJECTS))
$(O)/%.a:
	$(Q)rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $^

$(O)/obj/%.o: %.c $(O)/flags
	$(Q)mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(BASE_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/obj/%.o: %.S $(O)/flags
	$(Q)mkdir -p $(@D)
	$(call say,AS,$@)$(CC) -Wa,-I$(O) -c -o $@ $<

# The program every guest exec runs first; carried inside lxrun, never instrumented.
$(O)/obj/src/ntshim/pico/stub_blob.o: $(O)/stub.elf
$(O)/stub.elf: $(wildcard $(STUB)/*.[chS]) $(STUB)/stub.ld $(wildcard src/ntshim/pico/*.h) $(O)/flags
	$(call say,STUB,$@)$(CC) $(STUB_CFLAGS) -Wl,-T,$(STUB)/stub.ld -Wl,--build-id=none -Wl,-z,noexecstack \
		-o $@ $(filter %.c %.S,$^)

# Rewritten, and so newer than every object, only when a flag changed.
FLAGS_NOW = $(CC) $(BASE_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LIBS)
$(O)/flags: FORCE
	@mkdir -p $(O)
	@echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' > $@

# ---- test programs ----
$(O)/unit/%: tests/unit/%.c $(call support,tests/unit/fx*.c) $(O)/liblxrun.a
	$(Q)mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(BASE_CFLAGS) $(CPPFLAGS) $(CFLAGS) -Isrc -MMD -MP $(LDFLAGS) -o $@ $< \
		$(filter %.o %.a,$^) -lcmocka $(BASE_LIBS) $(LIBS)

$(O)/nt/%: tests/nt/%.c $(call support,tests/nt/nttest*.c) $(O)/libntshim.a
	$(Q)mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(BASE_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< \
		$(filter %.o %.a,$^) $(BASE_LIBS) $(LIBS)

# The same sources as $(O)/nt, as programs of Windows: to be judged by another implementation of ntdll.
MINGW_CC ?= x86_64-w64-mingw32-gcc
MINGW := $(MINGW_CC) -std=gnu17 $(WARNINGS) -mno-ms-bitfields -Iinclude -I$(O)/oracle -O1 -MMD -MP
$(O)/oracle/calls.def: $(wildcard include/nt/*.h)
	$(Q)mkdir -p $(@D)
	$(Q)sed -n 's/.*\bNTAPI \([A-Z][A-Za-z0-9]*\)(.*/CALL(\1)/p' $^ > $@

$(O)/oracle/calls.o: tests/oracle/calls.c $(O)/oracle/calls.def
	$(call say,MINGW,$@)$(MINGW) -c -o $@ $<

$(O)/oracle/%.exe: tests/nt/%.c $(O)/oracle/calls.o
	$(call say,MINGW,$@)$(MINGW) -o $@ $< $(O)/oracle/calls.o

$(O)/fuzz/%: tests/fuzz/%.c $(O)/liblxrun.a
	$(Q)mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(BASE_CFLAGS) $(CPPFLAGS) $(CFLAGS) -Isrc -MMD -MP $(LDFLAGS) -o $@ $< \
		$(filter %.o %.a,$^) $(BASE_LIBS) $(LIBS)

MUSL = $(MUSL_CC) -static -std=gnu17 -D_GNU_SOURCE -O1 -g -pthread $(WARNINGS) -Wno-missing-field-initializers -Iinclude -MMD -MP
$(O)/guest/%: tests/guest/%.c tests/guest/guest.h
	$(Q)mkdir -p $(@D)
	$(call say,MUSL,$@)$(MUSL) -o $@ $<

$(O)/quirks/probe: tests/quirks/probe.c
	$(Q)mkdir -p $(@D)
	$(call say,MUSL,$@)$(MUSL) -o $@ $<

$(O)/killed/churn: tests/killed/churn.c
	$(Q)mkdir -p $(@D)
	$(call say,MUSL,$@)$(MUSL) -o $@ $<

$(O)/bench/%: tests/bench/%.c
	$(Q)mkdir -p $(@D)
	$(call say,CC,$@)$(CC) -std=gnu17 -D_GNU_SOURCE -O2 -g $(WARNINGS) -MMD -MP -o $@ $< -pthread $(BENCH_LIBS)
$(O)/bench/floor: BENCH_LIBS := -lseccomp
$(O)/bench/nothing: BENCH_LIBS := -static
$(O)/bench/nt: $(O)/libntshim.a
$(O)/bench/nt: BENCH_LIBS = -Iinclude $(O)/libntshim.a $(BASE_LIBS)

# ---- what people type ----
SUITES ?= lint unit nt oracle fuzz guest guest-lx guest-metadata elf cli tty programs trace compare planted see attach distro ntside killed store progs
WINE   := $(firstword $(wildcard $(addsuffix /wine64,/usr/lib/wine $(subst :, ,$(PATH)))))
JOBS   := $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
again   = +$(Q)$(MAKE) --no-print-directory $(JOBS)

run: ## build, then a real bash script under lxrun
	$(Q)tests/setup.sh run
	$(again) all
	$(O)/lxrun /bin/bash tests/progs/hello.sh

check: ## every test; SUITES="unit guest" picks some
	$(Q)tests/setup.sh check
	$(again) tests
	$(Q)O=$(O) tests/run.sh $(SUITES)

tests: $(O)/lxrun $(LIBEXEC) $(UNIT) $(NT) $(if $(FLAVOUR),,$(if $(WINE),$(ORACLE))) $(GUEST) $(O)/quirks/probe $(O)/killed/churn $(FUZZ)

nt-oracle: ## the facts of docs/nt.md as a table: ntshim, Wine
	$(Q)tests/setup.sh check
	$(again) $(NT) $(ORACLE)
	$(Q)O=$(O) tests/nt.py --oracle --table

bench: ## native, lxrun and the bare floor side by side; build/bench.json
	$(Q)tests/setup.sh check
	$(again) $(O)/lxrun $(BENCH)
	$(Q)O=$(O) JSON=$${JSON:-$(O)/bench.json} tests/bench/bench.py
	$(Q)O=$(O) tests/bench/files.py

bench-files: ## files: native, on a host volume, in a distribution, on its drive
	$(again) $(O)/lxrun $(BENCH)
	$(Q)O=$(O) tests/bench/files.py

conformance: ## a public suite, natively and under lxrun: LTP=DIR or LXCORE=PROGRAM; FILTER=REGEX
	$(again) all
	$(O)/lxrun --conform $(if $(LTP),$(LTP) --expect tests/expect/conform-ltp.txt,$(LXCORE) \
		--groups tests/conformance/lxcore-groups.txt --expect tests/expect/conform-lxcore.txt) \
		--filter '$(FILTER)' --html $(O)/conformance.html --json $(O)/conformance.json

debug: ## build/debug/lxrun
	$(again) FLAVOUR=debug all
asan: ## address and undefined-behaviour sanitizers: build/asan, unit, nt, guest and elf tests
	+$(Q)$(MAKE) --no-print-directory FLAVOUR=asan SUITES="unit nt fuzz guest elf" check
tsan: ## thread sanitizer: build/tsan, unit, nt, guest and attach tests
	+$(Q)$(MAKE) --no-print-directory FLAVOUR=tsan SUITES="unit nt guest attach" check

lint: ## layers, tables, sizes, portability, format
	$(Q)tests/setup.sh check
	$(Q)O=$(O) tests/run.sh lint

syscalls-doc: $(O)/lxrun ## docs/syscalls.md and docs/*.scml from include/lx/*.def
	$(Q)tests/lint/syscalls-doc.sh > $(O)/syscalls.md && mv $(O)/syscalls.md docs/syscalls.md
	$(Q)$(O)/lxrun --scml > docs/lxrun.scml && $(O)/lxrun --scml=wsl1 > docs/wsl1-19041.scml

format: ## clang-format over the C sources
	$(Q)tests/lint/fmt.sh --fix

$(O)/%: docs/%.scd
	$(call say,MAN,$@)scdoc < $< > $@.tmp && mv $@.tmp $@

COMPLETIONS := bash:share/bash-completion/completions/lxrun zsh:share/zsh/site-functions/_lxrun \
	fish:share/fish/vendor_completions.d/lxrun.fish
PLACE := $(DESTDIR)$(PREFIX)
MAN := lxrun.1 lxrun-trace.5 lxrun-fault.5 lxrun-quirks.7
install: $(O)/lxrun $(MAN:%=$(O)/%) ## bin, man pages, completions
	install -D -m 755 $(O)/lxrun $(PLACE)/bin/lxrun
	$(foreach m,$(MAN),install -D -m 644 $(O)/$(m) $(PLACE)/share/man/man$(subst .,,$(suffix $(m)))/$(m);)
	$(foreach f,$(TOOL),install -D -m 644 $(f) $(PLACE)/libexec/lxrun/$(f:src/cli/%=%);)
	$(foreach c,$(COMPLETIONS),$(call install_completion,$(word 1,$(subst :, ,$c)),$(word 2,$(subst :, ,$c))))
define install_completion
$(O)/lxrun --complete $(1) > $(O)/completion.$(1)
	install -D -m 644 $(O)/completion.$(1) $(PLACE)/$(2)
	
endef

uninstall: ## removes what install put there
	rm -f $(PLACE)/bin/lxrun $(foreach m,$(MAN),$(PLACE)/share/man/man$(subst .,,$(suffix $(m)))/$(m)) \
		$(TOOL:src/cli/%=$(PLACE)/libexec/lxrun/%) $(foreach c,$(COMPLETIONS),$(PLACE)/$(word 2,$(subst :, ,$c)))

clean: ## everything built, all flavours
	rm -rf $(O) build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

FORCE:
.PHONY: all run check tests nt-oracle bench bench-files conformance debug asan tsan lint syscalls-doc format install uninstall clean help FORCE
.DELETE_ON_ERROR:
.SECONDARY:
-include $(OBJECTS:.o=.d) $(patsubst %.c,$(O)/obj/%.d,$(wildcard tests/*/fx*.c)) $(addsuffix .d,$(UNIT) $(NT) $(GUEST) $(O)/quirks/probe $(O)/killed/churn $(FUZZ) $(BENCH)) $(ORACLE:.exe=.d) $(O)/oracle/calls.d
