#!/bin/sh
#
# Installs the Debian packages that are missing, and says which.
#
#     auto/deps.sh build|test|check|fresh|bench ...

set -eu

list() {
    case $1 in
    build)
        echo gcc libc6-dev make pkg-config \
             protobuf-c-compiler libprotobuf-c-dev liblmdb-dev libyajl-dev \
             libpcre2-dev libutf8proc-dev libcurl4-openssl-dev libevent-dev \
             libssl-dev libwslay-dev nginx nginx-dev perl curl tzdata
        ;;
    test)
        echo libcmocka-dev strace binutils mount e2fsprogs procps openssl \
             clang libclang-rt-dev libio-socket-ssl-perl libyaml-pp-perl \
             libprotocol-websocket-perl g++ libphonenumber-dev \
             util-linux exim4-daemon-light
        ;;
    check)
        echo clang-tidy cppcheck valgrind
        ;;
    fresh)
        echo debootstrap git util-linux
        ;;
    bench)
        echo redis-server libnginx-mod-http-lua lua-nginx-redis procps
        # another source's Node.js brings npm along, and bars Debian's
        command -v npm >/dev/null || echo nodejs npm
        ;;
    *)
        echo "usage: auto/deps.sh build|test|check|fresh|bench ..." >&2
        exit 2
        ;;
    esac
}

missing=
for set in "$@"; do
    for package in $(list "$set"); do
        # shellcheck disable=SC2016
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" \
                2>/dev/null || true)
        [ "$state" = installed ] || missing="$missing $package"
    done
done

[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "parley: these packages are missing, and there is no sudo to" \
             "install them with:$missing" >&2
        exit 1
    fi
    sudo=sudo
fi

echo "parley: installing$missing"
$sudo apt-get update -q
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends $missing
