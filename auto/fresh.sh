#!/bin/bash
#
# The README's two commands on a Debian 12 with nothing installed:
#
#     auto/fresh.sh WHO TESTS
#
# WHO is root, user (one with sudo), or both; each gets a root of its own from
# debootstrap, as small as it makes them, with make and a clone of what is
# committed here. Mirror and proxy are those of this machine's apt.
#
# It is as a container is: processes, mounts and /dev are its own and end with
# it, the network is the machine's. What is run there: auto/newcomer.sh.

set -eu
cd "$(dirname "$0")/.."
suite=bookworm
sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo

base_make() {
    apt-get indextargets --format 'deb $(REPO_URI) $(CODENAME) $(COMPONENT)' \
        "Created-By: Packages" | grep " $suite" | sort -u > "$dir/sources"
    mirror=${MIRROR:-$(awk -v s="$suite" '$3 == s { print $2 }' \
                           "$dir/sources" | head -n 1)}
    [ -n "$mirror" ] || {
        echo "parley: apt knows no $suite here; say MIRROR=" >&2
        return 1
    }
    eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
    $sudo env ${http_proxy:+"http_proxy=$http_proxy"} \
        debootstrap --variant=minbase --include=make "$suite" "$dir/base" \
        "$mirror" > "$dir/debootstrap.log" || {
        tail -n 20 "$dir/debootstrap.log" >&2
        return 1
    }

    [ ! -s "$dir/sources" ] ||
        $sudo cp "$dir/sources" "$dir/base/etc/apt/sources.list"
    apt-config dump | grep -E '^Acquire::(https?::|Check-|Retries)' |
        $sudo tee "$dir/base/etc/apt/apt.conf.d/99host" > /dev/null
    $sudo cp /etc/resolv.conf "$dir/base/etc/resolv.conf"
    echo "127.0.0.1 localhost $(hostname)" |
        $sudo tee "$dir/base/etc/hosts" > /dev/null
}

# root_make WHO HOME: the machine, and the clone in its home
root_make() {
    $sudo cp -a "$dir/base" "$dir/$1"
    if [ "$1" = user ]; then
        $sudo chroot "$dir/$1" sh -c '
            apt-get -q update && apt-get install -q -y \
                --no-install-recommends sudo &&
            useradd -m -s /bin/bash user &&
            echo "user ALL=(ALL) NOPASSWD: ALL" > /etc/sudoers.d/user' \
            > "$dir/sudo.log" 2>&1 || { cat "$dir/sudo.log" >&2; return 1; }
    fi
    $sudo cp -r "$dir/parley" "$dir/$1$2/parley"
    $sudo chroot "$dir/$1" chown -R "$1:$1" "$2/parley"
}

# in its own namespaces; the arguments are the root, who, and the tests
inside() {
    set -eu
    mount -t proc proc "$1/proc"
    mount -t sysfs -o ro sysfs "$1/sys"
    mount -t tmpfs -o mode=755 tmpfs "$1/dev"
    mkdir "$1/dev/pts" "$1/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$1/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
    mknod -m 666 "$1/dev/null" c 1 3
    mknod -m 666 "$1/dev/zero" c 1 5
    mknod -m 666 "$1/dev/full" c 1 7
    mknod -m 666 "$1/dev/random" c 1 8
    mknod -m 666 "$1/dev/urandom" c 1 9
    mknod -m 666 "$1/dev/tty" c 5 0
    ln -s pts/ptmx "$1/dev/ptmx"
    ln -s /proc/self/fd "$1/dev/fd"
    chroot "$1" runuser -l "$2" -c "bash parley/auto/newcomer.sh '$3'"
}

remove() {
    # nothing of the machine is mounted here, unless something went wrong
    ! grep -qF " $dir/" /proc/self/mountinfo || return 0
    $sudo rm -rf --one-file-system "$dir"
}

dir=$(mktemp -d "${TMPDIR:-/tmp}/parley-fresh-XXXXXXXX")
trap remove EXIT
chmod 755 "$dir"

git clone -q . "$dir/parley"
base_make
for who in $1; do
    echo "== $who: $(git log -1 --format='%h %s')"
    home=/root
    [ "$who" = root ] || home=/home/user
    root_make "$who" "$home"
    $sudo unshare --mount --pid --ipc --fork --kill-child \
        --propagation private bash -c "$(declare -f inside)"'; inside "$@"' \
        inside "$dir/$who" "$who" "$2"
    $sudo rm -rf --one-file-system "${dir:?}/$who"
done
