#!/usr/bin/env bash
# Proofs and figures on this host's NVIDIA GPU, without Rust and without a network. README.md beside it says what is measured.
#
# usage: run.sh [facts|build|proofs|all|status]
#
# Exit status: 0 everything holds; 1 something does not, or failed; 2 usage; 3 there is no GPU, or none that can be used.
set -euo pipefail

kit=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${KIT_WORK:=$kit/work}"
KIT_WORK=$(cd "$KIT_WORK" && pwd)
export KIT_WORK
runner=$kit/bin/xtask
pid_file=$KIT_WORK/build.pid
exit_file=$KIT_WORK/build.exit
log=$KIT_WORK/build.log

say() { printf '%s\n' "$*"; }

# Checks what was carried here, and joins what travelled in parts.
ready() {
    (cd "$kit" && sha256sum --check --quiet SHA256SUMS) || { say "the kit is not whole: copy it again" >&2; exit 1; }
    local first name
    for first in "$kit"/*.part-00; do
        [ -e "$first" ] || continue
        name=$(basename "${first%.part-00}")
        [ -e "$KIT_WORK/$name" ] && continue
        cat "$kit/$name".part-* >"$KIT_WORK/$name.joining"
        mv "$KIT_WORK/$name.joining" "$KIT_WORK/$name"
    done
    if ! "$runner" help >/dev/null; then
        say "the programs of this kit do not start here: kit.json names the glibc they need; this host has $(getconf GNU_LIBC_VERSION)" >&2
        exit 1
    fi
}

part() { "$runner" gpu "$1" --at "$kit"; }

building() { [ -e "$pid_file" ] && [ ! -e "$exit_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null; }

# Builds in a session of its own, which neither a hangup nor an interrupt of the caller reaches; then follows it.
build() {
    if building; then
        say "a build runs already (process $(cat "$pid_file")); following it"
    else
        rm -f "$exit_file" "$pid_file"
        # shellcheck disable=SC2016
        setsid bash -c '
            echo $$ >"$3.new" && mv "$3.new" "$3"
            "$1" gpu build --at "$2" && status=0 || status=$?
            echo "$status" >"$4.new" && mv "$4.new" "$4"
        ' kit-build "$runner" "$kit" "$pid_file" "$exit_file" </dev/null >"$log" 2>&1 &
        until [ -e "$pid_file" ]; do sleep 0.1; done
        say "building (process $(cat "$pid_file")); it goes on if you leave: run.sh status, run.sh build"
    fi
    local seen=0 lines
    while :; do
        local over=0
        building || over=1
        lines=$(wc -l <"$log")
        if [ "$lines" -gt "$seen" ]; then
            sed -n "$((seen + 1)),${lines}p" "$log"
            seen=$lines
        fi
        [ "$over" = 1 ] && break
        sleep 1
    done
    [ -e "$exit_file" ] || { say "the build was killed" >&2; return 1; }
    return "$(cat "$exit_file")"
}

status() {
    local name
    for name in facts build proofs; do
        if [ -e "$KIT_WORK/report/$name.json" ]; then say "$name: done"; else say "$name: not done"; fi
    done
    if building; then
        say "building for $(ps -o etime= -p "$(cat "$pid_file")" 2>/dev/null | tr -d ' ' || true)"
        tail -n 3 "$log"
    elif [ -e "$exit_file" ]; then
        say "the last build exited with $(cat "$exit_file")"
    fi
}

# Differences of facts are reported and do not end the rest; a missing GPU does.
all() {
    local failed=0 code
    part facts || { code=$?; [ "$code" = 1 ] || return "$code"; failed=1; }
    build || return $?
    part proofs || { code=$?; [ "$code" = 1 ] || return "$code"; failed=1; }
    return "$failed"
}

case "${1:-all}" in
    facts | proofs) ready; part "$1" ;;
    build) ready; build ;;
    all) ready; all ;;
    status) status ;;
    *) sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p}' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
