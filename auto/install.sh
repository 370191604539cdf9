#!/bin/sh
#
# Installs what was built: auto/install.sh BUILD DESTDIR PREFIX
#
# The module goes where this machine's nginx looks for modules. Nothing is
# started, and no configuration is touched.

set -eu
cd "$(dirname "$0")/.."
build=$1 dest=$2 prefix=$3

modules=$(nginx -V 2>&1 | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p')
modules=${modules:-$prefix/lib/nginx/modules}
share=$prefix/share/doc/parley

put() {
    mode=$1 to=$dest$2
    shift 2
    install -d "$to"
    install -m "$mode" "$@" "$to"
    for file in "$@"; do
        echo "  $to/$(basename "$file")"
    done
}

put 644 "$modules" "$build/ngx_http_parley_module.so"
put 755 "$prefix/sbin" "$build/parley-sender"
put 755 "$prefix/bin" "$build/parleyctl"
[ ! -e "$build/parley-libphonenumber.so" ] ||
    put 644 "$prefix/lib/parley" "$build/parley-libphonenumber.so"
put 644 "$prefix/share/man/man1" docs/parleyctl.1
put 644 "$prefix/lib/systemd/system" conf/systemd/parley-sender.service
put 644 "$share" README.md CHANGES LICENSE docs/*.md
put 644 "$share/examples" conf/production.conf conf/parley.conf
put 644 "$share/examples/flows" conf/flows/*.json
put 644 "$share/examples/prometheus" conf/prometheus/*.yml
put 644 "$share/examples/grafana" conf/grafana/*.json
put 644 "$share/examples/container" conf/container/*
