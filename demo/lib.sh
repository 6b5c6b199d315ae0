# What demo/run and demo/stop share: the demonstration's directory, its lock, its server.
# Sourced, after `set -euo pipefail`. It must never touch a directory or a server that is not the demonstration's own.

# Named after the user who typed the command, also when root hands over to an unprivileged user.
export PERFAUDIT_DEMO_DIR=${PERFAUDIT_DEMO_DIR:-${TMPDIR:-/tmp}/perfaudit-demo-$UID}
readonly demo_dir=$PERFAUDIT_DEMO_DIR
readonly port=5432

# The caller's PostgreSQL settings are not for the demonstration's server, nor is his language for what is read from its
# programs.
for name in "${!PG@}" "${!LC_@}" LANGUAGE; do
    [[ $name == PG_CONFIG ]] || unset "$name"
done
export LANG=C.UTF-8

fail() { echo "demo: $*" >&2; exit 1; }

# PostgreSQL refuses to run as root, so root hands over to an unprivileged user.
drop_root() {
    if (( EUID == 0 )); then
        exec "$root/scripts/as-user" "$@"
    fi
}

# Makes the directory ours alone (root may enter it too) and keeps a second run out.
open_demo_dir() {
    mkdir -m 700 "$demo_dir" 2>/dev/null || true
    [[ -d $demo_dir && ! -L $demo_dir && -O $demo_dir ]] || fail "$demo_dir cannot be made or belongs to someone else"
    exec 9<"$demo_dir"
    flock -n 9 || fail "another run is using $demo_dir"
}

server_is_up() { "$demo_dir/bin/pg_ctl" status -D "$demo_dir/data" >/dev/null 2>&1; }

stop_server() {
    if server_is_up; then
        # It fails for a server that has just died.
        "$demo_dir/bin/pg_ctl" stop -s -w -m immediate -D "$demo_dir/data" || ! server_is_up
    fi
}

# Leaves the directory empty; whoever is done with it removes it.
clean_up() {
    stop_server
    find "$demo_dir" -mindepth 1 -delete
}
