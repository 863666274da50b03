#!/usr/bin/env bash
# usage: unshare --mount --propagation private deny.sh NODE... -- COMMAND [ARGUMENT...]
#
# Runs COMMAND where the device nodes cannot be opened, not even by root: each is mounted over itself without devices. The mount
# namespace keeps this from every other process, and it ends with COMMAND and its children. Exits with 77 where that cannot be done.
set -eu

nodes=()
while [ "$#" -gt 0 ] && [ "$1" != -- ]; do
    nodes+=("$1")
    shift
done
shift

denied=0
for node in "${nodes[@]}"; do
    [ -e "$node" ] || continue
    mount --bind "$node" "$node" && mount -o remount,bind,nodev "$node" || exit 77
    if (: <>"$node") 2>/dev/null; then
        echo "deny.sh: $node can still be opened" >&2
        exit 77
    fi
    denied=$((denied + 1))
done
if [ "$denied" = 0 ]; then
    echo "deny.sh: there is no ${nodes[*]}" >&2
    exit 77
fi
exec "$@"
