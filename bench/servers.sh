# Servers of the benchmarks: built, loaded once and copied, stopped at the end. Sourced.
# Sets work (a directory that goes at the end) and bin; needs nothing.

for name in "${!PG@}"; do
    [ "$name" = PG_CONFIG ] || unset "$name" # a client's PGHOST is not our server
done
work=$(mktemp -d "${TMPDIR:-/tmp}/perfaudit-bench.XXXXXX")
finish() {
    local pid_file pid
    for pid_file in "$work"/*/data/postmaster.pid; do
        [ -s "$pid_file" ] || continue
        pid=$(head -n 1 "$pid_file")
        kill -QUIT "$pid" 2>/dev/null || continue
        while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    done
    wait
    if [ "${PERFAUDIT_KEEP:-}" = 1 ]; then
        say "kept: callgrind_annotate $work/*/profile.* says where instructions went"
    else
        rm -rf "$work"
    fi
}
trap finish EXIT
say() { echo "bench: $*" >&2; }

say "building"
bin=$(scripts/prefix "$work/prefix")
mkdir "$work/scripts" "$work/base"

# Nothing may work beside the statements.
server_options() { # CONFIG
    local preload settings
    IFS='|' read -r _ preload settings _ <<< "$1"
    cat <<-CONF
		listen_addresses = ''
		unix_socket_directories = '.'
		shared_buffers = 512MB
		huge_pages = off
		fsync = off
		full_page_writes = off
		max_wal_size = 8GB
		checkpoint_timeout = 1h
		bgwriter_lru_maxpages = 0
		autovacuum = off
		max_logical_replication_workers = 0
		max_parallel_workers_per_gather = 0
		jit = off
		synchronize_seqscans = off
		shared_preload_libraries = '$preload'
		${settings// /$'\n'}
	CONF
}

# native DIR COMMAND...: with the server of DIR running, not under callgrind.
native() {
    local dir=$1
    shift
    "$bin/pg_ctl" -D "$dir/data" -l "$dir/native.log" -w start >/dev/null
    PGHOST=$dir/data PGUSER=bench PGDATABASE=postgres "$@"
    "$bin/pg_ctl" -D "$dir/data" -m fast -w stop >/dev/null
}

load() {
    "$bin/pgbench" -i -q -s 1 2>"$work/base/load.log"
    "$bin/psql" -X -q -v ON_ERROR_STOP=1 -f bench/schema.sql
}

# The data that every server gets a copy of.
load_base() {
    say "loading"
    "$bin/initdb" -D "$work/base/data" -U bench -A trust -E UTF8 --locale=C --no-sync >"$work/base/initdb.log"
    server_options "none||" >> "$work/base/data/postgresql.conf"
    native "$work/base" load
}
