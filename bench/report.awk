# Makes the table of bench/run. Input: workload | 1 when counted per statement | title.
# Variables: dir (of the results), server, tool, date, peers (lines as in bench/run's
# configs, of those that are installed). Exit status 1: a gate is broken.
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
    if (!((config, key) in count)) return "–"
    d = count[config, key] - count["none", key]
    return sprintf("%s%s (%.2f %%)", d < 0 ? "" : "+", commas(d), 100 * d / count["none", key])
}
function distance(a, b) { return commas(a < b ? b - a : a - b) }
function gate(text, kept, numbers) {
    printf "- %s: **%s** (%s)\n", text, kept ? "kept" : "BROKEN", numbers
    if (!kept) broken = 1
}

NR == 1 {
    npeers = split(peers, peer_lines, "\n")
    all = "none pgss perfaudit again queryid pgss-evicts perfaudit-evicts"
    for (i = 1; i <= npeers; i++) {
        split(peer_lines[i], field, "|")
        peer_name[i] = field[1]
        peer_title[i] = field[5]
        all = all " " field[1]
    }
    split(all, configs, " ")
    for (i in configs) {
        file = dir "/" configs[i] "/results"
        while ((getline line < file) > 0) {
            split(line, field, " ")
            sub(/-evicts$/, "", configs[i])
            count[configs[i], field[1]] = field[2]
            own[configs[i], field[1]] = field[3]
        }
    }
    split("hooks units values plans shapes store", areas, " ")
    for (i = 1; i <= 2; i++) {
        file = dir "/" (i == 1 ? "perfaudit" : "perfaudit-evicts") "/areas"
        while ((getline line < file) > 0) {
            split(line, field, " ")
            spent[field[1], field[2]] = field[3]
        }
    }
    print "# What recording costs\n"
    print "Instructions of the server process, user space, counted by callgrind (" tool "), " date ","
    print server ". Written by `make bench`.\n"
    printf "| workload | per | no extension | pg_stat_statements adds | perfaudit adds | perfaudit ÷ pg_stat_statements |"
    for (i = 1; i <= npeers; i++) printf " %s adds |", peer_title[i]
    printf "\n|---|---|---:|---:|---:|---:|"
    for (i = 1; i <= npeers; i++) printf "---:|"
    print ""
}
# A target of the project's; what is missed is told, and breaks nothing.
function target(text, key, limit,    ours) {
    if (!(("perfaudit", key) in count) || !(("none", key) in count)) return
    ours = count["perfaudit", key] - count["none", key]
    printf "| %s | %s | %s | %s |\n", text, commas(limit), commas(ours), ours <= limit ? "kept" : "missed"
}
function of_peer(key, share) { return share * (count["pgss", key] - count["none", key]) }
{
    base = count["none", $1]
    peer = count["pgss", $1] - base
    ours = count["perfaudit", $1] - base
    ratio = peer > base / 1000 ? sprintf("%.2f", ours / peer) : "–"
    printf "| %s | %s | %s | %s | %s | %s |", $3, $2 ? "statement" : "transaction", commas(base), \
        added("pgss", $1), added("perfaudit", $1), ratio
    for (i = 1; i <= npeers; i++) printf " %s |", added(peer_name[i], $1)
    print ""
    if (ratio != "–")
        parts = parts sprintf("| %s | %s | %s | %s | %s | %s |\n", $3, \
            ("queryid", $1) in count ? commas(count["queryid", $1] - base) : "–", \
            commas(own["pgss", $1]), commas(peer - own["pgss", $1]), \
            commas(own["perfaudit", $1]), commas(ours - own["perfaudit", $1]))
    if (("perfaudit", $1) in count) {
        by_area = by_area "| " $3 " |"
        for (i = 1; i <= 6; i++) by_area = by_area " " commas(spent[$1, areas[i]]) " |"
        by_area = by_area "\n"
    }
}
END {
    print "\nTargets (instructions added; what is missed, and where the floor is: `bench/FLOOR.md`):\n"
    print "| target | at most | now | |"
    print "|---|---:|---:|---|"
    target("point look-up, prepared", "point-prepared", 800)
    target("point look-up, simple protocol, query id included", "point-simple", 4000)
    target("transaction of a list and 50 look-ups", "one-plus-fifty", 60000)
    target("TPC-B-like: half of pg_stat_statements", "tpcb", of_peer("tpcb", 0.5))
    target("scan: 0.3 %", "scan", 0.003 * count["none", "scan"])
    target("join: 0.3 %", "join", 0.003 * count["none", "join"])
    target("10,000 wide rows, never followed by repeats: 1 %", "wide", 0.01 * count["none", "wide"])
    target("5,000 distinct shapes: below pg_stat_statements", "shapes", of_peer("shapes", 1))
    target("20,000 shapes, eviction: below pg_stat_statements", "evicts", of_peer("evicts", 1))
    target("function, all levels: 40 % of pg_stat_statements", "function-all", of_peer("function-all", 0.4))
    print "\nGates:\n"
    key = "point-prepared"
    peer = count["pgss", key] - count["none", key]
    ours = count["perfaudit", key] - count["none", key]
    gate("prepared point look-up: perfaudit adds no more than pg_stat_statements", ours <= peer, \
        commas(ours) " against " commas(peer))
    key = "scan"
    ours = 100 * (count["perfaudit", key] / count["none", key] - 1)
    gate("scan: slowed by less than 1 %", ours < 1, sprintf("%.3f %%", ours))

    key = "wide"
    if ((("perfaudit", key) in count) && (("none", key) in count)) {
        ours = 100 * (count["perfaudit", key] / count["none", key] - 1)
        gate("wide results that no repeats follow: slowed by no more than 1 %", ours <= 1, sprintf("%.3f %%", ours))
    }

    print "\nWhere they go: query ids alone, without any extension; instructions of the library itself;"
    print "and those of the server for it (query ids, memory, locks, hooks).\n"
    print "| workload | query ids alone | pg_stat_statements itself | server for it | perfaudit itself | server for it |"
    print "|---|---:|---:|---:|---:|---:|"
    printf "%s", parts

    print "\nOf perfaudit itself, by what it is for:\n"
    print "| workload | hooks, frames, clock | units of work, repeats, parents | values of results and parameters | plans, sampling | shapes, texts, tags | counters, slab, store |"
    print "|---|---:|---:|---:|---:|---:|---:|"
    printf "%s", by_area

    print "\nHow to read it:\n"
    print "- Counted inside one session of pgbench, after transactions that warm it up: start and end of"
    print "  a session are not in it. The servers differ in nothing but the extension, and get the same"
    print "  statements. No parallel query, no JIT."
    print "- The same count in a second server without extension differed by " \
        distance(count["again", "point-prepared"], count["none", "point-prepared"]) " (prepared look-up) and"
    print "  " distance(count["again", "point-simple"], count["none", "point-simple"]) \
        " (simple): less than about that much is not a difference."
    print "- perfaudit and pg_stat_statements run with their default settings, but keep 10,000 shapes, so"
    print "  that neither evicts, except where the table says so. Where the cost of pg_stat_statements is"
    print "  below a thousandth of the statement's there is no ratio."
    print "- Of the peers, all with default settings but for what the column's name says, only those are"
    print "  counted that are installed, and only where they do something of the kind."
    print "- A session hands over what it has gathered once a second. Under callgrind, some 50 times slower, that"
    print "  happens so much more often a statement, and is in perfaudit's figures."
    print "- Instructions are not time: waiting, system calls and cache misses are not in them, and a"
    print "  clock reading counts for less than it takes. What the server does while it waits for the"
    print "  next message is not counted."
    exit broken
}
