# SPDX-License-Identifier: MIT
CC ?= gcc
O ?= build
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu17 -Wall -Wextra -Wno-unused-parameter -Iinclude -D_GNU_SOURCE -pthread $(CFLAGS)
SRC := $(sort $(shell find src -name '*.c' ! -path '*/stub/*'))
OBJ := $(SRC:%.c=$(O)/%.o)
all: $(O)/lxrun
$(O)/lxrun: $(OBJ)
	$(CC) $(ALL_CFLAGS) -o $@ $^ -lseccomp
$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -c -o $@ $<
-include $(OBJ:.o=.d)
.PHONY: all
