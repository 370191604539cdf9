#!/bin/bash
#
# The demo that checks itself: auto/demo.sh BUILD [PORT]
#
# Three signed webhooks, two messages, one of them delivered twice. Right is:
# two messages stored, two replies at the provider, each of them read.

set -eu
cd "$(dirname "$0")/.."
. auto/serve.sh

free_port() {
    perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1,
        LocalAddr => "127.0.0.1")->sockport'
}

# webhook ID TEXT: what Meta would send, into $data/ID.json
webhook() {
    cat > "$data/$1.json" <<END
{"object":"whatsapp_business_account","entry":[{"id":"102290129340398",
"changes":[{"field":"messages","value":{"messaging_product":"whatsapp",
"metadata":{"display_phone_number":"15550001111",
"phone_number_id":"106540352242922"},
"contacts":[{"profile":{"name":"Ana"},"wa_id":"34600000001"}],
"messages":[{"from":"34600000001","id":"wamid.$1",
"timestamp":"$(date +%s)","type":"text","text":{"body":"$2"}}]}}]}]}
END
}

# deliver ID: signed; the answer must be 200
deliver() {
    local signature code
    signature=$("$build/parleyctl" sign whatsapp "$data/secrets/app.secret" \
        "$data/$1.json")
    code=$(curl -s -o "$data/answer" -w '%{http_code}' \
        -H "X-Hub-Signature-256: $signature" \
        -H 'Content-Type: application/json' \
        --data-binary "@$data/$1.json" "$url")
    echo "webhook $1: $code"
    [ "$code" = 200 ]
}

conversation() {
    "$build/parleyctl" --store "$data/store" --json \
        messages demo 34600000001
}

replies() {
    curl -s "http://127.0.0.1:$port/sandbox/"
}

# right: is everything there, once?
right() {
    local stored sent
    stored=$(conversation) sent=$(replies)
    [ "$(grep -c '"direction":"in"' <<< "$stored")" -eq 2 ] &&
        [ "$(grep -c '"direction":"out"' <<< "$stored")" -eq 2 ] &&
        [ "$(grep -c '"state":"read"' <<< "$stored")" -eq 2 ] &&
        [ "$(grep -c '"biz_opaque_callback_data"' <<< "$sent")" -eq 2 ]
}

folder=$(mktemp -d "${TMPDIR:-/tmp}/parley-demo-XXXXXX")
trap 'trap - EXIT INT TERM; serve_stop; rm -rf "$folder"
      exit "${code:-1}"' EXIT INT TERM
code=1
serve_prepare "$1" "${2:-$(free_port)}" "$folder"
serve_start

webhook A hello
webhook B "order 1234"
deliver A
deliver B
deliver A

for _ in $(seq 300); do
    if right; then
        code=0
        break
    fi
    sleep 0.1
done

echo
echo "The conversation as it is stored:"
echo
"$build/parleyctl" --store "$data/store" conversation demo 34600000001
echo
echo "The replies as the provider received them:"
echo
replies
echo

if [ "$code" -eq 0 ]; then
    echo "Right: two messages, two replies, and the repeat changed nothing."
else
    echo "Wrong: not two messages and two replies that were read." >&2
fi
