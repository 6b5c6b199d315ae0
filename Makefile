# perfaudit: finds what is wrong with how applications use their database.
#
#   make                build            make install       install (PG_CONFIG=...)
#   make installcheck   regression, isolation and TAP tests in throw-away servers
#   make check          whatever is needed installed, built, and all tests
#   make demo           a real application audited; make demo-stop ends its server
#   make bench          instructions per statement beside the peers
#   make bench-advice   the index advice on two workloads, beside reference searches

MODULE_big = perfaudit
EXTENSION = perfaudit
EXTVERSION = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(srcdir)/perfaudit.control)

OBJS = $(patsubst $(srcdir)/%.c,%.o,$(sort $(wildcard $(srcdir)/src/*.c $(srcdir)/src/advise/*.c)))
PG_CPPFLAGS = -I$(srcdir)/src
# Calls inside the library need no detour; 15 does not hide symbols by itself.
PG_CPPFLAGS += -DPGDLLEXPORT='__attribute__((visibility("default")))'
PG_CFLAGS = -fvisibility=hidden -fno-plt

# The install script, in parts: facts, then the detectors, then what is made of them.
SQL_PARTS = $(srcdir)/src/sql/head.sql \
	$(srcdir)/src/sql/facts.sql \
	$(srcdir)/src/sql/index_facts.sql \
	$(srcdir)/src/sql/statement_io.sql \
	$(srcdir)/src/sql/info.sql \
	$(srcdir)/src/sql/judge.sql \
	$(srcdir)/src/sql/wasteful_scans.sql \
	$(sort $(wildcard $(srcdir)/src/sql/detectors/*.sql)) \
	$(srcdir)/src/sql/muting.sql \
	$(srcdir)/src/sql/findings.sql \
	$(srcdir)/src/sql/check.sql \
	$(srcdir)/src/sql/comments.sql \
	$(wildcard $(srcdir)/src/sql/advise.sql) \
	$(srcdir)/src/sql/explain.sql \
	$(srcdir)/src/sql/privileges.sql
SCRIPT = perfaudit--$(EXTVERSION).sql
DATA_built = $(SCRIPT)

REGRESS = $(sort $(patsubst $(srcdir)/sql/%.sql,%,$(wildcard $(srcdir)/sql/*.sql)))
REGRESS_OPTS = --temp-instance=./tmp_regress --temp-config=$(srcdir)/perfaudit.conf \
	--no-locale --encoding=UTF8
ISOLATION = $(sort $(patsubst $(srcdir)/specs/%.spec,%,$(wildcard $(srcdir)/specs/*.spec)))
ISOLATION_OPTS = --temp-instance=./tmp_isolation --temp-config=$(srcdir)/perfaudit.conf \
	--no-locale --encoding=UTF8
TAP_TESTS = 1
EXTRA_CLEAN = .built-for tmp_regress tmp_isolation tmp_check output_iso log check-output

PG_CONFIG ?= pg_config
srcdir ?= .

# The goals that install what a bare machine lacks must work without PGXS.
ifneq ($(filter check demo demo-stop bench bench-advice,$(MAKECMDGOALS)),)
.PHONY: check demo demo-stop bench bench-advice
check:
	@$(srcdir)/scripts/check
demo:
	@$(srcdir)/demo/run
demo-stop:
	@$(srcdir)/demo/stop
bench:
	@$(srcdir)/bench/run
bench-advice:
	@$(srcdir)/bench/advice/run
else
PGXS := $(shell $(PG_CONFIG) --pgxs)
ifeq ($(wildcard $(PGXS)),)
$(error no PostgreSQL to build with: install its development files (Debian: postgresql-server-dev-15) or set PG_CONFIG)
endif
include $(PGXS)

$(OBJS): .built-for $(wildcard $(srcdir)/src/*.h $(srcdir)/src/advise/*.h)

# Objects of one server version are not to be mixed with those of another.
.built-for: FORCE
	@echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' > $@
.PHONY: FORCE
FORCE:

$(SCRIPT): $(SQL_PARTS) $(srcdir)/perfaudit.control
	cat $(SQL_PARTS) > $@
endif
