#!/bin/bash
#
# auto/install.sh BUILD DESTDIR PREFIX: nothing is started or enabled.

set -eu
cd "$(dirname "$0")/.."
build=$1 root=$2 prefix=$3

modules=$(nginx -V 2>&1 | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p')
modules=${modules:-/usr/lib/nginx/modules}

# put MODE FILE TARGET
put() {
    install -D -m "$1" "$2" "$root$3"
    echo "$root$3"
}

put 0755 "$build/ngx_http_parley_module.so" \
    "$modules/ngx_http_parley_module.so"
put 0755 "$build/parley-sender" "$prefix/sbin/parley-sender"
put 0755 "$build/parleyctl" "$prefix/bin/parleyctl"
put 0644 docs/parleyctl.1 "$prefix/share/man/man1/parleyctl.1"
put 0644 conf/parley.conf "$prefix/share/doc/parley/parley.conf"
put 0644 conf/systemd/parley-sender.service \
    /lib/systemd/system/parley-sender.service

for flow in conf/flows/*.json; do
    put 0644 "$flow" "$prefix/share/doc/parley/flows/$(basename "$flow")"
done
