# Starts and stops nginx and parley-sender with conf/parley.conf, everything
# under one data folder. Sourced by run.sh and demo.sh; bash.
#
# Both run in the data folder, so that the sender's socket has a short name.

# serve_prepare BUILD PORT DATA: makes what the configuration names
serve_prepare() {
    local umask_was
    build=$(realpath "$1") port=$2
    mkdir -p "$3"
    data=$(realpath "$3")
    url=http://127.0.0.1:$port/webhooks/whatsapp
    serve_lock

    umask_was=$(umask)
    umask 077
    mkdir -p "$data/secrets" "$data/temp" "$data/modules" "$data/flows"
    for name in app.secret channel.token; do
        [ -s "$data/secrets/$name" ] ||
            od -An -tx1 -N24 /dev/urandom | tr -d ' \n' \
                > "$data/secrets/$name"
    done
    umask "$umask_was"

    ln -sfn "$build/ngx_http_parley_module.so" \
        "$data/modules/ngx_http_parley_module.so"
    cp conf/flows/*.json "$data/flows/"
    sed "s/127\.0\.0\.1:8080/127.0.0.1:$port/" conf/parley.conf \
        > "$data/nginx.conf"
    serve_say
}

# One at a time in a folder, from before anything is replaced until all that
# was started has ended: nginx and the sender hold the descriptor as well.
serve_lock() {
    exec {lock}>> "$data/run.lock"
    flock -n "$lock" || {
        echo "parley: $data is in use by another run; end that one first," \
             "or choose another DATA" >&2
        return 1
    }
}

# The script that a person tries first; short enough to be read.
serve_say() {
    sed -e "s|@BUILD@|$(serve_word "$build")|g" \
        -e "s|@DATA@|$(serve_word "$data")|g" \
        -e "s|@URL@|$(serve_word "$url")|g" auto/say.sh.in > "$data/say"
    chmod +x "$data/say"
}

# serve_word TEXT: as one word of the shell, for the right side of sed's s|||
serve_word() {
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" |
        sed 's/[\\&|]/\\&/g'
}

# serve_start: until both answer, or not at all
serve_start() {
    local globals='daemon off;'
    # workers would run as another user, without access to the data folder
    [ "$(id -u)" -ne 0 ] || globals="$globals user root;"

    (cd "$data" && exec nginx -p "$data/" -c nginx.conf -e error.log \
        -g "$globals") &
    nginx=$!
    serve_wait "$nginx" "nginx" "$build/parleyctl" --store "$data/store" status

    (cd "$data" && exec "$build/parley-sender" --store "$data/store" \
        --socket sender.sock) 2>> "$data/sender.log" &
    sender=$!
    serve_wait "$sender" "parley-sender" curl -fsS \
        --unix-socket "$data/sender.sock" http://sender/healthz
}

# serve_wait PID NAME COMMAND...: until it succeeds; 60 s at most
serve_wait() {
    local pid=$1 name=$2
    shift 2
    for _ in $(seq 300); do
        if "$@" > /dev/null 2>&1; then
            return 0
        fi
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.2
    done
    echo "parley: $name does not answer; its log is in $data" >&2
    tail -n 5 "$data/error.log" "$data/sender.log" 2>/dev/null >&2
    return 1
}

# serve_stop: sends what is on the wire, answers what was taken, ends
serve_stop() {
    local pid
    for pid in ${sender:-} ${nginx:-}; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    for pid in ${sender:-} ${nginx:-}; do
        for _ in $(seq 150); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    sender='' nginx=''
}
