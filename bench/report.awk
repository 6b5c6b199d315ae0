# Makes the table of bench/run. Input: workload | 1 when counted per statement | title.
# Variables: dir (of the results), server, tool, date. Exit status 1: a gate is broken.
# It must never state a number that was not counted in this run.

BEGIN { FS = "|" }

function commas(n,    sign, s, out) {
    sign = n < 0 ? "-" : ""
    s = sprintf("%.0f", n < 0 ? -n : n)
    while (length(s) > 3) {
        out = "," substr(s, length(s) - 2) out
        s = substr(s, 1, length(s) - 3)
    }
    return sign s out
}
function added(config, key,    d) {
    d = count[config, key] - count["none", key]
    return sprintf("%s%s (%.2f %%)", d < 0 ? "" : "+", commas(d), 100 * d / count["none", key])
}
function distance(a, b) { return commas(a < b ? b - a : a - b) }
function gate(text, kept, numbers) {
    printf "- %s: **%s** (%s)\n", text, kept ? "kept" : "BROKEN", numbers
    if (!kept) broken = 1
}

NR == 1 {
    split("none pgss perfaudit again", configs, " ")
    for (i in configs) {
        file = dir "/" configs[i] "/results"
        while ((getline line < file) > 0) {
            split(line, field, " ")
            count[configs[i], field[1]] = field[2]
        }
    }
    print "# What recording costs\n"
    print "Instructions of the server process, user space, counted by callgrind (" tool "), " date ","
    print server ". Written by `make bench`.\n"
    print "| workload | per | no extension | pg_stat_statements adds | perfaudit adds | perfaudit ÷ pg_stat_statements |"
    print "|---|---|---:|---:|---:|---:|"
}
{
    base = count["none", $1]
    peer = count["pgss", $1] - base
    ours = count["perfaudit", $1] - base
    ratio = peer > base / 1000 ? sprintf("%.2f", ours / peer) : "–"
    printf "| %s | %s | %s | %s | %s | %s |\n", $3, $2 ? "statement" : "transaction", commas(base), \
        added("pgss", $1), added("perfaudit", $1), ratio
}
END {
    print "\nGates:\n"
    key = "point-prepared"
    peer = count["pgss", key] - count["none", key]
    ours = count["perfaudit", key] - count["none", key]
    gate("prepared point look-up: perfaudit adds no more than pg_stat_statements", ours <= peer, \
        commas(ours) " against " commas(peer))
    key = "scan"
    ours = 100 * (count["perfaudit", key] / count["none", key] - 1)
    gate("scan: slowed by less than 1 %", ours < 1, sprintf("%.3f %%", ours))

    print "\nHow to read it:\n"
    print "- Counted inside one session of pgbench, after transactions that warm it up: start and end of"
    print "  a session are not in it. The servers differ in nothing but the extension, and get the same"
    print "  statements. No parallel query, no JIT."
    print "- The same count in a second server without extension differed by " \
        distance(count["again", "point-prepared"], count["none", "point-prepared"]) " (prepared look-up) and"
    print "  " distance(count["again", "point-simple"], count["none", "point-simple"]) \
        " (simple): less than about that much is not a difference."
    print "- perfaudit and pg_stat_statements run with their default settings, but for"
    print "  pg_stat_statements.max = 10000, so that it never evicts here. Where its cost is below a"
    print "  thousandth of the statement's there is no ratio."
    print "- Instructions are not time: waiting, system calls and cache misses are not in them, and a"
    print "  clock reading counts for less than it takes."
    exit broken
}
