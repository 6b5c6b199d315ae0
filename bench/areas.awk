# Instructions of the library by what they are for. Input: callgrind_annotate's functions.
# Variables: key (of the workload), n (statements or transactions counted). Output, a line an
# area: key, area, instructions. Every file of src/ belongs to one area.

function area(file) {
    if (file ~ /^(hooks|nesting|calls|frames|frame_scans|clock|starts|collect|utility|failures|errors|planning|compat)$/)
        return "hooks"
    if (file ~ /^(unit|unit_.*|makeup|repeat|track|track_.*|results|notice|log|distinct)$/)
        return "units"
    if (file ~ /^(capture|hashes|literals)$/)
        return "values"
    if (file ~ /^(sampling|plan_.*|known|scan_rows|node_.*)$/)
        return "plans"
    if (file ~ /^(shape|shape_.*|handover|normalize|normalize_.*|queryid|statement_key|letters|aliases|tags|tagging|survey)$/)
        return "shapes"
    return "store"
}

match($0, / (\/[^ ]*\/)?src\/[a-z_\/]+\.[ch]:/) && $1 ~ /^[0-9]+$/ {
    file = substr($0, RSTART, RLENGTH - 3)
    sub(/.*\//, "", file)
    sum[area(file)] += $1
}
END { for (a in sum) printf "%s %s %.2f\n", key, a, sum[a] / n }
